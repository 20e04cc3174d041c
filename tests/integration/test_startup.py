"""What an application calls when it starts."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from support.drivers import drive
from support.hosts import Host

from alembic_plugins import commands, upgrade_on_startup
from alembic_plugins.errors import (
    AlreadyRunning,
    ConnectionFailed,
    ConnectionIgnored,
    InvalidName,
    LoopRuns,
    NotSynced,
    PluginsFailed,
    SyncForbidden,
    UnknownPlugin,
)
from alembic_plugins.planning.plan import Plan
from alembic_plugins.results import RevisionProgress

THREADS = 8

PAGES = '[[tables]]\nname = "pages"\nschema = { title = { type = "string" } }\n'
"""A declared table."""


def write_environment(host: Host, text: str) -> None:
    """Give a host an ``env.py`` of its own."""
    host.write("migrations/env.py", text)
    ini = host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    host.ini.write_text(ini)


def list_revisions(plan: Plan) -> list[str]:
    """Return the revisions that a plan has run."""
    return [step.revision for step in plan.steps]


def test_host_and_installed_plugins_are_upgraded(host: Host) -> None:
    host.add("billing", "two_heads").run("-x", "plugin=billing", "upgrade", "billing_1")
    assert list_revisions(upgrade_on_startup(host.ini)) == ["billing_2"]
    assert list_revisions(upgrade_on_startup(host.config())) == []


def test_named_plugins_are_installed_with_what_they_require(host: Host) -> None:
    host.database.ensure()
    host.add("billing", "crm_requires_billing", "two_heads")
    plan = upgrade_on_startup(host.ini, ["crm_requires_billing"])
    assert {step.plugin for step in plan.steps} == {"host", "billing", "crm_requires_billing"}


@pytest.mark.parametrize("plugins", [None, [], ()])
def test_no_names_install_nothing(host: Host, plugins: list[str] | None) -> None:
    host.database.ensure()
    plan = upgrade_on_startup(host.add("billing").ini, plugins)
    assert {step.plugin for step in plan.steps} == {"host"}


def test_string_is_a_single_name(host: Host) -> None:
    host.database.ensure()
    upgrade_on_startup(host.add("billing").ini, "billing")
    assert host.database.plugins() == ["billing"]


def test_plugin_that_fails_hinders_no_other(host: Host) -> None:
    host.database.ensure()
    host.add("billing", "fails_midway")
    with pytest.raises(PluginsFailed) as excinfo:
        upgrade_on_startup(host.ini, ["no_such", "fails_midway", "billing"])
    assert sorted(excinfo.value.failed) == ["fails_midway", "no_such"]
    assert host.database.plugins() == ["billing"]


def test_named_plugin_whose_package_is_gone_is_missed(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.remove("billing")
    assert list_revisions(upgrade_on_startup(host.ini)) == []
    with pytest.raises(UnknownPlugin):
        upgrade_on_startup(host.ini, ["billing"])


@pytest.mark.parametrize("name", ["no name", ""])
def test_name_that_no_plugin_can_have_is_refused(host: Host, name: str) -> None:
    host.database.ensure()
    with pytest.raises(InvalidName):
        upgrade_on_startup(host.ini, name)


def test_database_that_is_ahead_is_left_as_it_is(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    for file in (host.folder / "plugins/billing/versions").glob("billing_2*"):
        file.unlink()
    assert list_revisions(upgrade_on_startup(host.ini, ["billing"])) == []


@pytest.fixture
def declaring(host: Host) -> Host:
    """A host with a plugin that declares its tables."""
    host.database.ensure()
    host.declare("wiki", 'tables = "tables.toml"')
    host.write("plugins/wiki/tables.toml", PAGES)
    return host


def test_declared_tables_are_synced_where_that_is_wanted(declaring: Host) -> None:
    with pytest.raises(NotSynced):
        upgrade_on_startup(declaring.ini, ["wiki"])
    upgrade_on_startup(declaring.ini, ["wiki"], auto_sync=True)
    assert "wiki.pages" in declaring.database.tables()
    declaring.write("plugins/wiki/tables.toml", PAGES.replace("pages", "notes"))
    assert upgrade_on_startup(declaring.ini).operations == ()
    upgrade_on_startup(declaring.ini, auto_sync=True)
    assert "wiki.notes" in declaring.database.tables()


def test_configuration_says_of_which_plugins_declared_tables_are_synced(declaring: Host) -> None:
    declaring.configure("plugin_auto_sync = wiki")
    upgrade_on_startup(declaring.ini, ["wiki"])
    assert "wiki.pages" in declaring.database.tables()


def test_declared_tables_are_not_synced_in_production(declaring: Host) -> None:
    declaring.configure("plugin_environment = production")
    with pytest.raises(SyncForbidden):
        upgrade_on_startup(declaring.ini, ["wiki"], auto_sync=True)


def test_threads_that_start_together_apply_each_revision_once(host: Host) -> None:
    host.database.ensure()
    host.add("billing", "crm_requires_billing")
    with ThreadPoolExecutor(THREADS) as pool:
        start = lambda _: upgrade_on_startup(host.ini, "crm_requires_billing")  # noqa: E731
        plans = list(pool.map(start, range(THREADS)))
    assert sorted(len(plan.steps) > 0 for plan in plans) == [False] * (THREADS - 1) + [True]


def test_threads_may_share_a_configuration(host: Host) -> None:
    config = host.add("billing").config()
    with ThreadPoolExecutor(THREADS) as pool:
        start = lambda _: upgrade_on_startup(config, "billing")  # noqa: E731
        plans = list(pool.map(start, range(THREADS)))
    assert sum(len(plan.steps) for plan in plans) == 4


def test_connection_is_used_as_it_is_given(host: Host, connection: Connection) -> None:
    config = host.add("billing").config()
    with connection.begin() as transaction:
        upgrade_on_startup(config, "billing", connection=connection)
        transaction.rollback()
    assert host.database.tables() == []
    upgrade_on_startup(config, "billing", connection=connection)
    assert (host.database.plugins(), connection.in_transaction()) == (["billing"], False)
    assert "connection" not in config.attributes


def test_environment_that_does_not_use_the_connection_is_told(
    host: Host, connection: Connection
) -> None:
    drive(host, "psycopg")
    with pytest.raises(ConnectionIgnored):
        upgrade_on_startup(host.ini, connection=connection)
    assert host.database.tables() == []


def test_environment_that_uses_the_connection_may_be_any(
    host: Host, connection: Connection
) -> None:
    write_environment(
        host,
        """\
        from alembic import context
        import alembic_plugins

        alembic_plugins.configure(connection=context.config.attributes["connection"])
        alembic_plugins.run_migrations()
        """,
    )
    upgrade_on_startup(host.add("billing").ini, "billing", connection=connection)
    assert host.database.plugins() == ["billing"]


@pytest.fixture(params=["psycopg", "asyncpg"])
def engine(host: Host, request: pytest.FixtureRequest) -> AsyncEngine:
    """An async engine of the application's."""
    url = host.database.ensure().url.set(drivername=f"postgresql+{request.param}")
    return create_async_engine(url, poolclass=NullPool)


