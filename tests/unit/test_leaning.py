"""Whose objects lean on a branch's."""

from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import Connection

from alembic_plugins import Prefix, Schema, leaning
from alembic_plugins.catalog import Leaning
from alembic_plugins.leaning import sort_leaning
from alembic_plugins.registry import State

from .builders import make_applied, make_installed, make_state, set_aside

NOBODY = cast("Connection", None)
"""Where nothing is asked but the host's schema, which the fixture tells."""

STATE = replace(
    make_state(make_applied("c1", "crm"), make_applied("n1", "notes"), make_applied("s1", "shop")),
    plugins={
        "crm": make_installed("crm"),
        "notes": make_installed("notes", namespace=Prefix("notes_")),
        "shop": make_installed("shop", namespace=Schema("app", create=False)),
    },
)


@pytest.fixture(autouse=True)
def _host_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaning, "read_host_schema", lambda _connection: "app")


def find_owner(schema: str | None, relation: str | None, state: State = STATE) -> str:
    """Return the plugin to which something that leans belongs."""
    item = Leaning("something", "table constraint", schema, relation)
    (owner,) = sort_leaning(NOBODY, state, (item,))
    return owner


@pytest.mark.parametrize(
    ("schema", "relation", "owner"),
    [
        ("crm", "contacts", "crm"),
        ("crm", None, "crm"),
        ("app", "notes_notes", "notes"),
        ("app", "users", ""),
        ("other", "notes_notes", ""),
        ("quarantine_crm", "contacts", ""),
        (None, None, ""),
    ],
)
def test_what_leans_is_of_the_plugin_in_whose_namespace_it_is(
    schema: str | None, relation: str | None, owner: str
) -> None:
    assert find_owner(schema, relation) == owner


def test_what_leans_can_be_of_a_plugin_that_is_set_aside() -> None:
    state = set_aside(STATE, "notes")
    assert find_owner("quarantine_notes", "notes_notes", state) == "notes"
    assert find_owner("app", "notes_notes", state) == ""


def test_what_leans_is_told_by_plugin_in_order() -> None:
    first, second = (Leaning(words, "view", "crm", words) for words in ("b", "a"))
    host = Leaning("c", "view", "app", "users")
    found = sort_leaning(NOBODY, STATE, (first, host, second))
    assert found == {"crm": (first, second), "": (host,)}


def test_nothing_leans_where_nothing_was_found() -> None:
    assert sort_leaning(NOBODY, STATE, ()) == {}
