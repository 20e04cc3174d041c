"""A revision that was interrupted is named, and completed before anything else is done to it."""

import psycopg
import pytest
from alembic import command
from support.disturbances import Moment, disturb, tell
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import CannotLeave, Interrupted, LeftoverObjects, MigrationInterrupted
from alembic_plugins.reports.status import PluginStatus

MAKE = "op.execute('CREATE TABLE words (word text, n int)')\n"
TWICE = MAKE + "op.execute(\"INSERT INTO words VALUES ('a', 1), ('a', 2)\")\n"
BLOCK = "with op.get_context().autocommit_block():\n    "
UNIQUE = "op.execute('CREATE UNIQUE INDEX CONCURRENTLY {0} words_key ON words (word)')"
VACUUM = f"{BLOCK}op.execute('VACUUM words')"

INDEXES = """
    SELECT i.indexrelid::regclass::text, indisvalid FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname ~ 'words' ORDER BY 1
"""

NEXT = """\
revision = "drops_3"
down_revision = "drops_2"


def upgrade():
    pass


def downgrade():
    pass
"""

ONCE = ["", "IF NOT EXISTS"]


def install(host: Host) -> None:
    """Install plugin `teller`, or carry on with that."""
    commands.install(host.config(), ["teller"])


def leave_invalid(host: Host, table: str, index: str) -> None:
    """Make an invalid index, as a statement does that has failed."""
    with psycopg.connect(host.database.plain, autocommit=True) as connection:
        connection.execute(f"INSERT INTO {table} VALUES ('x', 1), ('x', 1)".encode())
        make = f"CREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} (word)"
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(make.encode())


def read_status(host: Host) -> PluginStatus:
    """Return what `list` says of plugin `teller`."""
    plugins = commands.list_plugins(host.config()).plugins
    return next(plugin for plugin in plugins if plugin.name == "teller")


@pytest.fixture(params=ONCE)
def failed(host: Host, request: pytest.FixtureRequest) -> Host:
    """A host whose plugin has left an invalid index, for there are equal words."""
    tell(host, f"{TWICE}{BLOCK}{UNIQUE.format(request.param)}")
    with pytest.raises(MigrationInterrupted):
        install(host)
    return host


@pytest.fixture
def interrupted(host: Host) -> Host:
    """A host whose plugin has committed a part of a revision."""
    tell(host, MAKE, "story_0")
    tell(host, f"op.execute('ALTER TABLE words ADD COLUMN m int')\n{VACUUM}", down='"story_0"')
    disturb(lambda: install(host), words="VACUUM")
    return host


def test_invalid_index_is_named(host: Host) -> None:
    tell(host, f"{TWICE}{BLOCK}{UNIQUE.format('')}")
    with pytest.raises(MigrationInterrupted) as excinfo:
        install(host)
    assert excinfo.value.indexes == ("teller.words_key",)
    assert "could not create unique index" in excinfo.value.reason


def test_invalid_index_is_listed(failed: Host) -> None:
    status = read_status(failed)
    assert status.state == "interrupted"
    assert status.remark == "interrupted in the upgrade of story_1, invalid index teller.words_key"


def test_invalid_index_is_made_again(failed: Host) -> None:
    failed.database.execute("DELETE FROM teller.words WHERE n = 2")
    install(failed)
    assert failed.database.query(INDEXES) == [("teller.words_key", True)]
    assert read_status(failed).state == "installed"


def test_invalid_index_stays_named_as_long_as_it_fails(failed: Host) -> None:
    with pytest.raises(MigrationInterrupted) as excinfo:
        install(failed)
    assert excinfo.value.indexes == ("teller.words_key",)


@pytest.mark.parametrize("once", ONCE)
def test_invalid_index_of_an_answer_that_was_lost_is_made_again(host: Host, once: str) -> None:
    tell(host, f"{TWICE}{BLOCK}{UNIQUE.format(once)}")
    with pytest.raises(MigrationInterrupted):
        install(host)
    host.database.execute("DELETE FROM teller.words WHERE n = 2")
    disturb(lambda: install(host), moment=Moment.AFTER, words="CREATE UNIQUE")
    install(host)
    assert host.database.query(INDEXES) == [("teller.words_key", True)]


@pytest.mark.parametrize("once", ONCE)
def test_index_that_was_made_unheard_is_not_made_again(host: Host, once: str) -> None:
    tell(host, f"{MAKE}{BLOCK}{UNIQUE.format(once)}")
    disturb(lambda: install(host), moment=Moment.AFTER, words="CREATE UNIQUE")
    before = host.database.values("SELECT 'teller.words_key'::regclass::oid::int")
    install(host)
    assert host.database.values("SELECT 'teller.words_key'::regclass::oid::int") == before


def test_invalid_index_that_was_there_before_is_left_alone(host: Host) -> None:
    tell(host, MAKE)
    install(host)
    leave_invalid(host, "teller.words", "mine")
    tell(host, VACUUM, "story_2", '"story_1"')
    disturb(lambda: install(host), words="VACUUM")
    install(host)
    assert host.database.query(INDEXES) == [("teller.mine", False)]


def test_invalid_index_that_was_there_before_is_not_named(host: Host) -> None:
    tell(host, MAKE)
    install(host)
    leave_invalid(host, "teller.words", "mine")
    tell(host, MAKE.replace("words", "more") + VACUUM, "story_2", '"story_1"')
    disturb(lambda: install(host), words="VACUUM")
    assert read_status(host).remark == "interrupted in the upgrade of story_2"


def test_invalid_index_elsewhere_is_left_alone(host: Host) -> None:
    host.database.execute("CREATE SCHEMA box; CREATE TABLE box.words (word text, n int)")
    tell(host, MAKE + VACUUM)
    disturb(lambda: install(host), words="VACUUM")
    leave_invalid(host, "box.words", "mine")
    install(host)
    assert host.database.query(INDEXES) == [("box.mine", False)]


