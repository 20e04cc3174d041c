"""Autogenerate compares only what the command is about."""

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, text
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import NoModels

MODELS = """\
import sqlalchemy as sa

m = sa.MetaData({schema})
sa.Table("accounts", m, sa.Column("id", sa.BigInteger, primary_key=True){host_schema})
sa.Table("{table}", m, sa.Column("id", sa.BigInteger, primary_key=True))
"""

ENV = """\
from alembic import context
import alembic_plugins

given = context.config.attributes
alembic_plugins.configure(given["connection"], **given["options"])
alembic_plugins.run_migrations()
"""


def declare(
    host: Host, situation: str, table: str, schema: str = "", host_schema: str = ""
) -> Host:
    """Install a plugin, and give it models: one table and the host's."""
    commands.install(host.add(situation).config(), [situation])
    text = MODELS.format(table=table, schema=schema, host_schema=host_schema)
    # A name of its own for each test: modules are imported once a process.
    host.write(f"plugins/{situation}/models_of_{host.folder.name}.py", text)
    reference = f"models_of_{host.folder.name}:m"
    return host.configure(f"[alembic_plugins.{situation}]", f"models = {reference}")


def differences(host: Host, plugin: str, **attributes: object) -> str:
    """Return what ``check`` finds, or nothing."""
    with pytest.raises(CommandError) as excinfo:
        command.check(host.config(plugin=plugin, **attributes))
    return str(excinfo.value)


def test_models_that_are_as_the_tables_differ_in_nothing(host: Host) -> None:
    declare(host, "two_heads", "necks")
    declared = host.folder / "plugins/two_heads" / f"models_of_{host.folder.name}.py"
    more = [
        f'sa.Table("{n}", m, sa.Column("id", sa.BigInteger, primary_key=True))\n'
        for n in ("left_heads", "right_heads")
    ]
    declared.write_text(declared.read_text() + "".join(more))
    command.check(host.config(plugin="two_heads"))


def test_table_of_the_host_in_the_metadata_is_not_compared(host: Host) -> None:
    assert "accounts" not in differences(declare(host, "reserved_word", "new"), "reserved_word")


def test_table_that_the_models_lack_is_found(host: Host) -> None:
    assert "remove_table" in differences(declare(host, "reserved_word", "new"), "reserved_word")


def test_table_that_the_database_lacks_is_found(host: Host) -> None:
    assert "'add_table'" in differences(declare(host, "reserved_word", "new"), "reserved_word")


def test_models_may_name_their_schema(host: Host) -> None:
    declare(host, "reserved_word", "table", "schema='reserved_word'", ", schema='public'")
    command.check(host.config(plugin="reserved_word"))


def test_models_of_a_prefix_may_hold_the_host_s_tables(host: Host) -> None:
    declare(host, "named_by_prefix", "wiki_pages")
    command.check(host.config(plugin="named_by_prefix"))


def test_models_in_a_shared_schema_leave_out_the_tables_of_the_host_s_models(
    host: Host, connection: Connection
) -> None:
    host.configure("plugin_namespace = schema public existing")
    declare(host, "reserved_word", "table").write("migrations/env.py", ENV)
    ini = host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    host.ini.write_text(ini)
    hosts = MetaData()
    Table("accounts", hosts, Column("id", BigInteger), Column("email", Text))
    options = {"target_metadata": hosts}
    command.check(host.config(plugin="reserved_word", connection=connection, options=options))


def test_search_path_is_set_back(host: Host, connection: Connection) -> None:
    connection.execute(text("SET search_path = public, pg_temp"))
    connection.commit()
    command.check(
        declare(host, "named_by_prefix", "wiki_pages").config(
            plugin="named_by_prefix", connection=connection
        )
    )
    assert connection.scalar(text("SHOW search_path")) == "public, pg_temp"


def test_plugin_without_models_is_refused(host: Host) -> None:
    commands.install(host.add("two_heads").config(), ["two_heads"])
    with pytest.raises(NoModels) as excinfo:
        command.check(host.config(plugin="two_heads"))
    assert excinfo.value.name == "two_heads"


def test_filter_of_the_host_is_kept(host: Host, connection: Connection) -> None:
    declare(host, "reserved_word", "new").write("migrations/env.py", ENV)
    ini = host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    host.ini.write_text(ini)
    options = {"include_name": lambda name, _type, _parents: name != "table"}
    found = differences(host, "reserved_word", connection=connection, options=options)
    assert "remove_table" not in found


