"""What a plan does about hooks: operations, as those of `alembic_plugins.planning.operations`."""

from dataclasses import dataclass

from ..hooks import Moment
from ..registry.tables import HOOK_MARK
from .operations import Call, Operation


@dataclass(frozen=True)
class RunHook(Call):
    """Call a hook of a plugin, or one that an entry point has for every plugin.

    Attributes:
        moment: when it is called.
        source: package and entry point; None where it is the plugin's own.
    """

    moment: Moment
    source: str | None = None

    verb, runs = "run hook", True

    @property
    def id(self) -> str:
        """``@`` and its name, which no revision has."""
        return f"{HOOK_MARK}{self.moment}"

    @property
    def is_downgrade(self) -> bool:
        """Whether the plugin goes down."""
        return self.moment.is_down

    @property
    def words(self) -> tuple[str, ...]:
        """What is called, for which plugin, and whose it is where it is not the plugin's."""
        return self.verb, self.plugin, self.moment, *([f"of {self.source}"] if self.source else [])


@dataclass(frozen=True)
class DropHookObjects(Operation):
    """Drop what hooks of a plugin have made, as far as nothing else depends on it."""

    name: str

    verb = "drop objects of hooks"
