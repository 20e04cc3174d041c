"""Values that plugins keep in the database: in revisions, at the command line, to the end."""

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event
from support.databases import Database
from support.drivers import drive
from support.hosts import Host
from support.registries import take_back_to_3

from alembic_plugins import commands
from alembic_plugins.errors import InvalidValue, UnknownKey
from alembic_plugins.store import JSON, PluginStore

REVISION = """\
from alembic import op
from alembic_plugins.store import PluginStore

revision = "{branch}_{number}"
down_revision = {below!r}


def open_store():
    return PluginStore(op.get_bind(), "{plugin}", op.get_context().version_table_schema)


def upgrade():
    store = open_store()
    {up}


def downgrade():
    store = open_store()
    {down}
"""

VALUES = "SELECT plugin || ' ' || key || ' ' || value FROM alembic_plugin_value ORDER BY 1"

KEPT = ['billing currency "EUR"', "billing next 7"]

NEW = {"host": "host_3", "audit": "audit_1"}

IN_A_SAVEPOINT = "nested = op.get_bind().begin_nested(); {}; nested.commit()"


def revise(host: Host, branch: str, up: str, down: str = "pass", plugin: str | None = None) -> Host:
    """Give a branch its next revision, which uses the store of a plugin, by default its own."""
    folder = "versions" if branch == "host" else f"plugins/{branch}/versions"
    number = len(list((host.folder / folder).glob(f"{branch}_*.py"))) + 1
    below = f"{branch}_{number - 1}" if number > 1 else None
    facts = {"branch": branch, "number": number, "below": below, "plugin": plugin or branch}
    host.write(f"{folder}/{branch}_{number}.py", REVISION.format(**facts, up=up, down=down))
    return host


def keep(database: Database, plugin: str, **values: JSON) -> None:
    """Store values of a plugin, as an application does."""
    with create_engine(database.url, poolclass=NullPool).begin() as connection:
        PluginStore(connection, plugin).update(values)


@pytest.fixture
def billing(host: Host) -> Host:
    """A host with plugin `billing`, which has stored two values."""
    host.add("billing").run("plugin", "install", "billing")
    keep(host.database, "billing", currency="EUR", next=7)
    return host


def test_revisions_store_values_of_their_plugin(host: Host) -> None:
    revise(host, "audit", 'store["a"] = 1')
    revise(host, "audit", 'store.modify("a", lambda n: n + 1); store.setdefault("b", [])')
    host.succeed("plugin", "install", "audit")
    assert host.database.values(VALUES) == ["audit a 2", "audit b []"]


def test_values_of_a_revision_that_fails_are_rolled_back(host: Host) -> None:
    revise(host, "audit", 'store["a"] = 1; raise ValueError("broken")')
    assert "ValueError: broken" in host.fail("plugin", "install", "audit")
    assert host.database.values(VALUES) == []


def test_revision_stores_values_before_and_after_it_commits_midway(host: Host) -> None:
    block = "with op.get_context().autocommit_block(): store['b'] = 2"
    revise(host, "audit", f"store['a'] = 1\n    {block}\n    store['c'] = 3")
    host.succeed("plugin", "install", "audit")
    assert host.database.values(VALUES) == ["audit a 1", "audit b 2", "audit c 3"]


def test_revision_stores_values_where_the_registry_has_another_schema(host: Host) -> None:
    host.database.execute("CREATE SCHEMA meta")
    drive(host, "psycopg")
    env = host.folder / "migrations/env.py"
    told = 'alembic_plugins.configure(version_table_schema="meta", '
    env.write_text(env.read_text().replace("alembic_plugins.configure(", told))
    revise(host, "audit", 'store["a"] = 1')
    host.succeed("plugin", "install", "audit")
    host.succeed("plugin", "store", "audit", "set", "b", "2")
    assert host.succeed("plugin", "store", "audit").lines == ["a  1", "b  2"]
    assert host.database.values("SELECT count(*) FROM meta.alembic_plugin_value") == [2]


