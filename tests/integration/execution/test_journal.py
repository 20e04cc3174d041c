"""What a revision has committed before it was interrupted is passed over when it runs again.

The revision of `tests/plugins/commits_midway` is disturbed at each of its statements.
"""

from unittest.mock import patch

import pytest
from alembic import command
from support.databases import Database
from support.disturbances import Disturbance, Moment, count_statements, disturb, tell
from support.hosts import SITUATIONS, Host

from alembic_plugins import commands
from alembic_plugins.errors import MigrationFailed

NAME = "commits_midway"
FILE = SITUATIONS / NAME / "versions" / "midway_1_create_stories.py"
STATEMENTS = {"upgrade": 12, "downgrade": 7}
JOURNAL = "SELECT revision, plugin, direction FROM alembic_plugin_journal"

BLOCK = "with op.get_context().autocommit_block():\n    "
VACUUM = f"{BLOCK}op.execute('VACUUM stories')"
MAKE = "op.execute('CREATE TABLE stories (id serial, word text)')\n"


def find_points(direction: str) -> list[tuple[int, Moment]]:
    """Return all statements of a direction, with both moments."""
    return [(n, moment) for n in range(1, STATEMENTS[direction] + 1) for moment in Moment]


def read_result(database: Database) -> list[object]:
    """Return all that is there, and what is remembered but for the history."""
    rows = [*database.versions(), *database.applied(), *database.query(JOURNAL)]
    return [*rows, *database.dump("--exclude-table=alembic_*")]


def install(host: Host, name: str = NAME) -> None:
    """Install the plugin, or carry on with that."""
    commands.install(host.config(), [name])


def uninstall(host: Host) -> None:
    """Uninstall the plugin, or carry on with that."""
    commands.uninstall(host.config(), [NAME])


def read_words(host: Host) -> list[object]:
    """Return what `teller` has written."""
    return host.database.values("SELECT word FROM teller.stories ORDER BY id")


@pytest.fixture
def told(host: Host) -> Host:
    """A host with plugin `commits_midway` on its disk."""
    return host.add(NAME)


@pytest.fixture
def installed(told: Host) -> Host:
    """A host on which it is installed."""
    told.run("plugin", "install", NAME)
    return told


@pytest.fixture
def own(host: Host) -> Host:
    """A host that has the same revision itself."""
    text = FILE.read_text().replace("down_revision = None", 'down_revision = "host_2"')
    host.write("versions/midway_1.py", text)
    return host


def run_elsewhere(host: Host, database: Database, *arguments: str) -> list[object]:
    """Return what an undisturbed command comes to in another database."""
    with patch.dict("os.environ", {"DATABASE_URL": database.text}):
        host.run(*arguments)
    return read_result(database)


@pytest.fixture
def whole(told: Host, second_database: Database) -> list[object]:
    """What an undisturbed install comes to."""
    return run_elsewhere(told, second_database, "plugin", "install", NAME)


@pytest.fixture
def bare(host: Host, second_database: Database) -> list[object]:
    """What a database comes to that never had the plugin."""
    return run_elsewhere(host, second_database, "upgrade", "heads")


def test_upgrade_has_as_many_statements_as_are_disturbed(told: Host) -> None:
    assert count_statements(lambda: install(told)) == STATEMENTS["upgrade"]


def test_downgrade_has_as_many_statements_as_are_disturbed(installed: Host) -> None:
    assert count_statements(lambda: uninstall(installed)) == STATEMENTS["downgrade"]


@pytest.mark.parametrize(("number", "moment"), find_points("upgrade"))
def test_upgrade_is_carried_on(
    told: Host, whole: list[object], number: int, moment: Moment
) -> None:
    disturb(lambda: install(told), number, moment)
    install(told)
    assert read_result(told.database) == whole


@pytest.mark.parametrize(("number", "moment"), find_points("downgrade"))
def test_downgrade_is_carried_on(
    installed: Host, bare: list[object], number: int, moment: Moment
) -> None:
    disturb(lambda: uninstall(installed), number, moment)
    uninstall(installed)
    assert read_result(installed.database) == bare


