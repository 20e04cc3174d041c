"""The statements that give objects other names, where these are free and where they are not."""

import pytest

from alembic_plugins.catalog.drift import Key
from alembic_plugins.catalog.renames import make_renames
from alembic_plugins.catalog.states import State

A, B, C = (("table", f"s.{name}") for name in "abc")
LONG = f'"{"x" * 60}"'

SITUATIONS: dict[str, tuple[list[Key], dict[Key, Key], list[str]]] = {
    "a free name": ([A], {A: B}, ["ALTER TABLE s.a RENAME TO b"]),
    "one behind the other": (
        [A, B],
        {A: B, B: C},
        ["ALTER TABLE s.b RENAME TO c", "ALTER TABLE s.a RENAME TO b"],
    ),
    "each other's": (
        [A, B],
        {A: B, B: A},
        [
            "ALTER TABLE s.a RENAME TO a_1",
            "ALTER TABLE s.b RENAME TO a",
            "ALTER TABLE s.a_1 RENAME TO b",
        ],
    ),
    "of another kind": (
        [A, ("view", "s.b")],
        {A: B, ("view", "s.b"): ("view", "s.c")},
        ["ALTER VIEW s.b RENAME TO c", "ALTER TABLE s.a RENAME TO b"],
    ),
    "in the way": (
        [A, ("view", "s.b"), ("index", "s.b_1 on s.a")],
        {A: B, ("index", "s.b_1 on s.a"): ("index", "s.b_1 on s.b")},
        ["ALTER VIEW s.b RENAME TO b_2", "ALTER TABLE s.a RENAME TO b"],
    ),
    "columns of a renamed table": (
        [A, ("column", "s.a.x"), ("column", 's.a."Y"'), ("column", "s.a.z")],
        {
            A: B,
            ("column", "s.a.x"): ("column", 's.b."Y"'),
            ("column", 's.a."Y"'): ("column", "s.b.x"),
            ("column", "s.a.z"): ("column", "s.b.z"),
        },
        [
            "ALTER TABLE s.a RENAME TO b",
            'ALTER TABLE s.b RENAME COLUMN "Y" TO "Y_1"',
            'ALTER TABLE s.b RENAME COLUMN x TO "Y"',
            'ALTER TABLE s.b RENAME COLUMN "Y_1" TO x',
        ],
    ),
    "a column in the way": (
        [A, ("column", "s.a.x"), ("column", "s.a.y")],
        {A: B, ("column", "s.a.x"): ("column", "s.b.y")},
        [
            "ALTER TABLE s.a RENAME TO b",
            "ALTER TABLE s.b RENAME COLUMN y TO y_1",
            "ALTER TABLE s.b RENAME COLUMN x TO y",
        ],
    ),
    "a constraint in the way": (
        [A, ("constraint", "c on s.a"), ("constraint", "d on s.a")],
        {("constraint", "c on s.a"): ("constraint", "d on s.a")},
        [
            "ALTER TABLE s.a RENAME CONSTRAINT d TO d_1",
            "ALTER TABLE s.a RENAME CONSTRAINT c TO d",
        ],
    ),
    "one name on two tables": (
        [A, B, ("trigger", "t on s.a"), ("trigger", "u on s.b")],
        {("trigger", "t on s.a"): ("trigger", "u on s.a")},
        ["ALTER TRIGGER t ON s.a RENAME TO u"],
    ),
    "functions": (
        [("function", "s.f(integer)"), ("function", "s.g(integer)"), ("function", "s.g(text)")],
        {("function", "s.f(integer)"): ("function", "s.g(integer)")},
        [
            "ALTER FUNCTION s.g(integer) RENAME TO g_1",
            "ALTER FUNCTION s.f(integer) RENAME TO g",
        ],
    ),
    "a long name in the way": (
        [A, ("table", f"s.{LONG}")],
        {A: ("table", f"s.{LONG}")},
        [
            f'ALTER TABLE s.{LONG} RENAME TO "{"x" * 50}_1"',
            f"ALTER TABLE s.a RENAME TO {LONG}",
        ],
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_names_are_given_when_they_are_free(situation: str) -> None:
    keys, renamed, statements = SITUATIONS[situation]
    state = State({key: {"type": "x"} for key in keys})
    assert [it.sql for it in make_renames(state, renamed)] == statements
