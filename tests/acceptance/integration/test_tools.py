"""Hosts whose migrations are run by scripts, threads or Flask-Migrate, or compared by others."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, Table, create_engine, inspect
from sqlalchemy.ext.asyncio import create_async_engine
from support.databases import Database
from support.drivers import DRIVERS, drive
from support.hosts import CallResult, Host

from alembic_plugins import commands
from alembic_plugins.errors import (
    BrokenConfiguration,
    ConnectionFailed,
    InvalidOption,
    NoSecondConnection,
    NoTransactions,
    PastEnvironment,
    WrongConnection,
)

NO_LIBPQ = (
    "psycopg finds no libpq, PostgreSQL's client library. Run 'pip install alembic-plugins[binary]'"
    ", which brings one, or install that of the system, such as Debian's package 'libpq5'."
)

APPLICATION = """
    from flask import Flask
    from flask_migrate import Migrate
    from flask_migrate.cli import db as commands
    from flask_sqlalchemy import SQLAlchemy

    from alembic_plugins.flask_commands import plugin

    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
    db = SQLAlchemy(app)
    Migrate(app, db)
    commands.add_command(plugin)
"""


def run_script(host: Host, direction: str, revision: str, **attributes: object) -> None:
    """Run migrations as a script does that has a work function of its own."""
    config = host.config(**attributes)
    script = ScriptDirectory.from_config(config)
    find_steps = getattr(script, f"_{direction}_revs")

    def work(rows: Any, _context: MigrationContext) -> Any:  # noqa: ANN401 - as Alembic
        return find_steps(revision, rows)

    with EnvironmentContext(config, script, fn=work, destination_rev=revision):
        script.run_env()


def test_engine_that_is_given_is_used(host: Host, second_database: Database) -> None:
    engine = create_engine(second_database.url, poolclass=NullPool)
    commands.install(host.add("billing").config(connection=engine), ["billing"])
    assert second_database.plugins() == ["billing"]


def test_engine_that_is_given_stays_open(host: Host) -> None:
    engine = create_engine(host.database.url)
    command.upgrade(host.config(connection=engine), "head")
    assert engine.pool.checkedin() > 0  # type: ignore[attr-defined]  # a QueuePool has it
    engine.dispose()


def test_async_engine_that_is_given_is_refused(host: Host) -> None:
    engine = create_async_engine(host.database.url, poolclass=NullPool)
    with pytest.raises(WrongConnection) as excinfo:
        command.upgrade(host.config(connection=engine), "head")
    assert excinfo.value.type == "AsyncEngine"


def test_transaction_is_kept_open_by_what_stands_in_for_an_engine(host: Host) -> None:
    with create_engine(host.database.url, poolclass=NullPool).connect() as connection:
        lent = SimpleNamespace(connect=lambda: nullcontext(connection))
        with connection.begin() as transaction:
            command.upgrade(host.config(connection=lent), "head")
            assert inspect(connection).has_table("accounts")
            transaction.rollback()
    assert host.database.tables() == []


def test_connection_of_a_driver_is_refused(host: Host) -> None:
    with psycopg.connect(host.database.plain) as connection, pytest.raises(WrongConnection):
        command.upgrade(host.config(connection=connection), "head")


def test_script_upgrades_and_downgrades_by_the_environment(host: Host) -> None:
    run_script(host, "upgrade", "head")
    assert host.database.versions() == ["host_2"]
    run_script(host, "downgrade", "host_1")
    assert host.database.versions() == ["host_1"]


@pytest.mark.parametrize("attributes", [{"plugin": "billing"}, {}])
def test_script_installs_what_a_plugin_needs(host: Host, attributes: dict[str, object]) -> None:
    run_script(host.add("billing"), "upgrade", "billing_2", **attributes)
    assert host.database.versions() == ["billing_2", "host_2"]


def test_script_goes_on_one_revision_at_a_time(host: Host) -> None:
    host.add("billing")
    for revision in ("billing_1", "billing_2"):
        run_script(host, "upgrade", revision, plugin="billing")
    run_script(host, "downgrade", "billing_1", plugin="billing")
    assert host.database.versions() == ["billing_1", "host_2"]


def test_pool_without_a_second_connection_is_told(host: Host) -> None:
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.1}
    engine = create_engine(host.database.url, **options)
    with pytest.raises(NoSecondConnection):
        command.upgrade(host.config(connection=engine), "head")
    engine.dispose()


def test_script_that_goes_past_the_environment_is_told(host: Host, connection: Connection) -> None:
    config = host.config()
    script = ScriptDirectory.from_config(config)

    def work(rows: Any, _context: MigrationContext) -> Any:  # noqa: ANN401 - as Alembic
        return script._upgrade_revs("head", rows)

    with EnvironmentContext(config, script) as environment:
        environment.configure(connection=connection, fn=work)
        with pytest.raises(PastEnvironment) as excinfo, environment.begin_transaction():
            environment.run_migrations()
    assert excinfo.value.environment == script.env_py_location


def test_engine_has_the_options_of_the_configuration(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    host.configure(
        "sqlalchemy.echo = true",
        "sqlalchemy.pool_pre_ping = true",
        'sqlalchemy.connect_args = {"application_name": "migrations of app"}',
    )
    host.revise("says", "CREATE TABLE told AS SELECT current_setting('application_name') AS name")
    host.run("plugin", "install", "says")
    assert host.database.values("SELECT name FROM says.told") == ["migrations of app"]
    assert any("CREATE TABLE told" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("sqlalchemy.no_such = 1", "Invalid argument(s) 'no_such'"),
        ("sqlalchemy.connect_args = {not json", "JSONDecodeError"),
        ("sqlalchemy.isolation_level = NOTHING", "Invalid value 'NOTHING'"),
        ("plugin_guard = %(nothing)s", "Bad value substitution"),
    ],
)
def test_option_that_cannot_be_used_is_told(host: Host, option: str, reason: str) -> None:
    host.configure(option)
    with pytest.raises(BrokenConfiguration) as excinfo:
        command.upgrade(host.config(), "head")
    assert reason in excinfo.value.reason


def test_ddl_without_transactions_is_refused(host: Host) -> None:
    drive(host, "psycopg")
    env = host.folder / "migrations" / "env.py"
    option = "connection=connection, transactional_ddl=False,"
    env.write_text(env.read_text().replace("connection=connection,", option))
    with pytest.raises(InvalidOption) as excinfo:
        command.upgrade(host.config(), "head")
    assert excinfo.value.option == "transactional_ddl"
    assert host.database.tables() == []


@pytest.mark.parametrize(
    "option",
    [
        "sqlalchemy.isolation_level = AUTOCOMMIT",
        'sqlalchemy.connect_args = {"autocommit": true}',
    ],
)
def test_configuration_without_transactions_is_refused(host: Host, option: str) -> None:
    host.configure(option)
    with pytest.raises(NoTransactions):
        command.upgrade(host.config(), "heads")
    assert host.database.tables() == []


@pytest.mark.parametrize("driver", DRIVERS)
def test_engine_without_transactions_is_refused(host: Host, driver: str) -> None:
    drive(host, driver)
    env = host.folder / "migrations" / "env.py"
    option = 'poolclass=pool.NullPool, isolation_level="AUTOCOMMIT",'
    env.write_text(env.read_text().replace("poolclass=pool.NullPool,", option))
    assert "autocommit mode" in host.fail("upgrade", "heads")
    assert host.database.tables() == []


def test_word_of_a_url_that_the_driver_does_not_know_is_told_as_one_of_it(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = host.database.url.update_query_dict({"no_such": "1"})
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    with pytest.raises(ConnectionFailed) as excinfo:
        command.upgrade(host.config(), "head")
    assert "no_such" in excinfo.value.reason


def test_threads_of_one_process_wait_for_each_other(host: Host, other_host: Host) -> None:
    hosts = [host, other_host]
    tasks = []
    for number in range(6):
        each = hosts[number % 2]
        each.add(**{f"p{number}": "counts_rows"})
        for file in (each.folder / "plugins" / f"p{number}" / "versions").glob("*.py"):
            file.write_text(file.read_text().replace('"counts_', f'"p{number}_'))
        engine = create_engine(each.database.url, poolclass=NullPool)
        tasks.append((each.config(connection=engine), f"p{number}"))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda task: commands.install(task[0], [task[1]]), tasks))
    assert host.database.plugins() == ["p0", "p2", "p4"]
    assert other_host.database.plugins() == ["p1", "p3", "p5"]


@pytest.mark.parametrize("schema", [None, "kept"])
def test_registry_takes_no_part_in_comparisons(host: Host, schema: str | None) -> None:
    drive(host, "psycopg")
    if schema:
        host.database.execute(f"CREATE SCHEMA {schema}")
        env = host.folder / "migrations" / "env.py"
        option = f"connection=connection, version_table_schema={schema!r},"
        env.write_text(env.read_text().replace("connection=connection,", option))
    host.add("named_by_prefix").run("plugin", "install", "named_by_prefix")
    with create_engine(host.database.url, poolclass=NullPool).connect() as connection:
        options = {"version_table_schema": schema, "include_schemas": True}
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, MetaData())
    # The table of the plugin takes no part either.
    assert [item[1].name for item in found] == ["accounts"]


def test_filters_of_a_comparison_are_called_as_alembic_has_them(connection: Connection) -> None:
    context = AutogenContext(MigrationContext.configure(connection), MetaData())
    table = Table("alembic_plugin", MetaData())
    name: dict[str, Any] = {"name": "alembic_plugin", "type_": "table"}
    compared: dict[str, Any] = {"object_": table, **name, "reflected": True, "compare_to": None}
    assert not context.run_name_filters(**name, parent_names={"schema_name": None})
    assert not context.run_object_filters(**compared)
    assert not context.run_filters(**compared)
    assert context.run_name_filters(
        name="alembic_plugin", type_="index", parent_names={"schema_name": None}
    )


def test_comparison_that_never_imports_the_command_line_knows_the_registry(host: Host) -> None:
    host.run("upgrade", "head")
    code = (
        "import sys, sqlalchemy as sa; from alembic.autogenerate import compare_metadata;"
        "from alembic.runtime.migration import MigrationContext;"
        "connection = sa.create_engine(sys.argv[1]).connect();"
        "context = MigrationContext.configure(connection);"
        "print([item[1].name for item in compare_metadata(context, sa.MetaData())])"
    )
    command_line = [sys.executable, "-c", code, host.database.text]
    assert subprocess.check_output(command_line, text=True) == "['accounts']\n"


@pytest.mark.parametrize("own", [False, True])
def test_missing_libpq_is_told_with_the_ways_out(host: Host, own: bool) -> None:
    if own:
        drive(host, "psycopg")
    result = host.alembic("upgrade", "head", env={"PSYCOPG_IMPL": "c"}, fresh=True)
    assert (result.exit_code != 0, result.failures) == (True, [NO_LIBPQ])
    assert "Traceback" not in result.output


@pytest.fixture
def flask(host: Host) -> Host:
    """A host that is a Flask application, with Flask-Migrate's environment."""
    host.write("app.py", APPLICATION.format(url=host.database.text))
    call_flask(host, "db", "init")
    for path in host.folder.glob("versions/*.py"):
        path.rename(host.folder / "migrations" / "versions" / path.name)
    host.ini.unlink()
    env = host.folder / "migrations" / "env.py"
    text = env.read_text().replace("from flask import", "import alembic_plugins\nfrom flask import")
    for call in ("configure(", "run_migrations()"):
        text = text.replace(f"context.{call}", f"alembic_plugins.{call}")
    env.write_text(text)
    (host.add("billing").folder / "plugins").rename(host.folder / "migrations" / "plugins")
    return host


