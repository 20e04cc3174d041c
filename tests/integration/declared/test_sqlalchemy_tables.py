"""SQLAlchemy's tables and models as they are declared."""

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, MetaData, Table
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from support.tables import Wiki

from alembic_plugins.declared.tables import read_one
from alembic_plugins.errors import InvalidColumn, InvalidTable, UnknownRelation


def make_things(metadata: MetaData) -> Table:
    """Return a table of all that SQLAlchemy can say, and that is hard to compare."""
    return Table(
        "things",
        metadata,
        Column("id", sa.Integer, primary_key=True),
        Column("computed", sa.Integer, sa.Computed("id * 2", persisted=True)),
        Column("counted", sa.BigInteger, sa.Identity(always=True, start=5)),
        Column("words", pg.ARRAY(sa.String(10)), server_default="{}"),
        Column("mood", sa.Enum("x", "y", name="mood"), server_default="x"),
        Column("moods", pg.ARRAY(sa.Enum("x", "y", name="mood"))),
        Column("level", sa.Enum("x", "y", name="level", native_enum=False, create_constraint=True)),
        Column("code", pg.UUID, server_default=sa.text("gen_random_uuid()"), unique=True),
        Column("at", sa.DateTime(True), server_default=sa.func.now(), comment="when: 5%"),
        Column("data", sa.JSON, server_default=sa.text("'{}'")),
        Column("price", sa.Numeric(10, 2), server_default="0.00"),
        Column("name", sa.String(20, collation="C"), index=True),
        Column("size", sa.SmallInteger, server_default="5"),
        Column("day", sa.Date, server_default=sa.func.current_date()),
        Column("positive", pg.DOMAIN("positive", sa.Integer, check="VALUE > 0")),
        Column("range", pg.INT4RANGE),
        Column(
            "number",
            sa.Integer,
            sa.Sequence("numbers"),
            server_default=sa.Sequence("numbers").next_value(),
        ),
        Column(
            "user_id",
            sa.ForeignKey("users.id", ondelete="SET NULL", deferrable=True, initially="DEFERRED"),
        ),
        sa.CheckConstraint("size > 0 AND price < 5"),
        sa.CheckConstraint("length(name) > 2", name="name_is_long"),
        sa.UniqueConstraint("price", "size"),
        sa.Index("things_lower", sa.text("lower(name)"), postgresql_where=sa.text("size > 1")),
        sa.Index("things_words", "words", postgresql_using="gin", postgresql_concurrently=True),
        pg.ExcludeConstraint((sa.column("range"), "&&"), name="no_overlap", using="gist"),
        comment="all of it",
    )


def test_second_sync_finds_no_difference(wiki: Wiki) -> None:
    again = wiki.sync(make_things(MetaData())).sync(make_things(MetaData()))
    assert (again.done, again.refused) == ([], [])


def test_table_of_the_plugins_schema_is_the_same(wiki: Wiki) -> None:
    again = wiki.sync(make_things(MetaData())).sync(make_things(MetaData(schema="wiki")))
    assert again.done == []


def test_indexes_have_the_names_that_they_have_in_the_model(wiki: Wiki) -> None:
    assert "ix_things_name" in wiki.sync(make_things(MetaData())).read("things").rules


def test_indexes_and_constraints_of_columns_are_added(wiki: Wiki) -> None:
    wiki.sync(Table("pages", MetaData()))
    columns = [Column("name", sa.Text, index=True), Column("code", sa.Text, unique=True)]
    found = wiki.sync(Table("pages", MetaData(), *columns))
    assert found.done[2:] == [
        "UNIQUE (code) is added",
        "index ix_pages_name USING btree (name) is added",
    ]
    assert {"pages_code_key", "ix_pages_name"} < found.read().rules.keys()


def test_partitioned_table_finds_no_difference(wiki: Wiki) -> None:
    def declare(*columns: Column[str]) -> Table:
        days = [Column(name, sa.Date, primary_key=True) for name in ("day", "other")]
        return Table("days", MetaData(), *days, *columns, postgresql_partition_by="RANGE (day)")

    note = Column("note", sa.Text, index=True)
    assert wiki.sync(declare()).sync(declare()).done == []
    assert len(wiki.sync(declare(note)).done) == 2


def test_naming_convention_holds(wiki: Wiki) -> None:
    convention = {"uq": "uq_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"}
    metadata = MetaData(naming_convention=convention)
    column = Column("code", sa.Integer, unique=True)
    table = Table("pages", metadata, Column("id", sa.Integer, primary_key=True), column)
    assert set(wiki.sync(table).read().rules) == {"uq_pages_code", "pk_pages"}


