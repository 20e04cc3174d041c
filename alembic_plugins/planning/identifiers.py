"""Which branch is meant where a command's argument names a revision, and no plugin."""

from ..loading.session import Session
from ..plugin import HOST, is_name
from ..revisions.arguments import IDENTIFIER, SHORTEST, SYMBOLS
from ..revisions.branches import Branch
from ..revisions.errors import UnknownRevision


def split_target(session: Session, scope: str | None, target: str) -> tuple[str | None, str]:
    """Return the branch and the revision argument that a command's argument means.

    ``NAME@REVISION`` is about that plugin, as ``-x plugin=NAME`` is. A revision alone is about the
    branch that has it, everything else about the host.

    Raises:
        UnknownPlugin: no plugin has that NAME, and no branch has it for a label.
    """
    name, separator, rest = target.partition("@")
    if separator and scope in (None, name) and _is_branch(session, name):
        return name, rest
    if scope is None and _tells_branch(target):
        found = find_branch(session, target)
        if separator and found is None and is_name(name):
            session.discovery.check_known(name)
        return found or HOST, target
    return scope, target


def find_scope(session: Session, scope: str | None, start: str, target: str) -> str | None:
    """Return the branch that ``FROM:TO`` is about: the one of FROM, else the one of TO."""
    named = [word for word in (start, target) if _tells_branch(word)]
    return split_target(session, None, named[0])[0] if scope is None and named else scope


def find_named(session: Session, argument: str) -> str | None:
    """Return the branch that an argument names, by its name or by a revision; None if it does not.

    Raises:
        UnknownRevision: several branches have a revision whose id begins so.
    """
    name, separator, _ = argument.partition("@")
    if separator and _is_branch(session, name):
        return name
    return find_branch(session, argument) if _tells_branch(argument) else None


def has_label(session: Session, word: str) -> bool:
    """Tell whether a branch is called so, or a revision has that label."""
    return _is_branch(session, word) or _find_labelled(session, word) is not None


def _is_branch(session: Session, name: str) -> bool:
    return name == HOST or name in session.state.branches or name in session.discovery.names


def _tells_branch(argument: str) -> bool:
    """Tell whether a revision argument is more than a place on whichever branch it is about."""
    return argument not in SYMBOLS and argument[:1] not in ("+", "-")


def find_branch(session: Session, identifier: str) -> str | None:
    """Return the branch that has the revision which an identifier begins at, None where none has.

    It is a revision's id, the beginning of one, or a label, with ``+N`` or ``-N``.

    Raises:
        UnknownRevision: several branches have a revision whose id begins so.
    """
    owner = session.lookup.find_owner(identifier, session.state.branches)
    match = IDENTIFIER.fullmatch(identifier)
    if owner or match is None:
        return owner
    label, revision = match["label"], match["revision"]
    word = label or revision
    if word in SYMBOLS:
        return None
    return (
        session.lookup.find_owner(word, session.state.branches)
        or _find_labelled(session, word)
        or _find_beginning(session, word)
    )


def _find_labelled(session: Session, label: str) -> str | None:
    branches = _read_branches(session)
    return next((branch.name for branch in branches if branch.find_label(label)), None)


def _find_beginning(session: Session, beginning: str) -> str | None:
    if len(beginning) < SHORTEST:
        return None
    found: dict[str, str] = {}
    for branch in _read_branches(session):
        for revision in (*branch.infos, *branch.squashes.aliases):
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
