"""How new revision files are called, and which ids and labels their revisions can have."""

import re
from collections.abc import Iterable
from datetime import datetime

from alembic.script.revision import Revision, RevisionError

from .._base_errors import InvalidOption
from ..loading.session import Session
from ..planning.identifiers import has_label
from ..plugin import HOST

FILE_TEMPLATE = "%(year)d%(month).2d%(day).2d_%(hour).2d%(minute).2d%(second).2d_%(rev)s_%(slug)s"
"""How a plugin's are called where the host does not say: in the order of their making."""

LONGEST_ID = 32
"""As many characters Alembic's version table holds."""


def check_new_id(session: Session, revision: str) -> None:
    """Check that a new revision can have an id: the file could not be applied with another one's.

    Raises:
        InvalidOption: it is too long, has characters that mean something, or is a revision's.
    """
    expected = None
    try:
        Revision.verify_rev_id(revision)
    except RevisionError:
        expected = "an id without any of @, -, + and :"
    if len(revision) > LONGEST_ID:
        expected = f"an id of at most {LONGEST_ID} characters"
    elif session.lookup.find_owner(revision):
        expected = (
            f"an id that no revision has; one of '{session.lookup.find_owner(revision)}' has this"
        )
    if expected:
        raise InvalidOption("--rev-id", revision, expected)


def check_new_labels(session: Session, labels: Iterable[str]) -> None:
    """Check that a new revision can have labels: Alembic finds out when it has written the file.

    Raises:
        InvalidOption: one is the name of a branch, or another revision's.
    """
    for label in labels:
        if has_label(session, label):
            raise InvalidOption("--branch-label", label, "a label that no branch and no file has")


def name_file(session: Session, name: str, revision: str, message: str, now: datetime) -> str:
    """Return what the file is called, as the host has it, or in the order of making."""
    template = session.script.file_template
    if name != HOST and session.config.get_alembic_option("file_template") is None:
        template = FILE_TEMPLATE
    length = getattr(session.script, "truncate_slug_length", 40)
    slug = "_".join(re.findall(r"\w+", message)).lower()[:length].rstrip("_")
    words = {"rev": revision, "slug": slug, "epoch": int(now.timestamp())}
    moment = {
        key: getattr(now, key) for key in ("year", "month", "day", "hour", "minute", "second")
    }
    return f"{template % {**words, **moment}}.py"