async def start(host: Host, engine: AsyncEngine) -> Plan | AlreadyRunning:
    """Start an application that has an event loop; a failure is returned."""
    async with engine.connect() as connection:
        try:
            return await connection.run_sync(
                lambda sync: upgrade_on_startup(host.ini, "billing", connection=sync)
            )
        except AlreadyRunning as error:
            return error


def test_connection_of_an_async_engine_is_used(host: Host, engine: AsyncEngine) -> None:
    plan = asyncio.run(start(host.add("billing"), engine))
    assert isinstance(plan, Plan)
    assert list_revisions(plan) == ["host_1", "host_2", "billing_1", "billing_2"]


def test_tasks_that_start_together_are_told_to_take_turns(host: Host, engine: AsyncEngine) -> None:
    host.add("billing")

    async def start_twice() -> tuple[Plan | AlreadyRunning, ...]:
        return await asyncio.gather(start(host, engine), start(host, engine))

    assert {type(found) for found in asyncio.run(start_twice())} == {Plan, AlreadyRunning}
    assert host.database.plugins() == ["billing"]


def test_environment_that_starts_a_loop_inside_one_is_told(host: Host) -> None:
    write_environment(
        host,
        """\
        import asyncio
        import alembic_plugins

        work = asyncio.sleep(0)
        try:
            asyncio.run(work)
        finally:
            work.close()
        """,
    )

    async def start_in_loop() -> None:
        upgrade_on_startup(host.ini, "billing")

    with pytest.raises(LoopRuns):
        asyncio.run(start_in_loop())