@pytest.mark.parametrize("name", ["counts_rows", "shop_by_prefix", "shares_public"])
def test_what_is_set_aside_is_not_the_hosts(host: Host, connection: Connection, name: str) -> None:
    host.write("env.py", ENV).parent.joinpath("script.py.mako").touch()
    commands.install(host.add(name).config(), [name])
    commands.uninstall(host.config(), [name], keep_data=True)
    connection.execute(text("CREATE SCHEMA alembic_plugin_backup"))
    connection.execute(text("CREATE TABLE alembic_plugin_backup.alembic_plugin ()"))
    connection.commit()
    models = MetaData()
    models.reflect(connection, only=["accounts"])
    options = {"target_metadata": models, "include_schemas": True}
    config = host.config(connection=connection, options=options)
    config.set_main_option("script_location", str(host.folder))
    command.check(config)


REFERRING = """\
import sqlalchemy as sa

m = sa.MetaData({metadata})
sa.Table(
    "{table}",
    m,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("{target}")),
)
"""


def refer(host: Host, table: str, target: str, *, metadata: str = "", namespace: str = "") -> None:
    """Give a plugin without revisions models that refer to a table of others."""
    text = REFERRING.format(table=table, target=target, metadata=metadata)
    host.write(f"plugins/foo/refers_{host.folder.name}.py", text)
    lines = [f"models = 'refers_{host.folder.name}:m'"]
    host.declare("foo", *lines, *([f"namespace = '{namespace}'"] if namespace else []))
    (host.folder / "plugins/foo/versions").mkdir()


@pytest.mark.parametrize(
    ("table", "namespace"),
    [
        ("notes", ""),
        ("foo_notes", "prefix foo_"),
        ("notes", "schema public existing"),
    ],
)
def test_foreign_key_to_a_table_of_the_host_needs_no_stub(
    host: Host, table: str, namespace: str
) -> None:
    host.run("upgrade", "head")
    refer(host, table, "accounts.id", namespace=namespace)
    host.run("-x", "plugin=foo", "revision", "--autogenerate", "-m", "notes")
    host.run("plugin", "install", "foo")
    command.check(host.config(plugin="foo"))
    [script] = (host.folder / "plugins/foo/versions").glob("*.py")
    assert script.read_text().count("op.create_table") == 1
    keys = "SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    assert "accounts" in host.database.values(f"{keys} AND conrelid::regclass::text ~ 'notes'")


@pytest.mark.parametrize("metadata", ["", "schema='foo'"])
@pytest.mark.parametrize("target", ["billing.invoices.id", "public.accounts.id"])
def test_foreign_key_to_a_table_in_another_schema_needs_no_stub(
    host: Host, target: str, metadata: str
) -> None:
    host.add("billing").run("plugin", "install", "billing")
    refer(host, "notes", target, metadata=metadata)
    host.run("-x", "plugin=foo", "revision", "--autogenerate", "-m", "notes")
    [script] = (host.folder / "plugins/foo/versions").glob("*.py")
    assert target in script.read_text()
    assert script.read_text().count("op.create_table") == 1


@pytest.mark.parametrize("target", ["nothing.id", "public.nothing.id", "accounts.nothing"])
def test_foreign_key_to_nothing_is_told(host: Host, target: str) -> None:
    host.run("upgrade", "head")
    refer(host, "notes", target)
    words = host.fail("-x", "plugin=foo", "revision", "--autogenerate", "-m", "notes")
    assert words.startswith(f"The models of 'foo' refer to '{target.removesuffix('.id')}', which")


def test_filter_of_schemas_of_the_host_does_not_hide_a_plugins(
    host: Host, connection: Connection
) -> None:
    hosts = ', schema="public"'
    declare(host, "billing", "invoices", schema='schema="billing"', host_schema=hosts)

    def include_name(name: str | None, type_: str, _parents: object) -> bool:
        return type_ != "schema" or name is None

    options = {"include_schemas": True, "include_name": include_name}
    host.write("migrations/env.py", ENV)
    host.ini.write_text(
        host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    )
    assert "add_table" not in differences(host, "billing", connection=connection, options=options)
