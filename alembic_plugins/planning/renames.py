"""Plan that plugins get the names in the database that they have on disk."""

from dataclasses import dataclass

from ..loading.renames import find_move
from ..loading.session import Session
from ..plugin import Namespace
from .operations import PluginOperation
from .plan import Plan, Transaction


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


def plan_renames(session: Session) -> Plan:
    """Plan to rename the plugins that the database has by a former name, each by itself."""
    state = session.state
    renamed = [p for p in (*state.plugins.values(), *state.quarantined.values()) if p.former]
    transactions = []
    for plugin in renamed:
        declared = session.find_plugin(plugin.name).namespace
        moved = None if plugin.name in state.lost else find_move(plugin, declared)
        operation = RenamePlugin(plugin.name, plugin.recorded_name, moved)
        transactions.append(Transaction((operation,), "rename", has_savepoint=True))
    return Plan(tuple(transactions))