def test_environment_that_starts_a_loop_may_do_so_in_a_thread(host: Host) -> None:
    host.database.ensure()
    drive(host.add("billing"), "psycopg_async")

    async def start_in_thread() -> Plan:
        return await asyncio.to_thread(upgrade_on_startup, host.ini, "billing")

    assert {step.plugin for step in asyncio.run(start_in_thread()).steps} == {"host", "billing"}


@pytest.mark.parametrize(
    "call",
    [
        "import alembic_plugins; alembic_plugins.upgrade_on_startup({ini!r})",
        "from alembic import command, config; command.current(config.Config({ini!r}))",
    ],
)
def test_command_inside_a_revision_is_refused(host: Host, call: str) -> None:
    host.database.ensure()
    host.write(
        "plugins/nested/versions/nested_1.py",
        f"revision = 'nested_1'\ndown_revision = None\ndef upgrade():\n"
        f"    {call.format(ini=str(host.ini))}\ndef downgrade(): pass\n",
    )
    with pytest.raises(AlreadyRunning):
        upgrade_on_startup(host.ini, "nested")
    assert host.database.versions() == ["host_2"]
    command.upgrade(host.add("billing").config(plugin="billing"), "head")
    assert host.database.plugins() == ["billing"]


def test_progress_is_told(host: Host) -> None:
    host.database.ensure()
    events: list[RevisionProgress] = []
    upgrade_on_startup(host.add("billing").ini, "billing", progress=events.append)
    told = [(e.revision, e.number, e.total) for e in events if e.seconds is not None]
    assert told == [
        ("host_1", 1, 4),
        ("host_2", 2, 4),
        ("billing_1", 3, 4),
        ("billing_2", 4, 4),
    ]


def test_progress_of_any_command_is_told_by_an_attribute(host: Host) -> None:
    events: list[RevisionProgress] = []
    config = host.add("billing").config(plugin_progress=events.append)
    commands.rehearse(config, "billing")
    assert [(e.number, e.total) for e in events if e.seconds is None] == [
        (number, 4) for number in (1, 2, 3, 4)
    ]
    commands.install(config, "billing")
    events.clear()
    commands.downgrade(config, "billing", "-1")
    assert {(e.revision, e.direction) for e in events} == {("billing_2", "downgrade")}


def test_scratch_database_is_no_progress(host: Host) -> None:
    events: list[RevisionProgress] = []
    config = host.add("billing").config(plugin_progress=events.append)
    commands.install(config, "billing")
    commands.forget(config, "billing")
    events.clear()
    commands.adopt(config, "billing")
    assert events == []


def test_progress_that_fails_keeps_nothing_from_being_applied(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    host.database.ensure()

    def fail(event: RevisionProgress) -> None:
        raise ValueError(event)

    upgrade_on_startup(host.add("billing").ini, "billing", progress=fail)
    assert host.database.plugins() == ["billing"]
    assert caplog.messages == ["The progress callback has failed, and is called no more."]


def test_logging_of_the_application_is_left_alone(example: Host) -> None:
    example.database.ensure()
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        upgrade_on_startup(example.ini)
        assert handler in logging.getLogger().handlers
    finally:
        logging.getLogger().removeHandler(handler)


def test_server_that_is_not_there_is_told_by_any_environment(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    drive(host, "psycopg")
    url = "postgresql+psycopg://nobody@/none?host="
    monkeypatch.setenv("DATABASE_URL", f"{url}{tmp_path}")
    lines = host.ini.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("sqlalchemy.url")]
    host.ini.write_text("\n".join([*kept, f"sqlalchemy.url = {url}{tmp_path}"]))
    with pytest.raises(ConnectionFailed):
        upgrade_on_startup(host.ini)


def test_engine_in_the_configuration_stays_the_application_s(host: Host) -> None:
    engine = create_engine(host.database.ensure().text)
    upgrade_on_startup(host.add("billing").config(connection=engine), "billing")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_plugin")) == 1
    engine.dispose()
