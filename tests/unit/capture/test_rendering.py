"""How statements read in a revision file."""

import pytest

from alembic_plugins.capture.rendering import FunctionRenderer, execute, render_file
from alembic_plugins.catalog.changes import make_changes
from alembic_plugins.catalog.diff import Parts
from alembic_plugins.catalog.drift import Key
from alembic_plugins.catalog.states import State, Statement, Verb

ITEMS: dict[Key, Parts] = {
    ("table", "items"): {"kind": "TABLE"},
    ("column", "items.id"): {"type": "integer", "nullability": "NOT NULL"},
    ("column", "items.name"): {"type": "character varying(9)"},
}


def render(before: dict[Key, Parts], after: dict[Key, Parts]) -> str:
    """Return the body of the function that leads from one to the other."""
    states = State(before), State(after)
    statements = make_changes(*states).statements
    return FunctionRenderer(*states).render(statements)


@pytest.mark.parametrize(
    ("key", "parts", "line"),
    [
        (("column", "items.more"), {"type": "text"}, "sa.Column('more', sa.Text(), nullable=True)"),
        (
            ("column", "items.at"),
            {"type": "timestamp with time zone", "default": "DEFAULT now()"},
            "server_default=sa.text('now()')",
        ),
        (("column", "items.tags"), {"type": "text[]"}, "postgresql.ARRAY(sa.Text())"),
        (("column", "items.mood"), {"type": "mood"}, 'op.execute("ALTER TABLE items ADD COLUMN'),
        (("column", "items.q"), {"type": "text", "default": "DEFAULT 'a%'"}, "op.execute("),
        (
            ("constraint", "f on items"),
            {"definition": "FOREIGN KEY (id) REFERENCES others(id) ON DELETE CASCADE"},
            "op.create_foreign_key('f', 'items', 'others', ['id'], ['id'], ondelete='CASCADE')",
        ),
        (
            ("constraint", "f on items"),
            {"definition": "FOREIGN KEY (id) REFERENCES tags.others(id)"},
            "op.execute(",
        ),
        (
            ("constraint", "f on items"),
            {"definition": "FOREIGN KEY (id) REFERENCES others(id) DEFERRABLE"},
            "op.execute(",
        ),
    ],
)
def test_what_alembic_says_rightly_is_its_operation(key: Key, parts: Parts, line: str) -> None:
    assert line in render(ITEMS, {**ITEMS, key: parts})


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"type": "text"}, "type_=sa.Text())"),
        ({"type": "character varying(9)", "default": "DEFAULT 'a'"}, "server_default=sa.text("),
        ({"type": "character varying(9)", "nullability": "NOT NULL"}, "nullable=False)"),
        ({"type": "integer"}, "USING name::integer"),
    ],
)
def test_column_is_altered(parts: Parts, line: str) -> None:
    assert line in render(ITEMS, {**ITEMS, ("column", "items.name"): parts})


def test_new_table_is_that_of_sqlalchemy() -> None:
    body = render({}, ITEMS)
    assert "op.create_table('items'" in body
    assert "sa.Column('name', sa.String(length=9), nullable=True)" in body


def test_colons_in_texts_are_no_parameters() -> None:
    assert execute("COMMENT ON TABLE t IS ' :x'") == (
        "op.execute(\"COMMENT ON TABLE t IS ' \\\\:x'\")"
    )


def test_lines_of_a_text_are_not_indented() -> None:
    statement = Statement(Verb.CREATE, ("view", "v"), "CREATE VIEW v AS\nSELECT 1\n  AS one")
    body = FunctionRenderer(State({}), State({})).render([statement])
    assert body == ('    op.execute(\n        """CREATE VIEW v AS\nSELECT 1\n  AS one"""\n    )')


def test_what_is_committed_comes_first() -> None:
    label = Statement(Verb.ALTER, ("type", "mood"), "ALTER TYPE mood ADD VALUE 'x'")
    lines = FunctionRenderer(State({}), State({})).render([], [label]).splitlines()
    assert lines == [
        "    with op.get_context().autocommit_block():",
        "        op.execute(\"ALTER TYPE mood ADD VALUE 'x'\")",
    ]


def test_file_imports_what_it_needs() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 1, 1, tzinfo=UTC)
    text = render_file("b", "more", ["a"], now, ("    sa.x(postgresql.y)", "    pass"))
    assert text.splitlines()[8:11] == [
        "import sqlalchemy as sa",
        "from alembic import op",
        "from sqlalchemy.dialects import postgresql",
    ]
    assert 'down_revision = "a"' in text
