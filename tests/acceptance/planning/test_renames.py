"""A plugin has another name in its next release."""

import subprocess
import sys

import pytest
from sqlalchemy import Connection
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.inspection import is_up_to_date, pending

PREFIXED = ('namespace = "prefix log_"', 'formerly = ["audit"]')


def rename(host: Host, *lines: str, former: str = "audit", name: str = "log") -> Host:
    """Give a plugin's folder another name, and a declaration that says so."""
    folder = host.folder / "plugins"
    (folder / former).rename(folder / name)
    return host.declare(name, *(lines or (f'formerly = ["{former}"]',)))


@pytest.fixture
def audited(host: Host) -> Host:
    """A host with a plugin `audit`, which `crm` requires and refers to, and that is `log` now."""
    host.declare("audit")
    host.revise("audit", "CREATE TABLE entries (id int PRIMARY KEY)", "DROP TABLE entries")
    host.declare("crm", 'requires = ["audit"]')
    host.revise("crm", "CREATE TABLE seen (entry int REFERENCES entries)", "DROP TABLE seen")
    host.run("plugin", "install", "crm")
    host.run("plugin", "store", "audit", "set", "days", "90")
    return rename(host)


@pytest.fixture
def prefixed(host: Host) -> Host:
    """A host whose plugin `audit` has a prefix, and is `log` now, with another one."""
    host.declare("audit", 'namespace = "prefix audit_"')
    host.revise(
        "audit",
        "CREATE TABLE audit_entries (id serial PRIMARY KEY, n int CHECK (n > 0),"
        " p int CONSTRAINT fk_audit_entries_audit_entries REFERENCES audit_entries)",
    )
    host.run("plugin", "install", "audit")
    return rename(host, *PREFIXED)


def test_everything_follows_and_stays_usable(audited: Host) -> None:
    audited.succeed("upgrade", "heads")
    assert audited.database.plugins() == ["crm", "log"]
    assert audited.succeed("plugin", "store", "log").stdout == "days  90\n"
    actions = [event.action for event in commands.history(audited.config(), "log")]
    assert actions == ["install", "store", "rename"]
    assert audited.fail("plugin", "uninstall", "log", "--yes").startswith("Plugin 'log' is requ")
    audited.succeed("plugin", "uninstall", "crm", "log", "--yes")
    assert audited.database.plugins() == []


def test_commands_that_look_see_the_new_name_before(audited: Host) -> None:
    before = audited.database.fingerprint()
    assert "log" in audited.succeed("current").stdout
    shown = commands.show_plugin(audited.config(), "log")
    assert [str(item) for item in shown.objects] == ["table audit.entries"]
    assert commands.list_values(audited.config(), "log") == {"days": 90}
    assert [e.action for e in commands.history(audited.config(), "log")] == ["install", "store"]
    assert audited.database.fingerprint() == before


def test_health_check_misses_the_rename(audited: Host, connection: Connection) -> None:
    assert pending(connection, audited.config()).renamed == {"log": "audit"}
    assert not is_up_to_date(connection, audited.config())


def test_host_alone_renames_and_is_not_hindered(audited: Host) -> None:
    audited.database.execute("CREATE SCHEMA log")
    audited.revise("host", "CREATE TABLE more ()")
    result = audited.succeed("upgrade", "head")
    assert "there is a schema of that name" in result.stderr
    assert audited.database.values("SELECT to_regclass('more') IS NOT NULL") == [True]
    assert audited.fail("upgrade", "heads").startswith("The objects of plugin 'log', formerly")


def test_uninstall_shows_what_the_renamed_plugin_has(audited: Host) -> None:
    result = audited.succeed("plugin", "uninstall", "crm", "log", "--yes")
    assert "table  audit.entries  0 rows" in result.stdout
    assert audited.database.values("SELECT to_regnamespace('log') IS NULL") == [True]


def test_functions_that_name_the_schema_are_told(audited: Host) -> None:
    body = "CREATE FUNCTION count() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM {}'"
    audited.database.execute(body.format("audit.entries"))
    result = audited.succeed("plugin", "upgrade", "log")
    assert "function public.count()" in result.stderr


def test_sql_is_refused_until_it_is_renamed(audited: Host) -> None:
    words = audited.refuse("plugin", "upgrade", "--all", "--sql")
    assert words.startswith("The database has plugin 'log' by its former name 'audit'")


