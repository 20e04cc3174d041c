"""A squash in the place of what it replaces."""

from sqlalchemy import Column, MetaData, String, Table

from alembic_plugins.registry.pending import PendingChanges
from alembic_plugins.registry.squashed import put_squash, record_squash
from alembic_plugins.registry.tables import make_tables
from alembic_plugins.revisions.undo import Undo

from ..builders import make_applied, make_state, to_sql

OLD = (make_applied("t1", "tags"), make_applied("t2", "tags", ("t1",), ("h1",)))
NEXT = make_applied("t3", "tags", ("t2",))
POSTS = make_applied("p1", "posts", (), ("t1", "t2"))
SQUASH = make_applied("s1", "tags", (), ("h1",))
UNDO = Undo(("DROP TABLE tags",), None)
VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32)))


def test_squash_is_where_the_last_one_was_and_others_need_it_once() -> None:
    first, *rest = put_squash((*OLD, POSTS, NEXT), SQUASH, ("t1", "t2"))
    assert first == SQUASH
    assert [(item.down_revision, item.depends_on) for item in rest] == [
        ((), ("s1",)),
        (("s1",), ()),
    ]


def test_squash_that_is_there_stays_where_it_is() -> None:
    assert put_squash((SQUASH, *OLD), SQUASH, ("t1", "t2")) == (SQUASH,)


def test_last_row_becomes_the_squash_and_the_others_go() -> None:
    tables = make_tables(None)
    found = [to_sql(item) for item in record_squash(tables, SQUASH, ("t1", "t2"), UNDO, None)]
    assert [sql.split()[:3] for sql in found] == [
        ["UPDATE", "alembic_plugin_revision", "SET"],
        ["DELETE", "FROM", "alembic_plugin_revision"],
        ["UPDATE", "alembic_plugin_revision", "SET"],
        ["UPDATE", "alembic_plugin_object", "SET"],
    ]
    assert all("IN ('t1', 't2')" in sql for sql in found)


def test_version_row_moves_from_what_is_replaced() -> None:
    state = make_state(*OLD, POSTS)
    pending = PendingChanges(state, frozenset(["tags", "posts"]), VERSIONS, make_tables(None))
    pending.add_squash(SQUASH, ("t1", "t2"), UNDO, None)
    assert [*map(to_sql, pending.take_versions())] == [
        "UPDATE alembic_version SET version_num='s1' WHERE alembic_version.version_num = 't2'"
    ]
    assert pending.find_applied("posts")["p1"].depends_on == ("s1",)