@pytest.mark.parametrize(("table", "left"), [("te_words", 0), ("words", 1)])
def test_invalid_index_is_dropped_of_the_tables_with_the_prefix_alone(
    host: Host, table: str, left: int
) -> None:
    host.database.execute("CREATE TABLE words (word text, n int)")
    host.write("plugins/teller/plugin.toml", 'namespace = "prefix te_"\n')
    tell(host, (MAKE + VACUUM).replace("words", "te_words"))
    disturb(lambda: install(host), words="VACUUM")
    leave_invalid(host, table, "mine")
    install(host)
    assert host.database.values("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [left]


def test_invalid_index_of_the_host_is_made_again(host: Host) -> None:
    file = tell(host, f"{TWICE}{BLOCK}{UNIQUE.format('')}", down='"host_2"')
    file.rename(host.folder / "versions" / "story_1.py")
    with pytest.raises(MigrationInterrupted) as excinfo:
        command.upgrade(host.config(), "head")
    host.database.execute("DELETE FROM words WHERE n = 2")
    command.upgrade(host.config(), "head")
    assert excinfo.value.indexes == ("public.words_key",)
    assert host.database.query(INDEXES) == [("words_key", True)]


def test_host_that_was_interrupted_is_a_problem_of_the_list(host: Host) -> None:
    file = tell(host, MAKE + VACUUM, down='"host_2"')
    file.rename(host.folder / "versions" / "story_1.py")
    disturb(lambda: command.upgrade(host.config(), "head"), words="VACUUM")
    [problem] = commands.list_plugins(host.config()).problems
    assert isinstance(problem, Interrupted)
    assert (problem.name, problem.revision) == ("host", "story_1")


@pytest.mark.parametrize(
    "refused",
    [
        "CREATE INDEX CONCURRENTLY words_idx ON words (n)",
        "ALTER TYPE mood ADD VALUE 'glad'",
        "DROP INDEX CONCURRENTLY n_idx",
    ],
)
def test_statement_that_was_refused_is_not_taken_for_done(host: Host, refused: str) -> None:
    make = f"{MAKE}op.execute('CREATE INDEX words_idx ON words (word)')\n"
    tell(host, f'{make}{BLOCK}op.execute("{refused}")')
    with pytest.raises(MigrationInterrupted):
        install(host)
    with pytest.raises(MigrationInterrupted):
        install(host)


def test_interrupted_plugin_cannot_be_downgraded(interrupted: Host) -> None:
    with pytest.raises(Interrupted) as excinfo:
        commands.downgrade(interrupted.config(), "teller", "base")
    error = excinfo.value
    assert (error.name, error.revision, error.direction) == ("teller", "story_1", "upgrade")


def test_downgrade_that_was_interrupted_cannot_be_turned_round(host: Host) -> None:
    host.add("drops_concurrently").run("plugin", "install", "drops_concurrently")
    target = ["drops_concurrently", "drops_1"]
    disturb(
        lambda: commands.downgrade(host.config(), *target), moment=Moment.AFTER, words="DROP INDEX"
    )
    host.write("plugins/drops_concurrently/versions/drops_3.py", NEXT)
    with pytest.raises(Interrupted) as excinfo:
        commands.install(host.config(), ["drops_concurrently"])
    assert (excinfo.value.revision, excinfo.value.direction) == ("drops_2", "downgrade")


def test_interrupted_plugin_hinders_no_other(interrupted: Host) -> None:
    interrupted.add("billing")
    commands.install(interrupted.config(), ["billing"])
    commands.uninstall(interrupted.config(), ["billing"])
    assert read_status(interrupted).state == "interrupted"


def test_interrupted_plugin_cannot_be_uninstalled_with_what_it_has_left(host: Host) -> None:
    tell(host, MAKE + VACUUM)
    disturb(lambda: install(host), words="VACUUM")
    with pytest.raises(LeftoverObjects) as excinfo:
        commands.uninstall(host.config(), ["teller"])
    assert excinfo.value.objects == ("table teller.words",)


def test_interrupted_plugin_can_be_purged(interrupted: Host) -> None:
    commands.uninstall(interrupted.config(), ["teller"], purge=True)
    assert interrupted.database.schemas() == []
    assert interrupted.database.query("SELECT * FROM alembic_plugin_journal") == []


def test_plugin_that_was_purged_is_installed_from_the_beginning(interrupted: Host) -> None:
    commands.uninstall(interrupted.config(), ["teller"], purge=True)
    install(interrupted)
    assert interrupted.database.applied()[-2:] == ["story_0", "story_1"]


def test_interrupted_plugin_can_be_forgotten(interrupted: Host) -> None:
    commands.forget(interrupted.config(), "teller")
    assert interrupted.database.tables() == ["public.accounts", "teller.words"]
    assert interrupted.database.query("SELECT * FROM alembic_plugin_journal") == []


def test_interrupted_plugin_without_files_can_be_purged(interrupted: Host) -> None:
    commands.uninstall(interrupted.remove("teller").config(), ["teller"], purge=True)
    assert interrupted.database.schemas() == []


def test_interrupted_plugin_cannot_be_ejected(interrupted: Host) -> None:
    with pytest.raises(CannotLeave) as excinfo:
        commands.eject(interrupted.config())
    assert excinfo.value.names == ("teller",)


def test_interruption_is_in_the_history(interrupted: Host) -> None:
    event = commands.history(interrupted.config(), "teller")[-1]
    assert event.outcome == "failed"
    assert event.detail is not None
    assert "What it has committed stays" in event.detail
