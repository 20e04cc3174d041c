"""`--sql`: what is printed does to a database what the command itself does."""

import pytest
from support.databases import Database
from support.hosts import Host

GOOD = (
    "autocommit",
    "billing",
    "creates_own_schema",
    "crm_requires_billing",
    "depends_on_host",
    "expands_a",
    "forks_host",
    "makes_things",
    "named_by_prefix",
    "needs_extension",
    "reserved_word",
    "takes_arguments",
    "two_heads",
)

PLUGIN = ["-x", "plugin=billing"]


@pytest.mark.parametrize("name", GOOD)
def test_install_leads_to_the_same_database(
    host: Host, second_database: Database, name: str
) -> None:
    host.add(*{name, "billing"})
    second_database.feed(host.succeed("plugin", "install", name, "--sql").stdout)
    host.run("plugin", "install", name)
    assert second_database.catalog() == host.database.catalog()
    assert second_database.registry_writes() == host.database.registry_writes()


@pytest.mark.parametrize(
    ("online", "offline"),
    [
        ("plugin upgrade billing", "-x plugin=billing upgrade billing_1:head --sql"),
        ("plugin upgrade billing", "plugin upgrade billing --sql"),
        ("plugin upgrade --all", "plugin upgrade --all --sql"),
        ("-x plugin=billing upgrade head", "-x plugin=billing upgrade billing_1:head --sql"),
        ("-x plugin=billing downgrade base", "-x plugin=billing downgrade billing_1:base --sql"),
        ("-x plugin=billing upgrade head", "upgrade billing_1:head --sql"),
        ("-x plugin=billing upgrade head", "upgrade billing@billing_1:+1 --sql"),
        ("-x plugin=billing downgrade base", "downgrade billing_1:base --sql"),
        ("-x plugin=billing downgrade base", "downgrade billing@billing_1:base --sql"),
        ("-x plugin=billing stamp head", "stamp billing_1:billing_2 --sql"),
        ("plugin downgrade billing base --yes", "plugin downgrade billing billing_1:base --sql"),
        ("-x plugin=billing stamp head", "-x plugin=billing stamp billing_1:head --sql"),
    ],
)
def test_a_step_of_a_plugin_leads_to_the_same_database(
    host: Host, second_database: Database, online: str, offline: str
) -> None:
    host.add("billing").run(*PLUGIN, "upgrade", "billing_1")
    second_database.feed("\n".join(host.database.dump()))
    second_database.feed(host.succeed(*offline.split()).stdout)
    host.run(*online.split())
    assert second_database.catalog() == host.database.catalog()
    assert second_database.registry_writes() == host.database.registry_writes()


@pytest.mark.parametrize(
    ("online", "offline"),
    [
        ("upgrade head", "upgrade host_1:head --sql"),
        ("downgrade base", "downgrade host_1:base --sql"),
        ("stamp head", "stamp host_1:head --sql"),
    ],
)
def test_a_step_of_the_host_leads_to_the_same_database(
    host: Host, second_database: Database, online: str, offline: str
) -> None:
    host.run("upgrade", "host_1")
    second_database.feed("\n".join(host.database.dump()))
    second_database.feed(host.succeed(*offline.split()).stdout)
    host.run(*online.split())
    assert second_database.catalog() == host.database.catalog()
    assert second_database.registry_writes() == host.database.registry_writes()


@pytest.mark.parametrize(
    ("online", "offline"),
    [
        ("plugin downgrade billing -1 --yes", "plugin downgrade billing -1 --sql"),
        ("plugin uninstall billing --yes", "plugin uninstall billing --sql"),
        ("-x plugin=billing downgrade -1", "-x plugin=billing downgrade billing_2:-1 --sql"),
    ],
)
def test_going_back_from_the_head_leads_to_the_same_database(
    host: Host, second_database: Database, online: str, offline: str
) -> None:
    host.add("billing").run("plugin", "install", "billing")
    second_database.feed("\n".join(host.database.dump()))
    second_database.feed(host.succeed(*offline.split()).stdout)
    host.run(*online.split())
    assert second_database.catalog() == host.database.catalog()
    assert second_database.registry_writes() == host.database.registry_writes()


@pytest.mark.parametrize("target", ["head", "heads"])
def test_upgrade_of_the_host_leads_to_the_same_database(
    host: Host, second_database: Database, target: str
) -> None:
    second_database.feed(host.add("billing").succeed("upgrade", target, "--sql").stdout)
    host.run("upgrade", target)
    assert second_database.catalog() == host.database.catalog()
    assert second_database.registry_writes() == host.database.registry_writes()


