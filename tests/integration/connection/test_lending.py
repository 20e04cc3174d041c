"""A revision that asks for its connection has it alone, and finds it as without us."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool
from support.databases import Database
from support.disturbances import tell
from support.drivers import drive
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import MigrationFailed, MigrationInterrupted

IMPORTS = "import psycopg\nimport sqlalchemy as sa\nfrom alembic import op\n"
MAKE = "op.execute('CREATE TABLE stories (id int, word text)')\n"
BIND = "bind = op.get_bind()\n"
DRIVER = "driver = op.get_bind().connection.driver_connection\n"
TELL = "op.execute(f\"INSERT INTO stories VALUES (9, '{word}')\")\n"
WORDS = "SELECT word FROM {}stories ORDER BY id, word"

BODIES = {
    "copy in": f"""
{DRIVER}
with driver.cursor() as cursor, cursor.copy('COPY stories FROM STDIN') as copy:
    copy.write_row((1, 'a'))
    copy.write_row((2, 'b'))
""",
    "copy out": f"""
op.execute("INSERT INTO stories VALUES (1, 'a')")
{DRIVER}
with driver.cursor() as cursor, cursor.copy('COPY stories TO STDOUT') as copy:
    [[number, word]] = list(copy.rows())
{TELL}
""",
    "copy of the pool's cursor": f"""
cursor = op.get_bind().connection.cursor()
with cursor.copy('COPY stories FROM STDIN') as copy:
    copy.write_row((1, 'a'))
word = str(cursor.rowcount)
{TELL}
""",
    "server's cursor": f"""
op.execute("INSERT INTO stories SELECT n, 'a' FROM generate_series(1, 30) n")
{DRIVER}
with driver.cursor(name='told') as cursor:
    cursor.itersize = 7
    cursor.execute('SELECT id FROM stories')
    word = ''
    for row in cursor:
        op.execute(f"UPDATE stories SET word = word || 'b' WHERE id = {{row[0]}}")
        word = str(row[0])
{TELL}
""",
    "stream": f"""
op.execute("INSERT INTO stories SELECT n, 'a' FROM generate_series(1, 30) n")
{BIND}
rows = bind.execute(sa.text('SELECT id FROM stories').execution_options(yield_per=7))
for row in rows:
    op.execute(f"UPDATE stories SET word = 'b' WHERE id = {{row.id}}")
""",
    "stream of the driver": f"""
op.execute("INSERT INTO stories VALUES (1, 'a')")
{DRIVER}
with driver.cursor() as cursor:
    [row] = cursor.stream('SELECT word FROM stories')
word = row[0]
{TELL}
""",
    "notifications": f"""
{DRIVER}
with op.get_context().autocommit_block():
    driver.execute('LISTEN told')
    driver.execute("NOTIFY told, 'a'")
    [note] = list(driver.notifies(timeout=9, stop_after=1))
    driver.execute('UNLISTEN *')
word = note.payload
{TELL}
""",
    "prepared": f"""
{DRIVER}
for number in range(9):
    driver.execute('INSERT INTO stories VALUES (%s, %s)', (number, 'a'), prepare=True)
names = 'SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s'
word = str(driver.execute(names, ('INSERT INTO stories%',)).fetchone()[0])
{TELL}
""",
    "prepared by repetition": f"""
{BIND}
insert = sa.text('INSERT INTO stories VALUES (:number, :word)')
for number in range(9):
    bind.execute(insert, {{'number': number, 'word': 'a'}})
names = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO stories%'"
word = str(bind.scalar(sa.text(names)))
{TELL}
""",
    "many": f"""
{DRIVER}
with driver.cursor() as cursor:
    rows = [(n, str(n)) for n in range(30)]
    cursor.executemany('INSERT INTO stories VALUES (%s, %s) RETURNING word', rows, returning=True)
    word = cursor.fetchone()[0]
{TELL}
""",
    "own pipeline": f"""
{DRIVER}
with driver.pipeline():
    cursor = driver.execute("INSERT INTO stories VALUES (1, 'a') RETURNING word")
    word = cursor.fetchone()[0]
{TELL}
""",
    "own transaction": f"""
{DRIVER}
with driver.transaction():
    driver.execute("INSERT INTO stories VALUES (1, 'a')")
try:
    with driver.transaction():
        op.execute("INSERT INTO stories VALUES (2, 'b')")
        op.execute('SELECT nothing()')
