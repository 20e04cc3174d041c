"""What a plan would do, found out by running it and rolling it back."""

from dataclasses import dataclass

from ..guard.changes import Effect
from ..planning.hook_operations import RunHook


@dataclass(frozen=True)
class Rehearsal:
    """What revisions do that were run and rolled back.

    Attributes:
        effects: what they do, to whomever it is.
        hooks: the hooks that would be called with them, and were not.
    """

    effects: tuple[Effect, ...]
    hooks: tuple[RunHook, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """All of it, a line each."""
        hooks = (f"does not run hook {hook.moment} of {hook.plugin}" for hook in self.hooks)
        return (*map(str, self.effects), *dict.fromkeys(hooks))
