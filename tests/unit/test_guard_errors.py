"""The text of every error of the guard, whole."""

import pickle

import pytest

from alembic_plugins import guard_errors
from alembic_plugins.errors import PluginError

from .test_errors import describe, find_leaves

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        guard_errors.NamespaceViolation(
            "audit", ("a2", "a1"), ("wrote to table crm.t, of plugin 'crm'", "created table t")
        ),
        "Revision 'a2' or 'a1' of 'audit' has left its namespace: it wrote to table crm.t, of "
        "plugin 'crm'; created table t. Declare it (requires, writes, extensions), or correct the "
        "revision; its transaction was taken back.",
    ),
    (
        guard_errors.CannotRehearse(),
        "A revision has an autocommit_block(), which cannot be taken back. Leave out --footprint; "
        "nothing was changed.",
    ),
    (
        guard_errors.TransactionEnded("audit", ("a1",)),
        "Revision 'a1' of 'audit' has taken back the transaction that it runs in, and what was "
        "done before with it. Remove its ROLLBACK; nothing of it was kept.",
    ),
]


@pytest.mark.parametrize(("error", "text"), EXAMPLES)
def test_text_says_what_happened_and_the_way_out(error: PluginError, text: str) -> None:
    assert str(error) == text


def test_every_error_has_an_example() -> None:
    here = {leaf for leaf in find_leaves(PluginError) if leaf.__module__ == guard_errors.__name__}
    assert here == {type(error) for error, _ in EXAMPLES}


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES])
def test_error_survives_pickling(error: PluginError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert describe(again) == describe(error)