@pytest.mark.parametrize(("number", "moment"), find_points("downgrade"))
def test_remembered_downgrade_is_carried_on(
    installed: Host, bare: list[object], number: int, moment: Moment
) -> None:
    installed.remove(NAME)
    disturb(lambda: uninstall(installed), number, moment)
    uninstall(installed)
    assert read_result(installed.database) == bare


@pytest.mark.parametrize(("number", "moment"), [(2, Moment.BEFORE), (5, Moment.AFTER)])
def test_downgrade_is_carried_on_when_its_file_goes_meanwhile(
    installed: Host, bare: list[object], number: int, moment: Moment
) -> None:
    disturb(lambda: uninstall(installed), number, moment)
    uninstall(installed.remove(NAME))
    assert read_result(installed.database) == bare


@pytest.mark.parametrize("number", [5, 6, 8, 10, 12])
@pytest.mark.parametrize("moment", Moment)
def test_upgrade_of_the_host_is_carried_on(
    own: Host, second_database: Database, number: int, moment: Moment
) -> None:
    disturb(lambda: command.upgrade(own.config(), "head"), number, moment)
    own.run("upgrade", "head")
    expected = run_elsewhere(own, second_database, "upgrade", "head")
    assert read_result(own.database) == expected


@pytest.mark.parametrize("number", [2, 3, 4, 5, 7])
@pytest.mark.parametrize("moment", Moment)
def test_downgrade_of_the_host_is_carried_on(
    own: Host, second_database: Database, number: int, moment: Moment
) -> None:
    own.run("upgrade", "head")
    disturb(lambda: command.downgrade(own.config(), "-1"), number, moment)
    own.run("downgrade", "-1")
    expected = run_elsewhere(own, second_database, "upgrade", "host_2")
    assert read_result(own.database) == expected


@pytest.mark.parametrize(("first", "then"), [(5, 1), (6, 1), (6, 2), (8, 3), (11, 1), (11, 2)])
def test_upgrade_is_carried_on_twice(
    told: Host, whole: list[object], first: int, then: int
) -> None:
    disturb(lambda: install(told), first)
    disturb(lambda: install(told), then)
    install(told)
    assert read_result(told.database) == whole


def test_upgrade_that_was_ended_by_the_user_is_carried_on(told: Host, whole: list[object]) -> None:
    end = Disturbance(10, Moment.AFTER, error=KeyboardInterrupt)
    with end.come(), pytest.raises((KeyboardInterrupt, MigrationFailed)):
        install(told)
    install(told)
    assert read_result(told.database) == whole


def test_upgrade_that_is_ended_by_the_user_in_a_block_says_nothing_else(told: Host) -> None:
    end = Disturbance(10, error=KeyboardInterrupt)
    with end.come(), pytest.raises(KeyboardInterrupt):
        install(told)


def test_upgrade_that_is_ended_by_the_user_says_nothing_else(told: Host) -> None:
    end = Disturbance(8, error=KeyboardInterrupt)
    with end.come(), pytest.raises(KeyboardInterrupt):
        install(told)


@pytest.mark.parametrize("arguments", [["upgrade", "heads"], ["plugin", "install", "other", NAME]])
def test_upgrade_is_carried_on_by_any_command_that_comes_to_it(
    told: Host, arguments: list[str]
) -> None:
    told.add(other="named_by_prefix")
    disturb(lambda: install(told), 10)
    told.run(*arguments)
    assert commands.list_plugins(told.config()).plugins[0].state == "installed"


def test_uninstall_of_several_is_carried_on(installed: Host, bare: list[object]) -> None:
    installed.add("autocommit").run("plugin", "install", "autocommit")
    both = [NAME, "autocommit"]
    disturb(lambda: commands.uninstall(installed.config(), both), 4)
    commands.uninstall(installed.config(), both)
    assert read_result(installed.database) == bare


def test_revision_with_a_transaction_of_its_own_is_carried_on(
    told: Host, whole: list[object]
) -> None:
    told.configure(f"[alembic_plugins.{NAME}]", "transaction = revision")
    disturb(lambda: install(told), 10)
    install(told)
    assert read_result(told.database) == whole