def call_flask(host: Host, *arguments: str) -> CallResult:
    """Run Flask's command line."""
    program = [sys.executable, "-m", "flask", "--app", "app"]
    done = subprocess.run(
        [*program, *arguments], cwd=host.folder, capture_output=True, text=True, check=False
    )
    return CallResult(done.returncode, done.stdout, done.stderr)


def test_flask_runs_our_commands(flask: Host) -> None:
    result = call_flask(flask, "db", "plugin", "install", "billing")
    assert result.exit_code == 0, result.output
    assert flask.database.plugins() == ["billing"]
    assert call_flask(flask, "db", "plugin", "list").lines == [
        "[X] billing  2.1  schema billing  billing_2 (head)"
    ]


def test_flask_runs_stock_commands(flask: Host) -> None:
    result = call_flask(flask, "db", "upgrade", "-x", "plugin=billing")
    assert result.exit_code == 0, result.output
    assert flask.database.versions() == ["billing_2", "host_2"]


def test_flask_tells_failures(flask: Host) -> None:
    result = call_flask(flask, "db", "plugin", "uninstall", "billing", "--yes")
    assert result.exit_code != 0
    assert [line.partition(".")[0] for line in result.failures] == [
        "Plugin 'billing' is not installed"
    ]


@pytest.mark.parametrize(
    ("command", "quoted"),
    [
        ("db plugin uninstall billing --yes", "db plugin install billing"),
        ("db plugin show nothing", "db plugin list"),
        ("db upgrade -x plugin=nothing", "db plugin list"),
        ("db upgrade nowhere", "db -x plugin=host history"),
    ],
)
def test_command_that_an_error_quotes_is_one_of_flask(
    flask: Host, command: str, quoted: str
) -> None:
    result = call_flask(flask, *command.split())
    assert result.exit_code != 0
    assert f"'flask --app app {quoted}'" in result.output
    assert call_flask(flask, *quoted.split()).exit_code == 0


