"""Hosts on every driver, sync and async, with Alembic's own templates for ``env.py``."""

import json
import re
import signal
from pathlib import Path

import pytest
from support.databases import Database
from support.drivers import DRIVERS, OTHERS, drive
from support.hosts import Host

# The method that is called for each statement raises, in a line of ours.
BREAKS = """
config = context.config
from alembic_plugins.execution import journal
source = "def keep_result(*_): raise ValueError('broken')"
exec(compile(source, journal.__file__, "exec"), vars(journal))
"""


# The process kills itself, once the server has done a statement that begins so.
DIES = """
import os, signal
from sqlalchemy import Engine, event
@event.listens_for(Engine, "after_cursor_execute")
def die(_connection, _cursor, statement, *_):
    if statement.strip().startswith(os.environ.get("DIE_AFTER", "--")):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("driver", [driver for driver in DRIVERS if driver != "asyncpg"])
def test_plugin_is_adopted_where_the_url_does_not_tell_all(host: Host, driver: str) -> None:
    drive(host.add("billing"), driver)
    host.run("plugin", "install", "billing")
    host.run("plugin", "forget", "billing", "--yes")
    url = host.database.url
    given: dict[str, object] = {"user": url.username, "password": url.password, "port": url.port}
    given |= {"host": url.host or url.query["host"]}
    env = host.folder / "migrations/env.py"
    told = f"poolclass=pool.NullPool, connect_args={ {k: v for k, v in given.items() if v}!r},"
    env.write_text(env.read_text().replace("poolclass=pool.NullPool,", told))
    bare = f"sqlalchemy.url = postgresql+{driver}:///{url.database}"
    host.ini.write_text(re.sub("sqlalchemy.url = .*", bare, host.ini.read_text()))
    nothing = {"PGHOST": "/nowhere", "PGPORT": "1", "PGUSER": "nobody"}
    result = host.alembic("plugin", "adopt", "billing", env=nothing)
    assert result.lines == ["adopted billing: 2 revisions"], result.output


@pytest.fixture(params=OTHERS)
def driven(host: Host, request: pytest.FixtureRequest) -> Host:
    """A host on a driver, with plugins on disk."""
    host.add("billing", "crm_requires_billing", "named_by_prefix", "counts_rows")
    return drive(host, request.param)


def test_install_brings_what_is_required(driven: Host) -> None:
    driven.succeed("plugin", "install", "crm_requires_billing")
    assert driven.database.versions() == ["billing_2", "crm_1", "host_2"]


def test_upgrade_heads_upgrades_host_and_plugins(driven: Host) -> None:
    driven.succeed("upgrade", "host_1")
    driven.succeed("-x", "plugin=billing", "upgrade", "billing_1")
    driven.succeed("upgrade", "heads")
    assert driven.database.versions() == ["billing_2", "host_2"]


def test_downgrade_takes_back_what_was_applied_last(driven: Host) -> None:
    driven.succeed("plugin", "install", "billing")
    driven.succeed("downgrade", "-1")
    assert driven.database.versions() == ["billing_1", "host_2"]


def test_uninstall_leaves_nothing(driven: Host) -> None:
    driven.succeed("upgrade", "head")
    before = driven.database.catalog()
    driven.succeed("plugin", "install", "billing", "named_by_prefix", "counts_rows")
    names = ("billing", "named_by_prefix", "counts_rows")
    driven.succeed("plugin", "uninstall", *names, "--yes")
    assert driven.database.catalog() == before


def test_orphan_is_uninstalled(driven: Host) -> None:
    driven.succeed("plugin", "install", "crm_requires_billing")
    driven.remove("billing").remove("crm_requires_billing")
    driven.succeed("plugin", "uninstall", "crm_requires_billing", "billing", "--yes")
    assert driven.database.tables() == ["public.accounts"]


def test_purge_drops_what_downgrades_leave(driven: Host) -> None:
    driven.add("leaves_leftovers", "downgrade_never_worked")
    names = ("leaves_leftovers", "downgrade_never_worked")
    driven.succeed("plugin", "install", *names)
    driven.succeed("plugin", "uninstall", *names, "--purge", "--yes")
    assert driven.database.tables() == ["public.accounts"]


@pytest.mark.parametrize("name", ["counts_rows", "named_by_prefix"])
def test_data_that_is_kept_is_restored(driven: Host, name: str) -> None:
    driven.succeed("plugin", "install", name)
    before = driven.database.catalog()
    driven.succeed("plugin", "uninstall", name, "--keep-data", "--yes")
    driven.succeed("plugin", "restore", name)
    assert driven.database.catalog() == before


@pytest.mark.parametrize("name", ["counts_rows", "named_by_prefix"])
def test_backup_is_restored(driven: Host, tmp_path: Path, name: str) -> None:
    driven.succeed("plugin", "install", name)
    before = driven.database.catalog()
    file = str(tmp_path / "file")
    driven.succeed("plugin", "uninstall", name, "--backup", file, "--yes")
    driven.succeed("plugin", "restore", name, "--from", file)
    assert driven.database.catalog() == before


def test_failure_in_python_keeps_nothing(driven: Host) -> None:
    words = driven.add("fails_midway").fail("plugin", "install", "fails_midway")
    assert words.startswith(
        "upgrade() of revision 'fails_2' of 'fails_midway' failed: RuntimeError: out of paper ("
    )
    assert driven.database.plugins() == []
    assert "fails_midway" not in driven.database.schemas()


def test_failure_in_sql_is_told_in_postgresqls_words(driven: Host) -> None:
    words = driven.add("fails_in_sql").fail("plugin", "install", "fails_in_sql")
    assert words.startswith(
        "upgrade() of revision 'wrong_2' of 'fails_in_sql' failed: "
        'relation "nowhere" does not exist ('
    )
    assert driven.database.plugins() == []


def test_index_is_created_concurrently_and_dropped_again(driven: Host) -> None:
    driven.succeed("upgrade", "head")
    before = driven.database.catalog()
    driven.add("indexes_uniquely").succeed("plugin", "install", "indexes_uniquely")
    assert driven.database.plugins() == ["indexes_uniquely"]
    driven.succeed("plugin", "uninstall", "indexes_uniquely", "--yes")
    assert driven.database.catalog() == before


def test_interrupted_upgrade_is_carried_on(driven: Host) -> None:
    driven.add("indexes_uniquely")
    driven.succeed("-x", "plugin=indexes_uniquely", "upgrade", "uniquely_1")
    insert = "INSERT INTO indexes_uniquely.members VALUES {}"
    driven.database.execute(insert.format("(1, 'a@b.c'), (2, 'a@b.c')"))
    words = driven.fail("plugin", "upgrade", "indexes_uniquely")
    assert 'could not create unique index "members_email_key"' in words
    assert "with the invalid index indexes_uniquely.members_email_key;" in words
    driven.database.execute("DELETE FROM indexes_uniquely.members WHERE id = 2")
    driven.succeed("plugin", "upgrade", "indexes_uniquely")
    assert driven.database.versions() == ["host_2", "uniquely_2"]


def kill_after(host: Host, statement: str, *arguments: str) -> None:
    """Run a command that is killed, once a statement was done."""
    env = host.folder / "migrations" / "env.py"
    if "DIE_AFTER" not in env.read_text():
        env.write_text(DIES + env.read_text())
    result = host.alembic(*arguments, env={"DIE_AFTER": statement}, fresh=True)
    assert result.exit_code == -signal.SIGKILL, result.output


@pytest.mark.parametrize("statement", ["CREATE INDEX", "UPDATE stories SET reads"])
def test_killed_upgrade_is_carried_on(driven: Host, other_host: Host, statement: str) -> None:
    driven.add("commits_midway")
    driven.succeed("upgrade", "head")
    kill_after(driven, statement, "plugin", "install", "commits_midway")
    driven.succeed("plugin", "install", "commits_midway")
    other_host.add("commits_midway").succeed("plugin", "install", "commits_midway")
    rows = "SELECT s::text FROM commits_midway.stories s ORDER BY id"
    assert driven.database.values(rows) == other_host.database.values(rows)
    assert driven.database.catalog() == other_host.database.catalog()


@pytest.mark.parametrize("statement", ["DROP INDEX", "VACUUM"])
def test_killed_uninstall_is_carried_on(driven: Host, statement: str) -> None:
    driven.add("commits_midway").succeed("upgrade", "head")
    before = driven.database.catalog()
    driven.succeed("plugin", "install", "commits_midway")
    kill_after(driven, statement, "plugin", "uninstall", "commits_midway", "--yes")
    driven.succeed("plugin", "uninstall", "commits_midway", "--yes")
    assert driven.database.catalog() == before


def test_guard_refuses_what_is_not_declared(driven: Host) -> None:
    driven.revise("bad", "ALTER TABLE accounts ADD COLUMN mine int")
    words = driven.fail("plugin", "install", "bad")
    assert words.startswith("Revision 'bad_1' of 'bad' ")
    assert "public.accounts" in words
    assert driven.database.plugins() == []


def test_failure_that_others_depend_on_names_them(driven: Host) -> None:
    driven.succeed("plugin", "install", "billing")
    driven.database.execute("CREATE VIEW mine AS SELECT id FROM billing.invoices")
    words = driven.fail("plugin", "uninstall", "billing", "--yes")
    assert "view public.mine" in words


def test_tables_of_before_are_adopted(driven: Host) -> None:
    driven.succeed("plugin", "install", "billing")
    driven.succeed("plugin", "forget", "billing", "--yes")
    driven.succeed("plugin", "adopt", "billing")
    assert driven.database.versions() == ["billing_2", "host_2"]


def test_own_error_does_not_blame_the_revision(driven: Host) -> None:
    env = driven.folder / "migrations" / "env.py"
    env.write_text(f"{env.read_text()}".replace("config = context.config", BREAKS, 1))
    words = driven.fail("plugin", "install", "billing")
    assert words == (
        "alembic-plugins has failed in upgrade() of revision 'host_1' of 'host': ValueError: "
        "broken. The revision is not to blame; run the command again with Alembic's option "
        "--raiseerr, and report what it shows."
    )
    assert driven.database.tables() == []


def test_driver_that_migrations_do_not_run_on_is_refused(host: Host) -> None:
    drive(host, "psycopg2")
    env = host.folder / "migrations" / "env.py"
    call = "alembic_plugins.run_migrations()"
    other = f"context.get_context().dialect.driver = 'pg8000'; {call}"
    env.write_text(env.read_text().replace(call, other))
    assert host.fail("upgrade", "head") == (
        f"The environment '{env}' connects by postgresql+pg8000, on which migrations of plugins do "
        "not run. Use postgresql+psycopg, sync or async, postgresql+asyncpg or "
        "postgresql+psycopg2 in its URL."
    )
    assert host.database.tables() == []


def test_list_and_history_are_told(driven: Host) -> None:
    driven.succeed("plugin", "install", "billing")
    [billing, *_] = json.loads(driven.succeed("plugin", "list", "--json").stdout)
    assert billing["state"] == "installed"
    events = json.loads(driven.succeed("plugin", "history", "billing", "--json").stdout)
    assert [event["action"] for event in events] == ["install"]


def test_dry_run_rehearses(driven: Host) -> None:
    result = driven.succeed("plugin", "install", "billing", "--dry-run")
    assert "billing" in result.stdout
    assert driven.database.tables() == []


@pytest.mark.parametrize("driver", OTHERS)
def test_driver_leads_to_what_psycopg_does(host: Host, other_host: Host, driver: str) -> None:
    for each, name in ((host, driver), (other_host, "psycopg")):
        each.add("billing", "crm_requires_billing", "counts_rows", "named_by_prefix", "autocommit")
        drive(each, name)
        each.succeed("plugin", "install", "crm_requires_billing", "counts_rows", "autocommit")
        each.succeed("plugin", "install", "named_by_prefix")
        each.succeed("-x", "plugin=crm_requires_billing", "downgrade", "base")
    assert host.database.catalog() == other_host.database.catalog()
    assert host.database.registry_writes() == other_host.database.registry_writes()


@pytest.mark.parametrize("driver", OTHERS)
def test_sql_that_is_printed_leads_to_the_same(
    host: Host, second_database: Database, driver: str
) -> None:
    drive(host.add("counts_rows"), driver)
    second_database.feed(host.succeed("upgrade", "heads", "--sql").stdout)
    assert second_database.versions() == ["host_2"]