except sa.exc.ProgrammingError as error:
    word = error.statement
{TELL}
""",
    "raw cursor": f"""
{DRIVER}
with psycopg.RawCursor(driver) as cursor:
    cursor.execute('INSERT INTO stories VALUES (1, $1) RETURNING word', ('a',))
    word = cursor.fetchone()[0]
{TELL}
""",
    "client's cursor": f"""
{DRIVER}
with psycopg.ClientCursor(driver) as cursor:
    cursor.execute("INSERT INTO stories VALUES (1, %s); SELECT 'b'", ('a',))
    cursor.nextset()
    word = cursor.fetchone()[0]
{TELL}
""",
    "caught savepoint": f"""
{BIND}
try:
    with bind.begin_nested():
        op.execute("INSERT INTO stories VALUES (1, 'a')")
        op.execute('ALTER TABLE nowhere ADD i int')
except sa.exc.ProgrammingError as error:
    word = error.statement
{TELL}
""",
    "caught savepoint of a session": f"""
from sqlalchemy.orm import Session
with Session(op.get_bind()) as session:
    try:
        with session.begin_nested():
            op.execute("INSERT INTO stories VALUES (1, 'a')")
            session.execute(sa.text('SELECT nothing()'))
    except sa.exc.ProgrammingError as error:
        word = error.statement
{TELL}
""",
    "savepoint in SQL": f"""
op.execute('SAVEPOINT here')
op.execute("INSERT INTO stories VALUES (1, 'a')")
try:
    op.execute('ALTER TABLE nowhere ADD i int')
except sa.exc.ProgrammingError as error:
    word = error.statement
    op.execute('ROLLBACK TO SAVEPOINT here')
{TELL}
""",
    "failure at its place": f"""
{BIND}
bind.execute(sa.text('SAVEPOINT here'))
word = 'none'
try:
    op.execute('CREATE TABLE stories ()')
except sa.exc.ProgrammingError as error:
    word = error.orig.sqlstate
bind.execute(sa.text('ROLLBACK TO SAVEPOINT here'))
{TELL}
""",
    "caught block": f"""
try:
    with op.get_context().autocommit_block():
        op.execute("INSERT INTO stories VALUES (1, 'a')")
        op.execute('CREATE INDEX CONCURRENTLY told ON nowhere (id)')
except sa.exc.ProgrammingError as error:
    word = error.statement
{TELL}
""",
    "caught savepoint in a block": f"""
with op.get_context().autocommit_block():
    op.execute("INSERT INTO stories VALUES (1, 'a')")
    op.execute('CREATE INDEX CONCURRENTLY one ON stories (id)')
    op.execute('CREATE INDEX CONCURRENTLY two ON stories (word)')
word = str(op.get_bind().scalar(sa.text("SELECT count(*) FROM pg_indexes WHERE indexname = 'two'")))
{TELL}
""",
}


def install(host: Host, *bodies: str) -> None:
    """Install `teller`, whose revisions' upgrades are given."""
    down = "None"
    for number, body in enumerate(bodies, 1):
        tell(host, f"import psycopg\n{body}", f"story_{number}", down)
        down = f'"story_{number}"'
    commands.install(host.config(), ["teller"])


def run_by_stock(database: Database, body: str) -> None:
    """Run a revision's body by Alembic alone."""
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations.context(context):
            exec(IMPORTS + body, {})


@contextmanager
def connecting(change: Any) -> Iterator[None]:  # noqa: ANN401 - what gets psycopg's connection
    """Let all connections that are made be changed."""

    def listen(connection: psycopg.Connection[Any], _record: object) -> None:
        change(connection)

    event.listen(Engine, "connect", listen)
    try:
        yield
    finally:
        event.remove(Engine, "connect", listen)


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_connection_is_as_without_us(host: Host, second_database: Database, body: str) -> None:
    run_by_stock(second_database, MAKE + body)
    expected = second_database.values(WORDS.format(""))
    install(host, MAKE + body, "op.execute('COMMENT ON TABLE stories IS NULL')")
    assert host.database.values(WORDS.format("teller.")) == expected
    assert expected


GIVERS = {
    "op": "op.get_bind()",
    "impl": "op.get_context().impl.bind",
    "context": "op.get_context().bind",
    "environment": "__import__('alembic').context.get_bind()",
    "batch": "op.batch_alter_table('stories').__enter__().get_bind()",
    "driver": "op.get_context().connection.connection and op.get_context().connection",
}


@pytest.mark.parametrize("giver", GIVERS.values(), ids=list(GIVERS))
def test_who_asks_has_the_connection_alone_until_the_end(host: Host, giver: str) -> None:
    body = f"""{MAKE}
op.execute("INSERT INTO stories VALUES (1, 'a')")
bind = {giver}
op.execute("INSERT INTO stories VALUES (2, 'b')")
word = bind.connection.driver_connection.info.pipeline_status.name
{TELL}"""
    install(host, body, "op.execute('COMMENT ON TABLE stories IS NULL')")
    assert host.database.values(WORDS.format("teller.")) == ["a", "b", "OFF"]