@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg"])
def test_revision_stores_values_on_other_drivers(host: Host, driver: str) -> None:
    drive(host, driver)
    revise(host, "audit", 'store["a"] = 1; store.modify("a", lambda n: n + 1)')
    host.succeed("plugin", "install", "audit")
    assert host.database.values(VALUES) == ["audit a 2"]


@pytest.fixture
def login(host: Host) -> Iterator[str]:
    """A role that has no rights but those of another role, to which the host changes."""
    owner, login = (f"store_{name}_{os.environ.get('PYTEST_XDIST_WORKER', '')}" for name in "ol")
    database = host.database
    database.execute(
        f"""
        CREATE ROLE {owner}; CREATE ROLE {login} LOGIN NOINHERIT PASSWORD 'x' IN ROLE {owner};
        GRANT ALL ON SCHEMA public TO {owner};
        GRANT CREATE ON DATABASE {database.url.database} TO {owner}
        """
    )
    drive(host, "psycopg")
    ini = host.ini.read_text()
    url = database.url.set(username=login).render_as_string(hide_password=False)
    shown = url.replace("%", "%%")
    host.ini.write_text(re.sub("sqlalchemy.url = .*", lambda _: f"sqlalchemy.url = {shown}", ini))
    env = host.folder / "migrations/env.py"
    call = "alembic_plugins.configure(\n            connection"
    change = f"connection.exec_driver_sql('SET ROLE {owner}'); connection.commit()\n        "
    env.write_text(env.read_text().replace(call, change + call))
    yield owner
    database.execute(f"DROP OWNED BY {owner}, {login}; DROP ROLE {owner}, {login}")


def test_revision_stores_values_as_the_role_that_the_host_changes_to(
    host: Host, login: str
) -> None:
    revise(host, "audit", 'store["a"] = 1')
    host.succeed("plugin", "install", "audit")
    assert host.database.values(
        "SELECT tableowner FROM pg_tables WHERE tablename = 'alembic_plugin_value'"
    ) == [login]


def test_values_that_are_only_stored_are_rendered_offline(host: Host) -> None:
    revise(host, "audit", 'store["a"] = {"b": "it\'s"}; del store["a"]; store["c"] = 1')
    host.database.feed(host.succeed("plugin", "install", "audit", "--sql").stdout)
    assert host.database.values(VALUES) == ["audit c 1"]


def test_value_is_deleted_by_a_downgrade_whose_file_is_gone(host: Host) -> None:
    revise(host, "audit", 'store["a"] = 1').run("plugin", "install", "audit")
    revise(host, "audit", 'store["b"] = 2', 'del store["b"]').run("plugin", "upgrade", "audit")
    host.remove("audit").run("plugin", "downgrade", "audit", "-1", "--yes")
    assert host.database.values(VALUES) == ["audit a 1"]


def test_revision_that_reads_values_is_not_rendered_offline(host: Host) -> None:
    revise(host, "audit", 'store["a"] = store["b"]')
    assert "offline mode" in host.fail("plugin", "install", "audit", "--sql")


@pytest.mark.parametrize(
    "up",
    [
        'store["currency"] = "USD"',
        "store.clear()",
        'store.modify("next", str)',
        'store["new"] = 1',
        IN_A_SAVEPOINT.format('store["new"] = 1'),
        IN_A_SAVEPOINT.format('del store["next"]'),
    ],
)
@pytest.mark.parametrize("branch", ["audit", "host"])
def test_revision_may_not_change_what_another_plugin_stores(
    billing: Host, branch: str, up: str
) -> None:
    revise(billing, branch, up, plugin="billing")
    command = ("upgrade", "host@head") if branch == "host" else ("plugin", "install", branch)
    assert billing.refuse(*command) == (
        f"Revision '{NEW[branch]}' of '{branch}' writes to a store, which belongs to plugin "
        "'billing'. Leave that to plugin 'billing', or correct the revision; its transaction was "
        "rolled back."
    )


def test_revision_may_read_what_another_plugin_stores(billing: Host) -> None:
    up = 'PluginStore(op.get_bind(), "audit").update(store.find("n"))'
    revise(billing, "audit", up, plugin="billing").succeed("plugin", "install", "audit")
    assert billing.database.values(VALUES) == ["audit next 7", *KEPT]