def test_plugins_that_need_each_other_lead_to_the_same_database(
    host: Host, second_database: Database
) -> None:
    host.add("mutual_a", "mutual_b")
    second_database.feed(host.succeed("plugin", "install", "mutual_a", "mutual_b", "--sql").stdout)
    host.run("plugin", "install", "mutual_a", "mutual_b")
    assert second_database.catalog() == host.database.catalog()
    assert second_database.registry_writes() == host.database.registry_writes()


def test_offline_mode_needs_no_database(host: Host) -> None:
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    result = host.add("billing").alembic("plugin", "install", "billing", "--sql", env=nowhere)
    assert result.exit_code == 0
    assert "CREATE TABLE invoices" in result.stdout


def test_offline_mode_changes_nothing(host: Host) -> None:
    before = host.database.dump()
    host.add("billing").succeed("plugin", "install", "billing", "--sql")
    assert host.database.dump() == before


def test_offline_mode_prints_sql_alone(host: Host) -> None:
    lines = host.add("billing").succeed("plugin", "install", "billing", "--sql").lines
    assert lines[0] == "BEGIN;"
    assert [line for line in lines if line][-1] == "COMMIT;"


def test_offline_mode_has_one_transaction_a_plugin(host: Host) -> None:
    lines = host.add("billing").succeed("plugin", "install", "billing", "--sql").lines
    assert (lines.count("BEGIN;"), lines.count("COMMIT;")) == (2, 2)


def test_upgrade_is_for_an_empty_database_where_none_can_be_reached(host: Host) -> None:
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}
    result = host.add("billing").alembic("plugin", "upgrade", "billing", "--sql", env=nowhere)
    assert "CREATE TABLE alembic_version" in result.stdout
    assert "The SQL is for an empty database. Cannot connect to" in result.stderr


def test_upgrade_of_what_the_database_has_not_is_refused_offline_too(host: Host) -> None:
    host.add("billing").run("upgrade", "head")
    words = host.refuse("plugin", "upgrade", "billing", "--sql")
    assert words.startswith("Plugin 'billing' is not installed.")


def test_offline_mode_refuses_what_only_the_database_knows(host: Host) -> None:
    words = host.add("billing").refuse("plugin", "upgrade", "--all", "--sql")
    assert words.startswith("'alembic plugin upgrade --all --sql' asks the database something")


@pytest.mark.parametrize(
    "arguments",
    ["downgrade -1 --sql", "-x plugin=billing downgrade -1 --sql"],
)
def test_offline_downgrade_wants_to_know_from_where(host: Host, arguments: str) -> None:
    words = host.add("billing").refuse(*arguments.split())
    assert words == "downgrade with --sql requires <fromrev>:<torev>"


ASKS = """
from alembic import op
from sqlalchemy import text

revision = "asking_1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE first (id int)")
    {}
    op.execute("CREATE TABLE last (id int)")


def downgrade():
    pass
"""


@pytest.mark.parametrize(
    "asks",
    [
        "op.get_bind().scalar(text('SELECT 1'))",
        "op.get_bind().execute(text('SELECT 1')).all()",
        "list(op.get_bind().execute(text('SELECT 1')))",
        "op.get_bind().execute(text('SELECT 1')) or print()",
        "__import__('sqlalchemy').inspect(op.get_bind())",
        "try: op.get_bind().execute(text('SELECT 1')).scalar()\n    except Exception: pass",
    ],
)
def test_revision_that_asks_prints_nothing_and_names_the_way(host: Host, asks: str) -> None:
    host.write("plugins/asking/versions/asking_1.py", ASKS.format(asks))
    result = host.alembic("plugin", "install", "asking", "--sql")
    assert result.exit_code != 0
    assert "CREATE TABLE" not in result.output
    [words] = result.failures
    assert "'asking_1' of 'asking' asks the database something, and offline mode has none" in words
    assert "'alembic -x plugin=asking upgrade FROM:TO --sql'" in words


def test_parameters_are_in_the_printed_statement(host: Host) -> None:
    insert = "op.get_bind().execute(text('INSERT INTO first VALUES (:a)'), [{'a': 1}, {'a': 2}])"
    host.write("plugins/asking/versions/asking_1.py", ASKS.format(insert))
    script = host.succeed("plugin", "install", "asking", "--sql").stdout
    assert "INSERT INTO first VALUES (1);" in script
    assert "INSERT INTO first VALUES (2);" in script


def test_what_comes_after_a_revision_that_asks_is_printed_from_there(host: Host) -> None:
    host.write("plugins/asking/versions/asking_1.py", ASKS.format("op.get_bind().scalar(1)"))
    host.revise("asking", "")
    script = host.succeed("-x", "plugin=asking", "upgrade", "asking_1:head", "--sql").stdout
    assert "asking_2" in script
