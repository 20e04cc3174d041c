"""Plan that plugins get the names in the database that they have on disk."""

from collections.abc import Collection
from dataclasses import dataclass

from .._base_errors import PluginError
from ..loading.renames import find_move
from ..loading.session import Session
from ..plugin import Namespace
from ..registry.renaming import find_renamed
from ..revisions.errors import HalfApplied
from .errors import RevisionsGone
from .operations import PluginOperation
from .plan import Plan, Transaction
from .squashes import check_squashed


@dataclass(frozen=True)
class RenamePlugin(PluginOperation):
    """Let all that is recorded of a plugin go by its new name, and its namespace, too.

    Attributes:
        former: its name until then.
        namespace: the one to which its namespace is renamed; None where that stays as it is.
    """

    former: str
    namespace: Namespace | None = None

    verb = "rename"

    @property
    def detail(self) -> str:
        """What the name was."""
        return f"from {self.former}"

    @property
    def words(self) -> tuple[str, ...]:
        """What gets which name, and where its objects are then, if they are not there now."""
        moved = (f"with its namespace, to {self.namespace}",) if self.namespace else ()
        return self.verb, self.former, f"to {self.plugin}", *moved


def plan_renames(session: Session, left_out: Collection[str] = ()) -> Plan:
    """Plan to rename the plugins that the database has by a former name, each by itself."""
    transactions = []
    for plugin in find_renamed(session.state):
        if plugin.name in left_out:
            continue
        declared = session.find_plugin(plugin.name).namespace
        moved = None if plugin.name in session.state.lost else find_move(plugin, declared)
        operation = RenamePlugin(plugin.name, plugin.recorded_name, moved)
        transactions.append(Transaction((operation,), "rename", has_savepoint=True))
    return Plan(tuple(transactions))


def add_renames(session: Session, plan: Plan) -> Plan:
    """Return a plan with the renames that come before it."""
    return plan.after(plan_renames(session, find_stuck(session, plan)))


def find_stuck(session: Session, plan: Plan) -> dict[str, PluginError]:
    """Return the plugins that keep their former name, since their files do not lead on, and why.

    The release of that name may have to be put back for them. A plan that has something to do
    with one of them does it by the new name.
    """
    planned = {name for transaction in plan.transactions for name in transaction.plugins}
    found: dict[str, PluginError] = {}
    for plugin in find_renamed(session.state):
        try:
            if plugin.name not in planned:
                check_squashed(session, session.branch(plugin.name))
        except (HalfApplied, RevisionsGone) as error:
            found[plugin.name] = error
    return found