def test_models_are_not_compared_until_it_is_renamed(audited: Host) -> None:
    audited.declare("log", 'formerly = ["audit"]', 'models = "models:Base.metadata"')
    audited.write("plugins/log/models.py", "class Base:\n    metadata = None\n")
    words = audited.refuse("-x", "plugin=log", "revision", "--autogenerate")
    assert words.startswith("The database has plugin 'log' by its former name 'audit'")


def test_dry_run_with_footprint_renames_and_rolls_back(audited: Host) -> None:
    before = audited.database.fingerprint()
    audited.succeed("plugin", "upgrade", "log", "--dry-run", "--footprint")
    assert audited.database.fingerprint() == before


def test_tables_with_a_prefix_follow_with_what_is_named_after_them(prefixed: Host) -> None:
    prefixed.succeed("upgrade", "heads")
    relations = "SELECT relname FROM pg_class WHERE relname LIKE '%entries%' ORDER BY 1"
    assert prefixed.database.values(relations) == [
        *("log_entries", "log_entries_id_seq", "log_entries_pkey")
    ]
    checks = "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'f') AND conname LIKE {}"
    assert prefixed.database.values(checks.format("'%audit%'")) == []
    assert prefixed.database.values(checks.format("'fk_log%'")) == ["fk_log_entries_log_entries"]


def test_tables_with_a_prefix_stay_where_another_has_a_name(prefixed: Host) -> None:
    prefixed.database.execute("CREATE TABLE log_entries ()")
    words = prefixed.fail("plugin", "upgrade", "log")
    assert "there is a 'log_entries' in schema public" in words
    assert prefixed.database.plugins() == ["audit"]


def test_what_is_set_aside_comes_back_by_the_new_name(prefixed: Host) -> None:
    rename(prefixed, 'namespace = "prefix audit_"', former="log", name="audit")
    prefixed.run("plugin", "uninstall", "audit", "--keep-data", "--yes")
    rename(prefixed, *PREFIXED)
    prefixed.succeed("plugin", "restore", "log")
    assert prefixed.database.values("SELECT to_regclass('log_entries') IS NOT NULL") == [True]
    assert prefixed.database.values("SELECT count(*) FROM pg_namespace WHERE nspname ~ 'quar'") == [
        0
    ]


def test_backup_by_the_former_name_comes_back_by_the_new_one(audited: Host) -> None:
    rename(audited, "", former="log", name="audit")
    audited.succeed("plugin", "uninstall", "crm", "audit", "--backup", "b.dump", "--yes")
    rename(audited)
    result = audited.succeed("plugin", "restore", "log", "--from", "b.dump")
    assert sorted(result.lines) == ["restored crm", "restored log"]
    assert audited.database.values("SELECT to_regclass('log.entries') IS NOT NULL") == [True]


def test_former_release_renames_it_back(audited: Host) -> None:
    audited.run("upgrade", "heads")
    rename(audited, "", former="log", name="audit")
    assert 'declare formerly = ["log"]' in audited.refuse("plugin", "install", "audit")
    audited.declare("audit", 'formerly = ["log"]').succeed("upgrade", "heads")
    assert audited.database.plugins() == ["audit", "crm"]


def test_several_at_once_rename_once(audited: Host) -> None:
    command = [sys.executable, "-m", "alembic", "upgrade", "heads"]
    processes = [
        subprocess.Popen(command, cwd=audited.folder, stderr=subprocess.DEVNULL) for _ in range(2)
    ]
    assert [process.wait() for process in processes] == [0, 0]
    renames = "SELECT count(*) FROM alembic_plugin_event WHERE action = 'rename'"
    assert audited.database.values(renames) == [1]


def test_plugin_that_is_half_way_through_a_squash_keeps_its_former_name(host: Host) -> None:
    host.declare("audit", 'models = "models:m"')
    host.write("plugins/audit/models.py", "import sqlalchemy\n\nm = sqlalchemy.MetaData()\n")
    for table in ("one", "two"):
        host.revise("audit", f"CREATE TABLE {table} ()", f"DROP TABLE {table}")
    host.run("-x", "plugin=audit", "upgrade", "audit_1")
    host.run("plugin", "squash", "audit")
    for name in ("audit_1", "audit_2"):
        (host.folder / f"plugins/audit/versions/{name}.py").unlink()
    assert "half way" in host.refuse("check")
    rename(host)
    assert "half way" in host.fail("upgrade", "heads")
    assert host.database.plugins() == ["audit"]
    assert "half way" in host.succeed("upgrade", "head").stderr
    host.succeed("plugin", "uninstall", "log", "--purge", "--yes")
    assert host.database.values("SELECT to_regnamespace('audit') IS NULL") == [True]
