"""Statements that are sent ahead do what they would do one by one, and fail where they fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast
from unittest.mock import patch

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, PoolProxiedConnection, event
from sqlalchemy.engine.default import DefaultDialect
from support.disturbances import REVISION, tell
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import DatabaseRefused, MigrationFailed, MigrationInterrupted

MAKE = "op.execute('CREATE TABLE stories (id int, word text)')\n"
FAIL = "op.execute('CREATE TABLE stories (id int)')\n"
BIND = "bind = op.get_bind()\n"

CATCH = """\
try:
    op.execute('SELECT nothing()')
except sa.exc.ProgrammingError:
    op.execute('ROLLBACK TO SAVEPOINT here')
op.execute("INSERT INTO stories VALUES (1, 'caught')")
"""

CATCH_NESTED = """\
try:
    with bind.begin_nested():
        op.execute('SELECT nothing()')
except sa.exc.ProgrammingError:
    op.execute("INSERT INTO stories VALUES (1, 'caught')")
"""

COPY = """\
with bind.connection.driver_connection.cursor() as cursor:
    with cursor.copy('COPY stories FROM STDIN') as copy:
        copy.write_row((1, 'copied'))
"""

MEET = """\
CREATE SEQUENCE tries;
CREATE FUNCTION meet() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('public.tries') < 3 THEN RAISE SQLSTATE '40001' USING MESSAGE = 'met'; END IF;
    RETURN 1;
END $$;
"""

CHECK = """\
CREATE FUNCTION check_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF to_regclass('public.refuses') IS NOT NULL THEN
        RAISE check_violation USING MESSAGE = 'not to be committed';
    END IF;
    PERFORM public.meet();
    RETURN NULL;
END $$;
"""

CHECKED = """\
op.execute('CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON stories '
           'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_it()')
op.execute('INSERT INTO stories VALUES (1)')
"""


def install(host: Host, *bodies: str) -> None:
    """Install `teller`, whose revisions' upgrades are given."""
    down = "None"
    for number, body in enumerate(bodies, 1):
        tell(host, body, f"story_{number}", down)
        down = f'"story_{number}"'
    commands.install(host.config(), ["teller"])


def read_words(host: Host) -> list[object]:
    """Return what `teller` has written."""
    return host.database.values("SELECT word FROM teller.stories ORDER BY id")


def count_waits(run: Callable[[], object]) -> int:
    """Return how many statements of a command are waited for."""
    run_it = DefaultDialect.do_execute
    with patch.object(DefaultDialect, "do_execute", autospec=True, side_effect=run_it) as waited:
        run()
    return waited.call_count


def test_more_revisions_are_not_waited_for(host: Host) -> None:
    host.write(
        "plugins/brief/versions/brief_1.py", REVISION.format(name="b1", down=None, body=" 1")
    )
    few = count_waits(lambda: commands.install(host.config(), ["brief"]))
    bodies = [f"op.create_table('stories_{n}', sa.Column('id', sa.Integer))" for n in range(20)]
    many = count_waits(lambda: install(host, *bodies))
    assert many - few < 10


def test_failure_names_the_revision_that_sent_it_and_its_line(host: Host) -> None:
    with pytest.raises(
        MigrationFailed, match=r"already exists \('.*story_2.py', line 10\)"
    ) as info:
        install(host, MAKE, f"x = 1\n{FAIL}", "y = 2")
    assert info.value.revision == "story_2"


def test_what_was_sent_fails_before_what_comes_later(host: Host) -> None:
    with pytest.raises(MigrationFailed, match="already exists") as info:
        install(host, MAKE, FAIL, "raise RuntimeError('later')")
    assert info.value.revision == "story_2"


def test_failure_that_is_caught_too_late_stays_the_failure(host: Host) -> None:
    late = f"{BIND}try:\n    bind.scalar(sa.text('SELECT 1'))\nexcept Exception:\n    pass"
    with pytest.raises(MigrationFailed, match="already exists") as info:
        install(host, MAKE, FAIL, late, "bind = op.get_bind().scalar(sa.text('SELECT 2'))")
    assert info.value.revision == "story_2"


