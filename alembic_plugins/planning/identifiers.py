"""Which branch is meant where a command's argument names a revision, and no plugin."""

import re

from ..loading.session import Session
from ..plugin import HOST
from ..revisions.branches import Branch
from ..revisions.errors import UnknownRevision

_IDENTIFIER = re.compile(r"(?:(?P<label>.+)@)?(?P<revision>.*?)(?:[+-]\d+)?")
"""What Alembic takes for a revision: ``LABEL@REVISION+N``, of which most may be left out."""

SYMBOLS = ("head", "heads", "base")
"""What stands for revisions of a branch, and for none by itself."""

_SHORTEST = 4
"""As many characters of an id Alembic takes for the id."""


def find_branch(session: Session, identifier: str) -> str | None:
    """Return the branch that has the revision which an identifier begins at, None where none has.

    It is a revision's id, the beginning of one, or a label, with ``+N`` or ``-N``.

    Raises:
        UnknownRevision: several branches have a revision whose id begins so.
    """
    owner = session.find_owner(identifier, session.state.branches)
    match = _IDENTIFIER.fullmatch(identifier)
    if owner or match is None:
        return owner
    label, revision = match["label"], match["revision"]
    if label:
        return _find_labelled(session, label)
    if revision in SYMBOLS:
        return None
    return (
        session.find_owner(revision, session.state.branches)
        or _find_labelled(session, revision)
        or _find_beginning(session, revision)
    )


def _find_labelled(session: Session, label: str) -> str | None:
    branches = _read_branches(session)
    return next((branch.name for branch in branches if branch.find_label(label)), None)


def _find_beginning(session: Session, beginning: str) -> str | None:
    if len(beginning) < _SHORTEST:
        return None
    found: dict[str, str] = {}
    for branch in _read_branches(session):
        for revision in branch.infos:
            if revision.startswith(beginning):
                found.setdefault(branch.name, revision)
    if len(found) > 1:
        revisions = " and ".join(f"'{revision}' of '{name}'" for name, revision in found.items())
        raise UnknownRevision(next(iter(found)), beginning, f"{revisions} begin so")
    return next(iter(found), None)


def _read_branches(session: Session) -> list[Branch]:
    """Return the branches that are applied or on disk; of a broken one what is applied."""
    names = dict.fromkeys((HOST, *session.state.branches, *session.discovery.names))
    return [session.remembered_branch(name) for name in names]
