"""Each operation has one handler, and the executor knows none of them."""

from pathlib import Path

from alembic_plugins.execution import executor
from alembic_plugins.execution.handlers import CHECKS, HANDLERS
from alembic_plugins.planning.operations import Operation


def find_leaves(base: type[Operation]) -> set[type[Operation]]:
    """Return the operations that no other one is made of."""
    children = base.__subclasses__()
    return {leaf for child in children for leaf in find_leaves(child)} if children else {base}


def test_every_operation_has_a_handler() -> None:
    assert set(HANDLERS) == find_leaves(Operation)


def test_checks_are_of_operations() -> None:
    assert set(CHECKS) < set(HANDLERS)


def test_executor_knows_no_operation() -> None:
    text = Path(str(executor.__file__)).read_text("utf-8")
    assert [kind.__name__ for kind in HANDLERS if kind.__name__ in text] == []


def test_every_operation_says_what_it_does() -> None:
    assert all(kind.verb for kind in HANDLERS)