def test_failure_of_what_was_sent_comes_where_the_connection_is_asked_for(host: Host) -> None:
    body = "op.execute('DROP TABLE nowhere')\nx = 1\nop.get_bind()\nraise RuntimeError('later')"
    with pytest.raises(MigrationFailed, match=r'"nowhere" does not exist .*line 10\)'):
        install(host, MAKE, body)


def test_next_revision_is_sent_ahead_again(host: Host) -> None:
    fails = "op.execute('DROP TABLE nowhere')\nraise RuntimeError('later')"
    with pytest.raises(MigrationFailed, match='"nowhere" does not exist') as info:
        install(host, f"{MAKE}{BIND}", fails)
    assert info.value.revision == "story_2"


def test_failure_in_a_block_is_told_as_without_a_pipeline(host: Host) -> None:
    block = "with op.get_context().autocommit_block():\n    op.execute('DROP TABLE nowhere')\n"
    with pytest.raises(MigrationInterrupted, match=r"does not exist .*line 12\)") as info:
        install(host, MAKE, f"{MAKE.replace('stories', 'others')}{block}")
    assert info.value.revision == "story_2"


TAKEN = """\
drivers = op.get_context().config.attributes['drivers']
driver = next(driver for driver in drivers if driver.info.pipeline_status.name == 'ON')
{}
"""


USES = {
    "copy": "driver.cursor().copy('COPY stories FROM STDIN').__enter__()",
    "server's cursor": "with driver.cursor('told') as cursor: cursor.execute('SELECT 1')",
}


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_connection_that_was_taken_before_is_refused_by_psycopg(host: Host, use: str) -> None:
    taken: list[psycopg.Connection[Any]] = []
    tell(host, MAKE + TAKEN.format(use))
    with (
        connecting(taken.append),
        pytest.raises(MigrationFailed, match=r"NotSupportedError: .* in pipeline mode"),
    ):
        commands.install(host.config(drivers=taken), ["teller"])


COMMITTED_PAST_US = f"""{MAKE}
op.get_context().connection.scalar(sa.select(1))
drivers = op.get_context().config.attributes['drivers']
for driver in drivers:
    if driver.info.transaction_status.name == 'INTRANS':
        driver.commit()
op.execute('CREATE TABLE late (i int)')
"""


def test_commit_of_a_connection_that_was_taken_before_is_noticed(host: Host) -> None:
    taken: list[psycopg.Connection[Any]] = []
    tell(host, f"{COMMITTED_PAST_US}raise ValueError('later')")
    with connecting(taken.append), pytest.raises(MigrationInterrupted):
        commands.install(host.config(drivers=taken), ["teller"])
    assert "teller.late" not in host.database.tables()
    tell(host, COMMITTED_PAST_US)
    commands.install(host.config(drivers=[]), ["teller"])
    assert {"teller.stories", "teller.late"} <= set(host.database.tables())


def test_statements_after_a_block_are_sent_ahead_again(host: Host) -> None:
    taken: list[psycopg.Connection[Any]] = []
    body = f"""{MAKE}
with op.get_context().autocommit_block():
    op.execute('CREATE INDEX CONCURRENTLY told ON stories (id)')
op.execute("INSERT INTO stories VALUES (1, 'a')")
drivers = op.get_context().config.attributes['drivers']
word = max(driver.info.pipeline_status.name for driver in drivers if not driver.closed)
{TELL}"""
    tell(host, body)
    with connecting(taken.append):
        commands.install(host.config(drivers=taken), ["teller"])
    assert host.database.values(WORDS.format("teller.")) == ["a", "ON"]


STATUS = """\
op.execute('DROP TABLE stories')
drivers = op.get_context().config.attributes['drivers']
found = {driver.info.pipeline_status.name for driver in drivers if not driver.closed}
op.get_context().config.attributes['found'].append(max(found))
"""


@pytest.mark.parametrize(("purge", "found"), [(False, "ON"), (True, "OFF")])
def test_nothing_is_sent_ahead_in_a_savepoint_of_ours(
    host: Host, *, purge: bool, found: str
) -> None:
    taken: list[psycopg.Connection[Any]] = []
    statuses: list[str] = []
    path = tell(host, MAKE)
    lines = "\n".join(f"    {line}" for line in STATUS.splitlines())
    path.write_text(path.read_text().replace("    pass", lines))
    config = host.config(drivers=taken, found=statuses)
    with connecting(taken.append):
        commands.install(config, ["teller"])
        commands.uninstall(config, ["teller"], purge=purge)
    assert statuses[-1] == found