def test_enumeration_gets_labels_and_loses_none(wiki: Wiki) -> None:
    def declare(*labels: str) -> Table:
        return Table("pages", MetaData(), Column("mood", sa.Enum(*labels, name="mood")))

    found = wiki.sync(declare("b", "d")).sync(declare("a", "b", "c", "d", "e"))
    assert found.done == [f"column mood type mood gets '{label}'" for label in "ace"]
    labels = "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder"
    assert found.connection.exec_driver_sql(labels).scalars().all() == list("abcde")
    refused = "mood: type mood has 'e', which is not declared"
    assert found.sync(declare("a", "b", "c", "d")).refused == [refused]


def test_type_is_made_for_a_column_that_is_added(wiki: Wiki) -> None:
    wiki.sync(Table("pages", MetaData()))
    column: Column[str] = Column("mood", sa.Enum("a", name="mood"))
    found = wiki.sync(Table("pages", MetaData(), column))
    assert found.done == ["column mood type mood is created", "column mood is added as mood"]


def test_generated_column_is_not_computed_anew(wiki: Wiki) -> None:
    def declare(expression: str) -> Table:
        computed = sa.Computed(expression, persisted=True)
        return Table("pages", MetaData(), Column("it", sa.Integer, computed))

    found = wiki.sync(declare("1 + 1")).sync(declare("1 + 2"))
    was, is_now = "generated as (1 + 1), stored", "generated as (1 + 2), stored"
    assert found.refused == [f"it: its values are {was}, and {is_now} is declared"]


def test_model_is_its_table(wiki: Wiki) -> None:
    class Base(DeclarativeBase):
        pass

    class Page(Base):
        __tablename__ = "pages"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert read_one("wiki", Page) is Page.__table__
    assert wiki.sync(Page.__table__).done == ["is created"]


def test_foreign_key_without_schema_refers_to_the_plugins_table_first(wiki: Wiki) -> None:
    metadata = MetaData()
    users = Table("users", metadata, Column("id", sa.Integer, primary_key=True))
    pages = Table("pages", metadata, Column("author", sa.ForeignKey("users.id")))
    wiki.sync(users, pages)
    target = (
        "SELECT confrelid::regclass::text FROM pg_constraint WHERE conname = 'pages_author_fkey'"
    )
    assert wiki.connection.exec_driver_sql(target).scalar() == "wiki.users"


def test_table_in_another_schema_is_refused(wiki: Wiki) -> None:
    with pytest.raises(InvalidTable, match="it is in schema 'other'; expected none, or 'wiki'"):
        wiki.plan(Table("pages", MetaData(), schema="other"))


def test_table_that_is_declared_twice_is_refused(wiki: Wiki) -> None:
    with pytest.raises(InvalidTable, match="it is declared twice"):
        wiki.plan(Table("pages", MetaData()), {"name": "pages"})


def test_column_named_as_the_key_is_refused_where_there_is_none(wiki: Wiki) -> None:
    with pytest.raises(InvalidColumn, match="a table without a key gets one named 'id'"):
        wiki.plan(Table("pages", MetaData(), Column("id", sa.Integer)))


def test_column_without_a_type_is_refused(wiki: Wiki) -> None:
    with pytest.raises(InvalidTable, match="Can't generate DDL for NullType"):
        wiki.plan(Table("pages", MetaData(), Column("it")))


def test_default_that_postgresql_refuses_is_told(wiki: Wiki) -> None:
    wiki.sync(Table("pages", MetaData()), Table("notes", MetaData()))
    column = Column("it", sa.Integer, server_default="none")
    with pytest.raises(InvalidTable, match="invalid input syntax for type integer") as caught:
        wiki.plan(Table("notes", MetaData()), Table("pages", MetaData(), column))
    assert caught.value.table == "pages"


@pytest.mark.parametrize("target", ["nothing", "tags.tags", "wiki.nothing"])
def test_unknown_relation_is_refused(wiki: Wiki, target: str) -> None:
    with pytest.raises(UnknownRelation) as caught:
        wiki.sync_pages(it={"type": "relation", "to": target})
    assert (caught.value.table, caught.value.target) == ("pages", target)


def test_foreign_key_to_nothing_is_refused(wiki: Wiki) -> None:
    with pytest.raises(UnknownRelation, match=r"relates to 'public\.nothing'"):
        wiki.plan(Table("pages", MetaData(), Column("it", sa.ForeignKey("nothing.id"))))


def test_relation_to_a_table_without_a_single_key_is_refused(wiki: Wiki) -> None:
    wiki.run("CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b))")
    with pytest.raises(InvalidColumn, match="expected a table with a key of one column"):
        wiki.sync_pages(it={"type": "relation", "to": "pairs"})
