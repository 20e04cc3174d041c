"""Statements that are sent ahead do what they would do one by one, and fail where they fail."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from sqlalchemy.engine.default import DefaultDialect
from support.disturbances import REVISION, tell
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.refusals import MigrationFailed

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
    IF nextval('tries') < 3 THEN RAISE SQLSTATE '40001' USING MESSAGE = 'met'; END IF;
    RETURN 1;
END $$;
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
    waited: list[object] = []

    def note(run: Callable[..., None]) -> Callable[..., None]:
        def do(*arguments: object) -> None:
            waited.append(arguments)
            run(*arguments)

        return do

    with patch.object(DefaultDialect, "do_execute", note(DefaultDialect.do_execute)):
        run()
    return len(waited)


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