def test_what_is_sent_ahead_is_not_prepared(host: Host) -> None:
    def change(connection: psycopg.Connection[Any]) -> None:
        connection.prepare_threshold = 0

    named = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'CREATE TABLE stor%'"
    body = f"{BIND}word = str(bind.scalar(sa.text({named!r})))\n{TELL}"
    with connecting(change):
        install(host, MAKE, body)
    assert host.database.values(WORDS.format("teller.")) == ["0"]


def test_cursor_class_of_the_host_stays(host: Host) -> None:
    class Loud(psycopg.Cursor[Any]):
        """A host's class of cursors."""

    def change(connection: psycopg.Connection[Any]) -> None:
        connection.cursor_factory = Loud

    word = "word = type(driver.cursor()).__name__\n"
    with connecting(change):
        install(host, f"{MAKE}{DRIVER}{word}{TELL}")
    assert host.database.values(WORDS.format("teller.")) == ["Loud"]


def test_row_factory_of_the_host_stays(host: Host) -> None:
    body = f"""{MAKE}op.execute("INSERT INTO stories VALUES (1, 'a')")
from psycopg.rows import dict_row, tuple_row
{DRIVER}driver.row_factory = dict_row
word = driver.execute('SELECT word FROM stories').fetchone()['word']
driver.row_factory = tuple_row
{TELL}"""
    install(host, body, "op.execute('COMMENT ON TABLE stories IS NULL')")
    assert host.database.values(WORDS.format("teller.")) == ["a", "a"]


def test_prepare_threshold_of_the_host_stays(host: Host) -> None:
    def change(connection: psycopg.Connection[Any]) -> None:
        connection.prepare_threshold = 2

    body = f"{MAKE}{DRIVER}word = str(driver.prepare_threshold)\n{TELL}"
    with connecting(change):
        install(host, body)
    assert host.database.values(WORDS.format("teller.")) == ["2"]


def test_connection_of_the_caller_is_of_its_class_again(host: Host) -> None:
    tell(host, f"{MAKE}{BIND}")
    engine = create_engine(host.database.url, poolclass=NullPool)
    with engine.connect() as connection:
        commands.install(host.config(connection=connection), ["teller"])
        assert type(connection) is Connection


COMMITS = {
    "held": "driver.commit()",
    "with more": "driver.commit(); driver.execute('CREATE TABLE IF NOT EXISTS more (i int)')",
    "in SQL": "driver.execute('COMMIT'); driver.execute('BEGIN')",
    "held by a cursor": "driver.cursor().execute('COMMIT')",
}


@pytest.mark.parametrize("commit", COMMITS.values(), ids=list(COMMITS))
def test_commit_of_the_driver_is_noticed(host: Host, commit: str) -> None:
    body = f"{MAKE}{DRIVER}{commit}\nop.execute('CREATE TABLE late (i int)')\n"
    with pytest.raises(MigrationInterrupted):
        install(host, f"{body}raise ValueError('later')")
    assert host.database.applied()[-1] == "host_2"
    assert "teller.late" not in host.database.tables()
    install(host, body)
    assert {"teller.stories", "teller.late"} <= set(host.database.tables())


AFTER_COMMIT = f"""{MAKE}{DRIVER}
op.execute("INSERT INTO stories VALUES (1, 'before')")
driver.commit()
driver.execute("INSERT INTO stories VALUES (2, 'driver')")
op.execute("INSERT INTO stories VALUES (3, 'after')")
"""


def test_statements_around_a_commit_of_the_driver_are_run_once(host: Host) -> None:
    with pytest.raises(MigrationInterrupted):
        install(host, f"{AFTER_COMMIT}raise ValueError('later')")
    words = WORDS.format("teller.")
    assert host.database.values(words) == ["before", "driver"]
    install(host, AFTER_COMMIT)
    assert host.database.values(words) == ["before", "driver", "driver", "after"]


ASYNC_COMMIT = f"""{MAKE}
async def end(connection):
    proxied = await connection.get_raw_connection()
    await proxied.driver_connection.execute('COMMIT')
op.run_async(end)
op.execute('CREATE TABLE late (i int)')
"""


@pytest.mark.parametrize("driver", ["psycopg_async", "asyncpg"])
def test_commit_of_an_async_driver_is_noticed(host: Host, driver: str) -> None:
    drive(host, driver)
    tell(host, f"{ASYNC_COMMIT}raise ValueError('later')")
    assert "What it has committed stays" in host.fail("plugin", "install", "teller")
    assert "teller.late" not in host.database.tables()
    tell(host, ASYNC_COMMIT)
    host.succeed("plugin", "install", "teller")
    assert {"teller.stories", "teller.late"} <= set(host.database.tables())
