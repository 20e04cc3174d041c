"""What ``env.py`` calls, by way of callers that use `alembic.command` in their own process."""

from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationInfo
from sqlalchemy import Connection, text
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import InvalidOption, NotAHost, UnknownPlugin

ENV = """\
from alembic import context
import alembic_plugins

given = context.config.attributes
alembic_plugins.configure(given["connection"], **given["options"])
alembic_plugins.run_migrations(**given.get("arguments", {}))
"""


def raise_at_billing_2(*, step: MigrationInfo, **_facts: object) -> None:
    """Be a callback that does not like one revision."""
    if step.up_revision_id == "billing_2":
        raise ValueError("no")


@pytest.fixture
def own(host: Host, connection: Connection) -> Config:
    """The configuration of a host whose ``env.py`` takes its options from the test."""
    host.add("billing").write("migrations/env.py", ENV)
    host.ini.write_text(
        host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    )
    return host.config(connection=connection, options={})


def test_connection_is_used_as_it_is(host: Host, connection: Connection) -> None:
    host.add("billing")
    connection.begin()
    command.upgrade(host.config(connection=connection), "billing@head")
    connection.rollback()
    assert host.database.tables() == []


def test_connection_is_left_open(host: Host, connection: Connection) -> None:
    command.upgrade(host.config(connection=connection), "heads")
    assert connection.scalar(text("SELECT count(*) FROM alembic_plugin")) == 0


def test_transaction_of_the_caller_is_the_caller_s_to_commit(
    host: Host, connection: Connection
) -> None:
    host.add("billing")
    with connection.begin():
        commands.install(host.config(connection=connection), ["billing"])
    assert host.database.versions() == ["billing_2", "host_2"]


def test_connection_outside_a_transaction_is_committed(host: Host, connection: Connection) -> None:
    commands.install(host.add("billing").config(connection=connection), ["billing"])
    assert host.database.versions() == ["billing_2", "host_2"]


def test_connection_can_be_used_for_one_command_after_another(
    host: Host, connection: Connection
) -> None:
    host.add("billing")
    commands.install(host.config(connection=connection), ["billing"])
    commands.uninstall(host.config(connection=connection), ["billing"])
    assert host.database.versions() == ["host_2"]


def test_configuration_can_be_used_for_one_command_after_another(host: Host) -> None:
    config = host.add("billing").config()
    commands.install(config, ["billing"])
    host.write(
        "plugins/billing/versions/billing_3.py",
        "revision = 'billing_3'\ndown_revision = 'billing_2'\n\n\ndef upgrade():\n    pass\n",
    )
    command.upgrade(config, "heads")
    assert host.database.versions() == ["billing_3", "host_2"]


def test_scope_can_be_an_attribute(host: Host) -> None:
    command.upgrade(host.add("billing").config(plugin="billing"), "head")
    assert host.database.versions() == ["billing_2", "host_2"]


def test_scope_of_an_unknown_plugin_is_refused(host: Host) -> None:
    with pytest.raises(UnknownPlugin) as excinfo:
        command.upgrade(host.add("billing").config(plugin="nothing"), "head")
    assert excinfo.value.known == ("billing",)


def test_current_writes_to_the_configuration_s_stdout(host: Host) -> None:
    host.run("upgrade", "head")
    config = host.config()
    command.current(config)
    assert config.stdout.getvalue() == "host: host_2 (head)\n"  # type: ignore[attr-defined]


def test_offline_mode_writes_to_the_configuration_s_buffer(host: Host) -> None:
    config = host.add("billing").config()
    config.output_buffer = config.stdout
    commands.install(config, ["billing"], sql=True)
    assert "CREATE TABLE invoices" in config.stdout.getvalue()  # type: ignore[attr-defined]


def test_callback_sees_each_step_with_its_rows(own: Config) -> None:
    seen: list[dict[str, Any]] = []
    own.attributes["options"] = {"on_version_apply": lambda **facts: seen.append(facts)}
    commands.install(own, ["billing"])
    assert [(facts["step"].up_revision_id, set(facts["heads"])) for facts in seen] == [
        ("host_1", {"host_1"}),
        ("host_2", {"host_2"}),
        ("billing_1", {"host_2", "billing_1"}),
        ("billing_2", {"host_2", "billing_2"}),
    ]


def test_callback_that_raises_takes_its_step_back(own: Config, host: Host) -> None:
    own.attributes["options"] = {"on_version_apply": raise_at_billing_2}
    with pytest.raises(ValueError, match="no"):
        commands.install(own, ["billing"])
    assert host.database.versions() == ["host_2"]


def test_arguments_reach_revisions(own: Config, host: Host) -> None:
    own.attributes["arguments"] = {"name": "_b"}
    host.add("takes_arguments").configure("plugin_host_first = false")
    own = host.config(**own.attributes)
    commands.install(own, ["takes_arguments"])
    assert host.database.tables() == ["takes_arguments.letters_b"]


@pytest.mark.parametrize("schema", ["control", "order"])
def test_version_table_can_be_in_another_schema(own: Config, host: Host, schema: str) -> None:
    host.database.execute(f'CREATE SCHEMA "{schema}"')
    own.attributes["options"] = {"version_table_schema": schema, "version_table": "steps"}
    commands.install(own, ["billing"])
    commands.uninstall(own, ["billing"])
    assert host.database.values(f'SELECT version_num FROM "{schema}".steps') == ["host_2"]
    assert host.database.values(f'SELECT count(*) FROM "{schema}".alembic_plugin') == [0]


def test_work_that_finds_no_adapted_env_is_refused(own: Config, host: Host) -> None:
    env = host.folder / "migrations" / "env.py"
    env.write_text("from alembic import context\n# alembic_plugins is for later\n")
    with pytest.raises(NotAHost) as excinfo:
        commands.install(own, ["billing"])
    assert excinfo.value.environment == str(env)


def test_wrong_cascade_is_named(host: Host) -> None:
    config = host.config()
    config.cmd_opts = type("Options", (), {"x": ["cascade=perhaps"]})()
    with pytest.raises(InvalidOption) as excinfo:
        command.downgrade(config, "base")
    assert excinfo.value.option == "-x cascade"