def test_failure_leaves_nothing(host: Host) -> None:
    with pytest.raises(MigrationFailed):
        install(host, MAKE, FAIL)
    assert "teller" not in host.database.values("SELECT nspname FROM pg_namespace")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (f"{MAKE}op.execute('SAVEPOINT here')\n{CATCH}", "caught"),
        (f"{BIND}{MAKE}{CATCH_NESTED}", "caught"),
        (f"{BIND}{MAKE}{COPY}", "copied"),
        (
            f"cursor = op.get_bind().connection.cursor()\n{MAKE}cursor.execute('TABLE stories')\n"
            "op.execute(f\"INSERT INTO stories VALUES (1, '{cursor.rowcount}')\")",
            "0",
        ),
        (f"{MAKE}op.execute(\"INSERT INTO stories VALUES (1, 'a;b'); SELECT 1\")", "a;b"),
        (f"{MAKE}op.execute(\"INSERT INTO stories VALUES (1, '100%')\")", "100%"),
        (f"{MAKE}op.execute(\"INSERT INTO stories VALUES (1, 'x') -- ; \")", "x"),
        (
            f"{MAKE}t = sa.table('stories', sa.column('id'), sa.column('word'))\n"
            "op.bulk_insert(t, [{'id': 1, 'word': 'bulk'}])",
            "bulk",
        ),
        (
            f"{MAKE}t = sa.table('stories', sa.column('id'), sa.column('word'))\n"
            "op.execute(t.insert().values(id=1, word='one'))",
            "one",
        ),
        (
            f"{MAKE}{BIND}bind.connection.driver_connection.execute("
            "\"INSERT INTO stories VALUES (1, 'raw')\")",
            "raw",
        ),
    ],
    ids=[
        "savepoint",
        "nested",
        "copy",
        "early cursor",
        "commands",
        "percent",
        "comment",
        "bulk",
        "insert",
        "driver",
    ],
)
def test_what_needs_an_answer_gets_it(host: Host, body: str, word: str) -> None:
    install(host, body)
    assert read_words(host) == [word]


def test_type_that_is_sent_ahead_is_found(host: Host) -> None:
    make = "op.create_table('stories_{0}', sa.Column('kind', sa.Enum('a', 'b', name='kind')))"
    again = (
        make.format(2)
        .replace("name='kind'", "name='kind', create_type=False")
        .replace("sa.Enum", "sa.dialects.postgresql.ENUM")
    )
    install(host, make.format(1), again)
    tables = "SELECT relname FROM pg_class WHERE relname LIKE 'stories%' ORDER BY 1"
    assert host.database.values(tables) == ["stories_1", "stories_2"]


def test_what_was_sent_and_met_another_transaction_is_tried_again(host: Host) -> None:
    host.configure("plugin_guard = off").database.execute(MEET)
    install(host, MAKE, "op.execute('SELECT meet()')")
    assert host.database.values("SELECT nextval('tries')") == [4]


def test_connection_that_is_lost_is_told(host: Host) -> None:
    with pytest.raises(MigrationFailed, match=r"closed the connection|terminating connection"):
        install(host, MAKE, "op.execute('SELECT pg_terminate_backend(pg_backend_pid())')")
    assert "teller" not in host.database.values("SELECT nspname FROM pg_namespace")


ROWS = "op.execute('INSERT INTO stories SELECT g FROM generate_series(1, 50) g')\n"
DRIVER = f"import psycopg\n{BIND}driver = bind.connection.driver_connection\n"

STREAMED = """\
rows = bind.execute(sa.text('SELECT id FROM stories').execution_options(yield_per=10))
for row in rows:
    op.execute(f"UPDATE stories SET word = 'told' WHERE id = {row.id}")
"""