def test_statement_that_was_inserted_meanwhile_is_run(told: Host) -> None:
    disturb(lambda: install(told), 10)
    file = told.folder / "plugins" / NAME / "versions" / FILE.name
    new = 'op.execute("ALTER TABLE stories ADD COLUMN new int")\n    for story in'
    file.write_text(file.read_text().replace("for story in", new))
    install(told)
    assert told.database.values(
        f"SELECT (id, reads, new)::text FROM {NAME}.stories ORDER BY 1"
    ) == [
        "(1,2,)",
        "(2,3,)",
        "(3,1,)",
    ]


@pytest.mark.parametrize("where", ["in 12 statements", "autocommit_block():"])
def test_statement_that_was_inserted_at_a_border_is_run(told: Host, where: str) -> None:
    disturb(lambda: install(told), 10)
    file = told.folder / "plugins" / NAME / "versions" / FILE.name
    before, _, after = file.read_text().partition(where)
    line, _, rest = after.partition("\n")
    indent = rest[: len(rest) - len(rest.lstrip())]
    new = f"{indent}op.execute('COMMENT ON SCHEMA {NAME} IS $$new$$')\n"
    file.write_text(f"{before}{where}{line}\n{new}{rest}")
    install(told)
    assert told.database.values(f"SELECT obj_description('{NAME}'::regnamespace)") == ["new"]


def test_statement_that_was_removed_meanwhile_changes_nothing_else(host: Host) -> None:
    body = f"{MAKE}op.execute('COMMENT ON TABLE stories IS NULL')\n"
    add = "op.execute(\"INSERT INTO stories (word) VALUES ('one')\")\n"
    tell(host, body + add + VACUUM)
    disturb(lambda: install(host, "teller"), words="VACUUM")
    tell(host, MAKE + add + VACUUM)
    install(host, "teller")
    assert read_words(host) == ["one"]


def test_equal_statements_are_passed_over_as_often_as_they_were_run(host: Host) -> None:
    loop = "for _ in range(3):\n    op.execute(\"INSERT INTO stories (word) VALUES ('x')\")\n"
    tell(host, MAKE + loop + VACUUM + "\n" + loop)
    disturb(lambda: install(host, "teller"), words="VACUUM")
    install(host, "teller")
    assert read_words(host) == ["x"] * 6


def test_blocks_in_a_loop_are_carried_on(host: Host) -> None:
    add = "op.execute(f\"INSERT INTO stories (word) VALUES ('{n}')\")"
    loop = f"for n in range(4):\n    {add}\n    {BLOCK}        op.execute('VACUUM stories')"
    tell(host, MAKE + loop)
    disturb(lambda: install(host, "teller"), 3, words="VACUUM")
    install(host, "teller")
    assert read_words(host) == ["0", "1", "2", "3"]


SAME_AGAIN = {
    "inserted rows": (
        "t = sa.table('stories', sa.column('id'), sa.column('word'))\n"
        "got = op.get_bind().execute(t.insert().returning(t.c.id, t.c.word),"
        " [{'word': w} for w in 'abc']).all()"
    ),
    "a session's objects": (
        "from sqlalchemy.orm import Session, declarative_base\n"
        "class Story(declarative_base()):\n"
        "    __tablename__ = 'stories'\n"
        "    id = sa.Column(sa.Integer, primary_key=True)\n"
        "    word = sa.Column(sa.Text)\n"
        "session = Session(op.get_bind())\n"
        "new = [Story(word=w) for w in 'abc']\n"
        "session.add_all(new)\n"
        "session.flush()\n"
        "got = [story.id for story in new]"
    ),
    "what is reflected": (
        "there = sa.inspect(op.get_bind())\n"
        "got = (there.get_columns('stories'), there.get_table_names(), there.has_table('none'))"
    ),
    "no rows": "got = op.get_bind().execute(sa.text('SELECT id FROM stories')).all()",
    "changed rows": (
        "op.execute(\"INSERT INTO stories (word) VALUES ('a'), ('b')\")\n"
        "got = op.get_bind().execute(sa.text('UPDATE stories SET id = id RETURNING id')).all()"
    ),
    "the number of returned rows": (
        "op.execute(\"INSERT INTO stories (word) VALUES ('a'), ('b')\")\n"
        "update = sa.text('UPDATE stories SET id = id RETURNING id')\n"
        "got = op.get_bind().execute(update).rowcount"
    ),
    "the number of changed rows": (
        "op.execute(\"INSERT INTO stories (word) VALUES ('a'), ('b')\")\n"
        "got = op.get_bind().execute(sa.text('UPDATE stories SET id = id')).rowcount"
    ),
    "streamed rows": (
        "rows = sa.text('SELECT generate_series(1, 3)').execution_options(stream_results=True)\n"
        "got = op.get_bind().execute(rows).all()"
    ),
    "many rows": (
        "rows = sa.text('SELECT generate_series(1, 1001)')\n"
        "got = len(op.get_bind().execute(rows).all())"
    ),
    "an error in a savepoint": (
        "got = 'none'\n"
        "try:\n"
        "    with op.get_bind().begin_nested():\n"
        "        op.execute('DROP TABLE nothing')\n"
        "except sa.exc.ProgrammingError:\n"
        "    got = 'caught'\n"
        "op.execute('ANALYZE stories')"
    ),
}