def test_command_that_has_to_be_confirmed_is_one_of_flask(flask: Host) -> None:
    call_flask(flask, "db", "plugin", "install", "billing")
    arguments = ("-x", "tenant=a", "plugin", "forget", "billing")
    result = call_flask(flask, "db", *arguments)
    quoted = "'flask --app app db -x tenant=a plugin forget billing'"
    assert result.failures[0].startswith(quoted)
    assert call_flask(flask, "db", *arguments, "--yes").exit_code == 0


def test_command_that_an_error_quotes_is_about_the_same_directory(flask: Host) -> None:
    moved = (flask.folder / "migrations").rename(flask.folder / "other")
    result = call_flask(flask, "db", "-d", moved.name, "plugin", "uninstall", "billing", "--yes")
    assert "'flask --app app db -d other plugin install billing'" in result.output
    done = call_flask(flask, "db", "-d", "other", "plugin", "install", "billing")
    assert done.exit_code == 0, done.output


def test_application_that_is_not_named_is_not_quoted(flask: Host) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "db", "plugin", "show", "nothing"],
        cwd=flask.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "'flask db plugin list'" in done.stderr


@pytest.mark.parametrize("option", ["", "[alembic]\nscript_location = migrations\n"])
def test_environment_of_flask_says_how_it_is_run(flask: Host, option: str) -> None:
    ini = flask.folder / "migrations" / "alembic.ini"
    if option:
        ini.write_text(ini.read_text().replace("[alembic]\n", option, 1))
    words = flask.fail("-c", "migrations/alembic.ini", "plugin", "install", "billing")
    assert words == (
        f"The environment of '{Path('migrations/alembic.ini')}' is Flask-Migrate's, which runs "
        "inside an application. Run the command as one of 'flask db plugin'."
    )
