"""What has to be in order before a branch can be captured."""

import os
import sysconfig
from pathlib import Path

from .._base_errors import NotWritable
from ..loading.session import Session
from ..namespaces.comparisons import BranchComparison
from ..plugin import HOST
from ..reports.verification import BranchVerification, Rule
from .comparing import differs_in_notes
from .errors import CannotCapture

_CAPTURED = (Rule.DRIFT, Rule.UNKNOWN_OBJECT, Rule.REPLACED_OBJECT, Rule.DECLARATION)
_VERIFY = "See to that first; 'alembic plugin verify {}' has to find nothing else than what is new"


def check_branch(session: Session, name: str, found: BranchVerification) -> tuple[str, ...]:
    """Return the revision that a new one follows; none where it is the first one.

    Raises:
        CannotCapture: something else is wrong with the branch than what was changed by hand, or it
            is not where its files are.
    """
    for item in found.findings:
        if item.rule not in _CAPTURED:
            raise CannotCapture(name, item.words.rstrip("."), _VERIFY.format(name))
    for words in found.remarks:
        raise CannotCapture(name, words, "Let it be recorded, and verify it, before it is changed")
    branch = session.branch(name)
    applied = session.state.by_revision.keys()
    pending = [it for it in branch.order if it not in applied]
    if pending:
        upgrade = "upgrade heads" if name == HOST else f"plugin upgrade {name}"
        reason = f"revisions are not applied: {', '.join(pending)}"
        left = "remove a file that a capture has left which was killed"
        raise CannotCapture(name, reason, f"Run 'alembic {upgrade}' first, or {left}")
    heads = session.state.heads(name)
    if len(heads) > 1:
        reason = f"it has several heads: {', '.join(heads)}"
        raise CannotCapture(name, reason, f"Merge them first, by 'alembic -x plugin={name} merge'")
    return tuple(heads)


def is_changed(found: BranchVerification, it: BranchComparison | None) -> bool:
    """Tell whether something was changed that a revision can make elsewhere, too."""
    objects = (item for item in found.notes if item.rule is not Rule.NOTE)
    if found.findings or any(objects) or it is None:
        return it is not None or bool(found.findings)
    return differs_in_notes(it)


def find_folder(session: Session, name: str) -> Path:
    """Return the folder of a branch's revisions, which are a source tree.

    Raises:
        CannotCapture: it is that of an installed package.
        NotWritable: it cannot be written to.
    """
    if name == HOST:
        session.host_folders.check()
        folder = Path(session.host_folders.found[0])
    else:
        folder = session.find_plugin(name).versions
    installed = (Path(sysconfig.get_path(place)) for place in ("purelib", "platlib"))
    if any(folder.is_relative_to(place) for place in installed):
        reason = f"its revisions are in an installed package, in {folder}"
        way_out = "Install its source tree by 'pip install -e', and run the command again"
        raise CannotCapture(name, reason, way_out)
    there = next(it for it in (folder, *folder.parents) if it.exists())
    if not os.access(there, os.W_OK):
        raise NotWritable(str(folder), "it is in a folder that cannot be written to")
    return folder
