"""Hosts that have an ``env.py`` of their own, or stock Alembic's rows in their database."""

from support.databases import Database
from support.hosts import Host

ENV = """\
import sqlalchemy as sa
from alembic import context
import alembic_plugins

metadata = sa.MetaData(naming_convention={{"uq": "uq_%(table_name)s"}})
sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean),
)
if context.is_offline_mode():
    alembic_plugins.configure(url="{url}", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        alembic_plugins.run_migrations()
else:
    with sa.create_engine("{url}", poolclass=sa.pool.NullPool).connect() as connection:
        alembic_plugins.configure(connection=connection, target_metadata=metadata, {options})
        with context.begin_transaction():
            alembic_plugins.run_migrations()
"""

INI = """\
[alembic]
script_location = %(here)s/migrations
version_locations = %(here)s/versions
path_separator = os
"""


def adopt(host: Host, options: str = "") -> Host:
    """Give a host an ``env.py`` of its own that calls ours."""
    host.ini.write_text(INI)
    host.write("migrations/env.py", ENV.format(url=host.database.text, options=options))
    return host


def make_stock(host: Host) -> Host:
    """Let a host be as it was before it knew us."""
    adopt(host)
    env = host.folder / "migrations" / "env.py"
    text = env.read_text().replace("import alembic_plugins\n", "")
    env.write_text(text.replace("alembic_plugins.", "context."))
    return host


def test_own_env_installs_plugins(host: Host) -> None:
    adopt(host).add("billing").succeed("plugin", "install", "billing")
    assert host.database.versions() == ["billing_2", "host_2"]


def test_own_env_runs_stock_commands(host: Host) -> None:
    adopt(host).add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    host.succeed("upgrade", "heads")
    assert host.database.versions() == ["billing_2", "host_2"]


def test_own_env_leads_offline_to_the_same_database(host: Host, second_database: Database) -> None:
    adopt(host).add("billing")
    second_database.feed(host.succeed("plugin", "install", "billing", "--sql").stdout)
    host.run("plugin", "install", "billing")
    assert second_database.catalog() == host.database.catalog()
    assert second_database.registry_writes() == host.database.registry_writes()


def test_own_env_passes_its_version_table_through(host: Host) -> None:
    options = 'version_table="steps", version_table_schema="control"'
    host.database.execute("CREATE SCHEMA control")
    adopt(host, options).add("billing").succeed("plugin", "install", "billing")
    assert host.database.values("SELECT version_num FROM control.steps ORDER BY 1") == [
        "billing_2",
        "host_2",
    ]
    assert host.database.values("SELECT name FROM control.alembic_plugin") == ["billing"]


def test_own_env_passes_its_naming_convention_through(host: Host) -> None:
    adopt(host).add("unnamed_constraints").succeed("plugin", "install", "unnamed_constraints")
    assert host.database.values("SELECT conname FROM pg_constraint WHERE conname ~ '^uq_'") == [
        "uq_keys"
    ]


def test_own_env_can_have_a_transaction_for_each_revision(host: Host) -> None:
    adopt(host, "transaction_per_migration=True").add("fails_midway")
    host.fail("plugin", "install", "fails_midway")
    assert host.database.applied() == ["host_1", "host_2", "fails_1"]


def test_own_env_passes_arguments_to_revisions(host: Host) -> None:
    adopt(host).add("takes_arguments")
    env = host.folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace("run_migrations()", 'run_migrations(name="_b")'))
    host.write("versions/host_1_create_accounts.py", _accept_name("host_1", None))
    host.write("versions/host_2_add_accounts_active.py", _accept_name("host_2", "host_1"))
    host.succeed("plugin", "install", "takes_arguments")
    assert host.database.tables() == ["takes_arguments.letters_b"]


def _accept_name(revision: str, down: str | None) -> str:
    head = f"revision = {revision!r}\ndown_revision = {down!r}\n"
    return f'{head}\n\ndef upgrade(name=""):\n    pass\n'


def test_check_compares_the_host_of_an_own_env(host: Host) -> None:
    adopt(host).add("billing").run("plugin", "install", "billing")
    assert host.succeed("check").lines == ["No new upgrade operations detected."]


def test_stock_host_is_told_how_to_become_one(host: Host) -> None:
    words = make_stock(host).add("billing").refuse("plugin", "list")
    assert "does not run its migrations through alembic_plugins." in words
    assert "alembic_plugins.run_migrations()" in words


def test_stock_host_runs_its_own_commands_as_ever(host: Host) -> None:
    make_stock(host).add("billing").succeed("upgrade", "head")
    assert host.database.versions() == ["host_2"]
    assert host.database.query("SELECT FROM pg_tables WHERE tablename ~ 'alembic_plugin'") == []


def test_env_that_only_mentions_us_installs_nothing(host: Host) -> None:
    make_stock(host).add("makes_things")
    env = host.folder / "migrations" / "env.py"
    env.write_text(f"# Some day: alembic_plugins.\n{env.read_text()}")
    host.alembic("upgrade", "heads")
    assert host.database.tables() in ([], ["public.accounts"])


def test_env_that_is_adapted_by_half_is_refused(host: Host) -> None:
    adopt(host).add("billing")
    env = host.folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace("alembic_plugins.run", "context.run"))
    assert "does not run its migrations" in host.refuse("upgrade", "head")


def test_stock_database_is_taken_as_it_is(host: Host) -> None:
    make_stock(host).run("upgrade", "head")
    adopt(host).add("billing").succeed("plugin", "install", "billing")
    assert host.database.applied() == ["host_1", "host_2", "billing_1", "billing_2"]


def test_stock_database_gets_back_the_rows_that_were_implied(host: Host) -> None:
    make_stock(host).add("depends_on_host")
    versions = f"{host.folder}/versions:{host.folder}/plugins/depends_on_host/versions"
    host.configure(f"version_locations = {versions}")
    host.ini.write_text(host.ini.read_text().replace("version_locations = %(here)s/versions\n", ""))
    host.run("upgrade", "heads")
    assert host.database.versions() == ["dependent_1"]
    adopt(host).succeed("upgrade", "heads")
    assert host.database.versions() == ["dependent_1", "host_2"]


def test_stock_database_shows_its_plugins_before_anything_is_changed(host: Host) -> None:
    make_stock(host).add("billing").run("upgrade", "head")
    host.database.execute("INSERT INTO alembic_version VALUES ('billing_1')")
    before = host.database.dump()
    lines = adopt(host).succeed("plugin", "list").lines
    assert lines == ["[X] billing  2.1  schema billing  billing_1  1 revision behind"]
    assert host.database.dump() == before
