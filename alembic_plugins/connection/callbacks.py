"""What is to be called before a transaction is committed, and after it has ended."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

Call = Callable[[], None]


@dataclass
class Callbacks:
    """What operations want to be called, by when.

    Attributes:
        before_commit: checks, which may raise; also before an `autocommit_block()` commits.
        after_commit: of the transaction.
        after_rollback: of the transaction, or of what is left of it.
        after_failure: of the command, when nothing more is run.
    """

    before_commit: list[Call] = field(default_factory=list)
    after_commit: list[Call] = field(default_factory=list)
    after_rollback: list[Call] = field(default_factory=list)
    after_failure: list[Call] = field(default_factory=list)

    def begin(self) -> None:
        """Forget what the transaction before has wanted."""
        for calls in (self.before_commit, self.after_commit, self.after_rollback):
            calls.clear()

    def check(self) -> None:
        """Run the checks of the transaction."""
        for call in self.before_commit:
            call()

    def end(self) -> None:
        """Tell that the transaction is committed."""
        for call in self.after_commit:
            call()

    def go_back(self) -> None:
        """Tell that the transaction was rolled back."""
        for call in self.after_rollback:
            call()

    def fail(self) -> None:
        """Tell that the command has failed; the server may be gone."""
        for call in self.after_failure:
            with suppress(SQLAlchemyError):
                call()
