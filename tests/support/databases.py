"""A test's own database, and what can be asked of it."""

import subprocess
from collections.abc import Callable, Sequence

import psycopg
from sqlalchemy.engine import URL

from .servers import find_program

_BOOKKEEPING = (
    "SELECT version_num FROM alembic_version ORDER BY 1",
    "SELECT name, package, version, namespace, schema_created, requires"
    " FROM alembic_plugin ORDER BY 1",
    "SELECT revision, plugin, down_revision, depends_on, branch_labels, description, applied_by"
    " FROM alembic_plugin_revision ORDER BY position",
    "SELECT plugin, action, from_revisions, to_revisions, outcome, detail, happened_by"
    " FROM alembic_plugin_event ORDER BY id",
)

# PostgreSQL's catalogs and all tables, but for statistics and the registry's events.
_TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND NOT c.relisshared
      AND n.nspname NOT IN ('information_schema', 'pg_toast')
      AND c.relname NOT LIKE 'pg_statistic%' AND c.relname NOT LIKE 'alembic_plugin_event%'
    ORDER BY c.oid
"""

# Waits in the server, until a session waits for a lock.
_AWAIT = """
    DO $$ BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                          AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()) LOOP
            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
            ASSERT clock_timestamp() < now() + interval '1 minute';
        END LOOP;
    END $$
"""


class Database:
    """A database of the server that the tests run on.

    Args:
        url: its URL.
        create: makes it when it is first asked for; without it, it is there.
    """

    def __init__(self, url: URL, create: Callable[[], object] | None = None) -> None:
        self._url = url
        self._create = create

    @property
    def is_there(self) -> bool:
        """Whether it was made."""
        return self._create is None

    def is_at(self, url: URL) -> bool:
        """Tell whether a URL leads to it."""
        return self._url == url

    def ensure(self) -> "Database":
        """Make it, if that has not been done."""
        create, self._create = self._create, None
        if create:
            create()
        return self

    def take(self, create: Callable[[str], None]) -> None:
        """Let something else make it, which gets its name."""
        self._create = None
        create(str(self._url.database))

    @property
    def url(self) -> URL:
        """Its URL."""
        return self.ensure()._url

    @property
    def text(self) -> str:
        """The URL as a string, for DATABASE_URL."""
        return self.url.render_as_string(hide_password=False)

    @property
    def plain(self) -> str:
        """The URL as libpq knows it."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with psycopg.connect(self.plain) as connection:
            return connection.execute(sql.encode()).fetchall()

    def values(self, sql: str) -> list[object]:
        """Return the first column of a query."""
        return [row[0] for row in self.query(sql)]

    def execute(self, sql: str) -> None:
        """Run statements, in a transaction."""
        with psycopg.connect(self.plain) as connection:
            connection.execute(sql.encode())

    def await_lock(self) -> None:
        """Wait until a session waits for a lock that another one holds."""
        self.execute(_AWAIT)

    def feed(self, sql: str) -> None:
        """Run a script as an operator does, with psql."""
        command = [find_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.plain]
        subprocess.run(command, input=sql, text=True, check=True, capture_output=True)

    def versions(self) -> list[object]:
        """Return the rows of the version table."""
        return self.values("SELECT version_num FROM alembic_version ORDER BY 1")

    def plugins(self) -> list[object]:
        """Return the names of the installed plugins."""
        return self.values("SELECT name FROM alembic_plugin ORDER BY 1")

    def applied(self) -> list[object]:
        """Return the applied revisions, in order."""
        return self.values("SELECT revision FROM alembic_plugin_revision ORDER BY position")

    def tables(self) -> list[object]:
        """Return the tables and views by their names, without ours and Alembic's."""
        return self.values(
            "SELECT n.nspname || '.' || c.relname FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p', 'v', 'm')"
            " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
            " AND c.relname NOT LIKE 'alembic_%' ORDER BY 1"
        )

    def schemas(self) -> list[object]:
        """Return the schemas that are not PostgreSQL's own, nor `public`."""
        return self.values(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
            " AND nspname NOT IN ('information_schema', 'public') ORDER BY 1"
        )

    def registry_writes(self) -> list[list[tuple[object, ...]]]:
        """Return what Alembic and we remember, without times."""
        return [self.query(sql) for sql in _BOOKKEEPING]

    def fingerprint(self) -> list[tuple[object, ...]]:
        """Return what differs when anything was changed, but for events and what was taken back.

        Each change of a row leaves one with another number of a transaction, or one row less.
        """
        with psycopg.connect(self.plain) as connection:
            names = [name for (name,) in connection.execute(_TABLES).fetchall()]
            counted = (f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in names)
            found = connection.execute(" UNION ALL ".join(counted).encode()).fetchall()
        return [(name, *row) for name, row in zip(names, found, strict=True)]

    def catalog(self) -> Sequence[str]:
        """Return the definitions of all that is there."""
        return self.dump("--schema-only")

    def dump(self, *options: str) -> Sequence[str]:
        """Return all that is there, as pg_dump has it."""
        command = [find_program("pg_dump"), *options, "-d", self.plain]
        text = subprocess.check_output(command, text=True)
        # Two lines hold a key that differs each time, and one a setting that PostgreSQL 15 lacks.
        left_out = (r"\restrict", r"\unrestrict", "SET transaction_timeout")
        return [line for line in text.splitlines() if not line.startswith(left_out)]