@contextmanager
def calling_before(statement: str, database: Database, plugin: str) -> Iterator[None]:
    """Store a value of a plugin on another connection, each time before a statement is executed."""

    def listen(_connection: object, _cursor: object, sql: str, *_more: object) -> None:
        if sql.lstrip().startswith(statement):
            keep(database, plugin, late="yes")

    event.listen(Engine, "before_cursor_execute", listen)
    yield
    event.remove(Engine, "before_cursor_execute", listen)


def test_what_others_store_meanwhile_is_not_taken_for_the_revisions(billing: Host) -> None:
    billing.config()
    revise(billing, "audit", 'store["a"] = 1')
    with calling_before("SET CONSTRAINTS", billing.database, "billing"):
        billing.run("plugin", "install", "audit")
    assert billing.database.values(VALUES) == [
        *("audit a 1", KEPT[0], 'billing late "yes"', KEPT[1])
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["plugin", "uninstall", "billing", "--yes"],
        ["plugin", "uninstall", "billing", "--yes", "--purge"],
        ["plugin", "forget", "billing", "--yes"],
        ["plugin", "downgrade", "billing", "base", "--yes"],
    ],
    ids=lambda command: " ".join(command[1:]),
)
def test_values_go_with_their_plugin(billing: Host, command: list[str]) -> None:
    billing.run(*command)
    assert billing.database.values(VALUES) == []


def test_values_go_with_the_registry(billing: Host) -> None:
    billing.run("plugin", "eject", "--yes")
    assert billing.database.values("SELECT to_regclass('alembic_plugin_value')") == [None]


def test_values_go_where_the_package_is_gone(billing: Host) -> None:
    billing.remove("billing").run("plugin", "uninstall", "billing", "--yes")
    assert billing.database.values(VALUES) == []


