"""Keep revisions and hooks from ending the transaction that they share with the registry."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sqlalchemy import Connection, event

from ..guard.errors import TransactionEnded
from ..planning.operations import Call

_EVENTS = ("commit", "rollback")
"""What SQLAlchemy tells of before it does it."""


class TransactionEnds:
    """Refuse what would end the transaction while a revision or a hook runs.

    Args:
        connection: the one that migrates.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._step: Call | None = None
        self._refused: TransactionEnded | None = None

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Hear of what SQLAlchemy does to the transaction while the block runs."""
        for name in _EVENTS:
            event.listen(self._connection, name, self._hear)
        try:
            yield
        finally:
            for name in _EVENTS:
                event.remove(self._connection, name, self._hear)

    def _hear(self, _connection: Connection) -> None:
        if self._step is not None:
            self.refuse(self._step)

    def refuse(self, step: Call, kept: str = TransactionEnded.kept) -> NoReturn:
        """Refuse what a revision is about to do, or has done.

        Args:
            step: the revision, or the hook.
            kept: what becomes of what it has done.

        Raises:
            TransactionEnded: always.
        """
        self._refused = TransactionEnded(step.plugin, (step.id,), kept)
        raise self._refused

    @contextmanager
    def refused(self, step: Call) -> Iterator[None]:
        """Run a revision or a hook in the block.

        Raises:
            TransactionEnded: it has tried to end its transaction, which is rolled back, even if it
                has caught that.
        """
        self._step, self._refused = step, None
        try:
            yield
        except Exception as error:
            if self._refused in (None, error):
                raise
            raise self._refused from error
        finally:
            self._step = None
            if self._refused is not None:
                self._roll_back()
        if self._refused is not None:
            raise self._refused

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let an `autocommit_block()` end the transaction, and begin another one, in the block."""
        step, self._step = self._step, None
        try:
            yield
        finally:
            self._step = step

    def _roll_back(self) -> None:
        """Roll back what SQLAlchemy takes for ended, though the driver has not heard of it."""
        self._connection.rollback()
        if not (self._connection.closed or self._connection.invalidated):
            self._connection.connection.rollback()
