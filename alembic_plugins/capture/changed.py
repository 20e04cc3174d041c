"""Which branches were changed by hand, by one question to the database."""

from collections.abc import Sequence

from ..execution.migrator import Migrator
from ..namespaces.comparisons import BranchComparison
from ..plugin import HOST
from ..reports.verify import read_current
from ..reports.verify_objects import find_drift
from .comparing import differs_in_notes


def find_changed(migrator: Migrator, names: Sequence[str] = ()) -> list[str]:
    """Return the branches whose objects are not as they were recorded; the host comes first.

    Branches without a revision are left out: what is there of declared tables was not changed by
    hand. What is printed otherwise by another server only is among them; a capture finds that out.

    Args:
        migrator: leads to the database.
        names: the branches; none are all.
    """
    state = migrator.session.state
    comparisons = read_current(migrator)
    drift = find_drift(comparisons, state.plugins.values(), state.host_schema or "")
    known = dict.fromkeys((HOST, *sorted(state.plugins)))
    return [
        name
        for name in known
        if (not names or name in names)
        and state.heads(name)
        and (drift.get(name) or _has_more(comparisons.get(name)))
    ]


def _has_more(it: BranchComparison | None) -> bool:
    return it is not None and (bool(it.unknown) or differs_in_notes(it))