def test_values_of_several_plugins_go_together(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    keep(host.database, "crm_requires_billing", a=1)
    keep(host.database, "billing", b=2)
    host.run("plugin", "downgrade", "crm_requires_billing", "base", "--yes")
    assert host.database.values(VALUES) == ["billing b 2"]


def test_values_stay_where_a_downgrade_leaves_the_plugin_installed(billing: Host) -> None:
    billing.run("plugin", "downgrade", "billing", "-2", "--yes")
    assert billing.database.values(VALUES) == KEPT


def test_values_are_set_aside_with_their_plugin(billing: Host) -> None:
    billing.run("plugin", "uninstall", "billing", "--keep-data", "--yes")
    assert billing.succeed("plugin", "store", "billing", "get", "next").lines == ["7"]
    billing.run("plugin", "restore", "billing")
    assert billing.database.values(VALUES) == KEPT


@pytest.mark.parametrize("plugin", ["billing", "shop_by_prefix", "shares_public"])
def test_values_come_back_from_a_backup_in_another_database(
    host: Host, plugin: str, tmp_path: Path, second_database: Database
) -> None:
    host.add(plugin).run("plugin", "install", plugin)
    keep(host.database, plugin, currency="EUR", next=7)
    file = str(tmp_path / "plugin.backup")
    host.run("plugin", "uninstall", plugin, "--backup", file, "--yes")
    assert host.database.values(VALUES) == []
    host.database = second_database
    host.succeed("upgrade", "host@head")
    host.succeed("plugin", "restore", plugin, "--from", file)
    assert second_database.values(VALUES) == [text.replace("billing", plugin) for text in KEPT]


def test_backup_has_what_is_stored_while_it_is_begun(billing: Host, tmp_path: Path) -> None:
    file = tmp_path / "plugin.backup"
    with calling_before("LOCK TABLE billing", billing.database, "billing"):
        commands.uninstall(billing.config(), "billing", backup=file)
    billing.run("plugin", "restore", "billing", "--from", str(file))
    assert billing.database.values(VALUES) == [KEPT[0], 'billing late "yes"', KEPT[1]]


def test_backup_waits_for_what_is_being_stored(billing: Host, tmp_path: Path) -> None:
    file = tmp_path / "plugin.backup"
    engine = create_engine(billing.database.url, poolclass=NullPool)
    uninstall = partial(commands.uninstall, billing.config(), "billing", backup=file)
    with engine.begin() as connection, ThreadPoolExecutor() as pool:
        PluginStore(connection, "billing")["next"] = 8
        uninstalled = pool.submit(uninstall)
        billing.database.await_lock()
        connection.commit()
        uninstalled.result()
    billing.run("plugin", "restore", "billing", "--from", str(file))
    assert billing.database.values(VALUES) == [KEPT[0], "billing next 8"]


def test_preview_tells_what_becomes_of_values(billing: Host) -> None:
    words = "  its store, with 2 values, is {}"
    uninstall = ("plugin", "uninstall", "billing", "--dry-run")
    assert words.format("deleted") in billing.succeed(*uninstall).lines
    assert words.format("kept") in billing.succeed(*uninstall, "--keep-data").lines
    forget = billing.succeed("plugin", "forget", "billing", "--dry-run")
    assert words.format("deleted") in forget.lines
    shown = json.loads(billing.succeed(*uninstall, "--json").stdout)
    assert shown["plugins"]["billing"]["values"] == 2


def test_command_line_reads_and_changes_values(billing: Host) -> None:
    store = ("plugin", "store", "billing")
    assert billing.succeed(*store, "set", "next", "-5").lines == ["stored next"]
    assert billing.succeed(*store, "set", "50% \n", '{"ü": [1.5, null]}').lines == [
        r"stored 50% \n"
    ]
    assert billing.succeed(*store, "delete", "currency").lines == ["deleted currency"]
    assert billing.succeed(*store, "get", "next").lines == ["-5"]
    assert billing.succeed(*store).lines == [r'50% \n  {"\u00fc": [1.5, null]}', r"next    -5"]
    shown = json.loads(billing.succeed(*store, "--json").stdout)
    assert shown == {"50% \n": {"ü": [1.5, None]}, "next": -5}


def test_history_tells_who_has_stored_something(billing: Host) -> None:
    billing.run("plugin", "store", "billing", "set", "next", "8")
    assert [event.action for event in commands.history(billing.config(), "billing")] == [
        *("install", "store")
    ]


NOT_INSTALLED = "Plugin 'empty' is not installed. Install it with 'alembic plugin install empty'."


@pytest.mark.parametrize(
    ("words", "failure"),
    [
        (["billing", "get", "x"], str(UnknownKey("billing", "x"))),
        (["billing", "delete", "x"], str(UnknownKey("billing", "x"))),
        (["billing", "set", "x", "{a"], str(InvalidValue("billing", "x", "'{a' is no JSON"))),
        (
            ["billing", "set", "x", "[NaN]"],
            str(InvalidValue("billing", "x", "nan is no JSON, whose numbers are finite")),
        ),
        (["empty"], NOT_INSTALLED),
        (["empty", "get", "x"], NOT_INSTALLED),
        (["empty", "set", "x", "1"], NOT_INSTALLED),
        (["empty", "delete", "x"], NOT_INSTALLED),
    ],
    ids=str,
)
def test_command_line_refuses(billing: Host, words: list[str], failure: str) -> None:
    assert billing.add("empty").refuse("plugin", "store", *words) == failure


def test_plugin_that_is_set_aside_stores_nothing_new(billing: Host) -> None:
    billing.run("plugin", "uninstall", "billing", "--keep-data", "--yes")
    assert "is set aside" in billing.refuse("plugin", "store", "billing", "set", "x", "1")


def test_plugin_stores_nothing_in_a_registry_of_an_earlier_release(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    take_back_to_3(host.database)
    assert host.succeed("plugin", "store", "billing").lines == []
    assert "stored nothing" in host.refuse("plugin", "store", "billing", "get", "x")
    host.succeed("plugin", "uninstall", "billing", "--dry-run")


def test_first_value_extends_a_registry_of_an_earlier_release(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    take_back_to_3(host.database)
    host.run("plugin", "store", "billing", "set", "x", "1")
    assert host.database.values(VALUES) == ["billing x 1"]