def read_what_is_got(host: Host, body: str) -> list[str]:
    """Return what a revision gets of its statements, in a run that is disturbed and in the next."""
    log = host.folder / "log"
    tell(host, f"{MAKE}{body}\nprint(got, file=open({str(log)!r}, 'a'))\n{VACUUM}")
    disturb(lambda: install(host, "teller"), words="VACUUM")
    install(host, "teller")
    return log.read_text().splitlines()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("what", SAME_AGAIN)
def test_statement_that_is_passed_over_returns_the_same(host: Host, what: str) -> None:
    first, second = read_what_is_got(host, SAME_AGAIN[what])
    assert first == second


def test_revision_without_a_block_keeps_no_journal(host: Host) -> None:
    look = "got = op.get_bind().execute(sa.text('SELECT * FROM alembic_plugin_journal')).all()\n"
    tell(host, f"{look}assert got == []")
    install(host, "teller")
    assert host.database.query(JOURNAL) == []


def test_revision_that_failed_without_a_block_has_kept_no_journal(host: Host) -> None:
    tell(host, f"{MAKE}op.execute('SELECT stories FROM nowhere')")
    with pytest.raises(MigrationFailed):
        install(host, "teller")
    assert host.database.query(JOURNAL) == []


def test_journal_is_kept_from_the_beginning_of_a_block(host: Host) -> None:
    look = "got = op.get_bind().scalar(sa.text('SELECT plugin FROM alembic_plugin_journal'))\n"
    tell(host, f"{MAKE}{BLOCK}{look}assert got == 'teller'")
    install(host, "teller")
    assert host.database.query(JOURNAL) == []


def test_journal_is_kept_from_the_first_block_to_the_end(host: Host) -> None:
    look = "got = op.get_bind().scalar(sa.text('SELECT plugin FROM alembic_plugin_journal'))\n"
    tell(host, f"{MAKE}{VACUUM}\n{look}assert got == 'teller'")
    install(host, "teller")
    assert host.database.query(JOURNAL) == []


def test_next_revision_keeps_a_journal_of_its_own(host: Host) -> None:
    tell(host, MAKE + VACUUM)
    tell(host, f"{VACUUM}\n{VACUUM}", "story_2", '"story_1"')
    disturb(lambda: install(host, "teller"), 3, words="VACUUM")
    assert host.database.query(JOURNAL) == [("story_2", "teller", "upgrade")]
    install(host, "teller")
    assert host.database.applied()[-2:] == ["story_1", "story_2"]


def test_statements_of_another_connection_are_not_in_the_journal(host: Host) -> None:
    other = "with op.get_bind().engine.begin() as other:\n"
    other += "    other.execute(sa.text(\"INSERT INTO teller.stories (word) VALUES ('x')\"))\n"
    tell(host, f"{MAKE}{VACUUM}\n{other}{VACUUM}")
    disturb(lambda: install(host, "teller"), 2, words="VACUUM")
    install(host, "teller")
    assert read_words(host) == ["x", "x"]