NAMED = """\
with driver.cursor(name='c', scrollable=True) as cursor:
    cursor.execute('SELECT id FROM stories')
    op.execute("UPDATE stories SET word = 'told'")
    cursor.scroll(5)
    while cursor.fetchmany(10):
        op.execute("UPDATE stories SET word = 'told'")
"""

COUNTED = """\
with driver.transaction():
    assert driver.execute("UPDATE stories SET word = 'told'").rowcount == 50
"""

COPIED = """\
with driver.transaction(), psycopg.Cursor(driver).copy('COPY stories FROM STDIN') as copy:
    copy.write_row((0, 'told'))
op.execute("UPDATE stories SET word = 'told'")
"""

OWN_CURSOR = """\
cursor = psycopg.ClientCursor(driver)
cursor.execute("UPDATE stories SET word = 'told'")
assert cursor.rowcount == 50
"""

MANY = """\
with psycopg.Cursor(driver) as cursor:
    cursor.executemany("UPDATE stories SET word = 'told' WHERE id = %s", [(n,) for n in range(51)])
"""

CAUGHT = """\
try:
    with driver.transaction():
        op.execute('DROP TABLE nothing')
except sa.exc.ProgrammingError:
    op.execute("UPDATE stories SET word = 'told'")
"""

SAVED = """\
{savepoint}
try:
    op.execute('DROP TABLE nothing')
except sa.exc.ProgrammingError:
    op.execute('ROLLBACK TO SAVEPOINT here')
    op.execute("UPDATE stories SET word = 'told'")
"""

ENCODED = """\
op.execute("SET client_encoding TO 'LATIN1'")
op.execute("UPDATE stories SET word = 'é'")
op.execute('RESET client_encoding')
op.execute("UPDATE stories SET word = 'told' WHERE word = 'é'")
"""

PREPARED = """\
update = sa.text('UPDATE stories SET word = :word')
for number in range(9):
    op.execute(update.bindparams(word=str(number)))
op.execute('DEALLOCATE ALL')
op.execute(update.bindparams(word='told'))
"""

PLANNED = """\
for number in range(9):
    bind.execute(sa.text('SELECT * FROM stories')).all()
op.execute("ALTER TABLE stories ADD COLUMN more int")
op.execute("UPDATE stories SET word = 'told'")
bind.execute(sa.text('SELECT * FROM stories')).all()
"""


def _forgets_what_is_deallocated(url: str) -> bool:
    """Tell whether psycopg knows that DEALLOCATE ALL has ended what it had prepared."""
    with psycopg.connect(url) as connection:
        for _ in range(9):
            connection.execute("SELECT %s", ["word"])
        connection.execute("DEALLOCATE ALL")
        try:
            connection.execute("SELECT %s", ["word"])
        except psycopg.errors.InvalidSqlStatementName:
            return False
    return True


@pytest.mark.parametrize(
    "body",
    [
        *(STREAMED, NAMED, COUNTED, COPIED, OWN_CURSOR, MANY, CAUGHT, ENCODED, PREPARED, PLANNED),
        SAVED.format(savepoint="driver.execute('SAVEPOINT here')"),
        SAVED.format(savepoint="op.execute('/* a */ SAVEPOINT here')"),
    ],
    ids=[
        *("streamed", "named", "counted", "copied", "own cursor", "many", "caught", "encoded"),
        *("prepared", "planned", "driver's savepoint", "commented savepoint"),
    ],
)
def test_revision_may_use_the_connection_itself(host: Host, body: str) -> None:
    if body == PREPARED and not _forgets_what_is_deallocated(host.database.plain):
        pytest.skip("psycopg goes on with statements that were deallocated")
    install(host, f"{DRIVER}{MAKE}{ROWS}{body}")
    assert set(read_words(host)) == {"told"}


BLOCK = """\
with op.get_context().autocommit_block():
    op.execute('CREATE INDEX CONCURRENTLY told ON stories (id)')
"""


@pytest.mark.parametrize("next_body", [[], ["pass"]])
def test_what_fails_after_a_part_was_committed_says_so(host: Host, next_body: list[str]) -> None:
    with pytest.raises(MigrationInterrupted, match="already exists"):
        install(host, MAKE + BLOCK + FAIL, *next_body)


