"""The system catalogs by number."""

from sqlalchemy import Connection, text

from alembic_plugins.catalog import oids

NUMBERS = {name.lower(): number for name, number in vars(oids).items() if name.startswith("PG_")}


def test_catalogs_have_the_numbers_that_postgresql_gives_them(connection: Connection) -> None:
    query = text("SELECT relname, CAST(oid AS bigint) FROM pg_class WHERE relname = ANY (:names)")
    found = connection.execute(query, {"names": list(NUMBERS)})
    assert {row.relname: row.oid for row in found} == NUMBERS