def test_what_comes_after_a_commit_is_taken_back(host: Host) -> None:
    ends = "op.execute('COMMIT')\nop.execute('CREATE TABLE later (id int)')"
    with pytest.raises(MigrationFailed):
        install(host, MAKE, ends, f"{BIND}bind.scalar(sa.text('SELECT 1'))\nraise RuntimeError")
    later = "SELECT relname FROM pg_class WHERE relname = 'later'"
    assert host.database.values(later) == []


LOOK = f"{BIND}try:\n    bind.scalar(sa.text('SELECT 1'))\nexcept Exception as error:\n    "


@pytest.mark.parametrize(
    "late", ["raise RuntimeError('later')", f"{LOOK}raise RuntimeError from error", f"{LOOK}pass"]
)
def test_what_met_another_transaction_is_tried_again_whatever_comes_later(
    host: Host, late: str
) -> None:
    host.configure("plugin_guard = off").database.execute(MEET)
    meet = "op.execute('UPDATE stories SET id = public.meet()')"
    with suppress(MigrationFailed):
        install(host, f"{MAKE}{ROWS}", meet, late)
    assert host.database.values("SELECT nextval('tries')") != [2]


CANNOT_BE_SENT = """\
try:
    op.execute(sa.text("INSERT INTO stories VALUES (1, :word)").bindparams(word=object()))
except sa.exc.ProgrammingError:
    op.execute("INSERT INTO stories VALUES (1, 'caught')")
"""


def test_what_cannot_be_sent_fails_at_its_place(host: Host) -> None:
    install(host, MAKE, CANNOT_BE_SENT)
    assert read_words(host) == ["caught"]


def test_what_cannot_be_sent_does_not_hide_what_has_failed_before(host: Host) -> None:
    with pytest.raises(MigrationFailed, match="already exists") as info:
        install(host, MAKE, FAIL, CANNOT_BE_SENT)
    assert info.value.revision == "story_2"


def test_what_cannot_be_sent_is_not_what_fails_later(host: Host) -> None:
    with pytest.raises(MigrationFailed, match="already exists") as info:
        install(host, MAKE, CANNOT_BE_SENT, FAIL)
    assert info.value.revision == "story_3"


def test_first_failure_stays_that_whatever_is_sent_later(host: Host) -> None:
    late = (
        "try:\n    op.get_context().connection.scalar(sa.select(1))\nexcept Exception:\n    pass\n"
    )
    with pytest.raises(MigrationFailed, match="already exists") as info:
        install(host, MAKE, FAIL, late, "op.execute('DROP TABLE stories')")
    assert info.value.revision == "story_2"


def test_rollback_does_not_hide_what_has_failed_before(host: Host) -> None:
    with pytest.raises(MigrationFailed, match="already exists") as info:
        install(host, MAKE, FAIL, "op.get_context().connection.rollback()")
    assert info.value.revision == "story_2"


REFUSE = """\
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE check_violation USING MESSAGE = 'not to be refreshed';
END $$;
CREATE TRIGGER refuses BEFORE UPDATE ON alembic_plugin_object EXECUTE FUNCTION refuse();
"""


def test_what_fails_right_before_its_commit_is_in_the_history(host: Host) -> None:
    host.run("upgrade", "head")
    host.database.execute(REFUSE)
    with pytest.raises(DatabaseRefused, match="not to be refreshed"):
        install(host, MAKE)
    details = host.database.values("SELECT detail FROM alembic_plugin_event ORDER BY id")
    assert details[-1] == "not to be refreshed"
    assert "teller" not in host.database.schemas()


def test_commit_of_another_connection_is_not_ours(host: Host) -> None:
    engine = "op.get_context().connection.engine"
    other = f"with {engine}.begin() as other:\n    other.scalar(sa.select(1))\n"
    with pytest.raises(MigrationFailed, match="later"):
        install(host, f"{MAKE}{other}{MAKE.replace('stories', 'more')}raise RuntimeError('later')")
    assert host.database.tables() == ["public.accounts"]


@pytest.mark.parametrize("empty", ["", "-- nothing"])
def test_empty_statement_has_not_failed(host: Host, empty: str) -> None:
    with pytest.raises(MigrationFailed) as info:
        install(host, f"{MAKE}op.execute({empty!r})", "pass", FAIL)
    assert info.value.revision == "story_3"


@contextmanager
def telling_cursors() -> Iterator[list[str]]:
    """Give a host a class of cursors of its own, which tells what they execute."""
    told: list[str] = []

    class Telling(psycopg.Cursor[object]):
        def execute(
            self,
            query: Any,  # noqa: ANN401 - psycopg's
            *args: Any,  # noqa: ANN401 - psycopg's
            **options: Any,  # noqa: ANN401 - psycopg's
        ) -> "Telling":
            told.append(str(query))
            return super().execute(query, *args, **options)

    def change(connection: psycopg.Connection[object], _record: object) -> None:
        connection.cursor_factory = Telling

    event.listen(Engine, "connect", change)
    try:
        yield told
    finally:
        event.remove(Engine, "connect", change)


def test_cursors_of_the_host_see_all_statements(host: Host) -> None:
    with telling_cursors() as told:
        install(host, MAKE)
    assert [text for text in told if text.startswith("CREATE TABLE stories")] != []


@pytest.fixture
def deferred(host: Host) -> Host:
    """A host whose plugin `teller` is checked by PostgreSQL when its transaction is committed."""
    host.configure("plugin_guard_allow = tries").database.execute(MEET + CHECK)
    tell(host, MAKE, "story_1", "None")
    tell(host, CHECKED, "story_2", '"story_1"')
    return host


def test_what_fails_at_its_commit_leaves_nothing(deferred: Host) -> None:
    deferred.database.execute("CREATE TABLE refuses ()")
    with pytest.raises(DatabaseRefused, match="not to be committed"):
        commands.install(deferred.config(), ["teller"])
    assert "teller" not in deferred.database.schemas()
    assert "story_1" not in deferred.database.applied()


def test_what_fails_at_its_commit_is_in_the_history(deferred: Host) -> None:
    deferred.database.execute("CREATE TABLE refuses ()")
    with pytest.raises(DatabaseRefused):
        commands.install(deferred.config(), ["teller"])
    details = deferred.database.values("SELECT detail FROM alembic_plugin_event ORDER BY id")
    assert details[-1] == "not to be committed"


def test_what_met_another_transaction_at_its_commit_is_tried_again(deferred: Host) -> None:
    commands.install(deferred.config(), ["teller"])
    assert deferred.database.values("SELECT nextval('tries')") == [4]
    assert deferred.database.applied()[-2:] == ["story_1", "story_2"]


def test_who_listens_for_commits_is_heard_before(host: Host) -> None:
    heard: list[object] = []

    def listen(connection: Connection) -> None:
        heard.append(connection.exec_driver_sql("SELECT to_regclass('teller.stories')").scalar())
        heard.append(host.database.values("SELECT to_regclass('teller.stories')")[0])

    event.listen(Engine, "commit", listen)
    try:
        install(host, MAKE)
    finally:
        event.remove(Engine, "commit", listen)
    assert ["teller.stories", None] in [heard[n : n + 2] for n in range(0, len(heard), 2)]


def test_commit_goes_along_with_what_was_sent_last(host: Host) -> None:
    statuses: list[object] = []
    commit: Callable[..., None] = DefaultDialect.do_commit

    def note(dialect: DefaultDialect, connection: PoolProxiedConnection) -> None:
        driver = cast("psycopg.Connection", connection.driver_connection)
        statuses.append(driver.info.transaction_status)
        commit(dialect, connection)

    with patch.object(DefaultDialect, "do_commit", note):
        install(host, MAKE)
    assert statuses == [TransactionStatus.IDLE, TransactionStatus.IDLE]
