"""Looking after plugins: adopt, repair, history-sync, forget and eject."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.hosts import CallResult, Host

ADOPT = ("plugin", "adopt", "billing")
ROWS = "SELECT total::int FROM billing.invoices"

SAME = """
    CREATE SCHEMA billing;
    CREATE TABLE billing.invoices (
        id bigserial PRIMARY KEY, paid boolean,
        account_id bigint REFERENCES accounts (id), total numeric
    );
    INSERT INTO billing.invoices (total) VALUES (7)
"""

STOCK_ENV = """\
import os

import sqlalchemy as sa
from alembic import context

with sa.create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

STOCK = """\
import importlib.metadata as metadata
import sys

sys.modules["alembic_plugins"] = None
metadata.entry_points = lambda **_query: ()

from alembic.config import main

main()
"""


def edit(host: Host, old: str, new: str) -> Path:
    """Change the file of a revision that is applied."""
    file = host.folder / "plugins/billing/versions/billing_2_add_invoices_paid.py"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    return file


def leave(host: Host) -> None:
    """Make a host's configuration stock Alembic's, with the locations that `eject` tells."""
    lines = host.succeed("plugin", "eject", "--yes").lines
    locations = [line.strip() for line in lines if line.startswith("  ")]
    host.ini.write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\n"
        f"version_locations = {':'.join(locations)}\n"
    )
    host.write("migrations/env.py", STOCK_ENV)


def run_stock(host: Host, *arguments: str) -> CallResult:
    """Run Alembic as it is where our package is not there."""
    done = subprocess.run(
        [sys.executable, "-c", STOCK, *arguments],
        cwd=host.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return CallResult(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def bare(host: Host) -> Host:
    """A host at its head, with a plugin that is not installed."""
    host.add("billing").run("upgrade", "head")
    return host


@pytest.fixture
def billed(host: Host) -> Host:
    """A host with a plugin that is installed."""
    host.add("billing").run("plugin", "install", "billing")
    return host


def test_adopt_records_what_is_there_already(bare: Host) -> None:
    bare.database.execute(SAME)
    assert bare.succeed(*ADOPT).lines == ["adopted billing: 2 revisions"]
    assert bare.database.versions() == ["billing_2", "host_2"]


def test_adopt_leaves_rows_alone(bare: Host) -> None:
    bare.database.execute(SAME)
    bare.succeed(*ADOPT)
    assert bare.database.values(ROWS) == [7]


def test_adopted_plugin_is_listed_as_installed(bare: Host) -> None:
    bare.database.execute(SAME)
    bare.run(*ADOPT)
    assert bare.succeed("plugin", "list").lines == [
        "[X] billing  2.1  schema billing  billing_2 (head)"
    ]


def test_adopted_plugin_goes_without_its_files(bare: Host) -> None:
    bare.database.execute(SAME)
    bare.run(*ADOPT)
    bare.remove("billing").succeed("plugin", "uninstall", "billing", "--yes")
    assert bare.database.tables() == ["public.accounts"]


def test_adopt_takes_a_revision_in_between(bare: Host) -> None:
    bare.database.execute(SAME.replace("paid boolean,", ""))
    assert bare.succeed(*ADOPT, "billing_1").lines == ["adopted billing: 1 revision"]
    bare.succeed("plugin", "upgrade", "billing")
    assert bare.database.versions() == ["billing_2", "host_2"]


def test_adopt_leaves_no_scratch_database(bare: Host) -> None:
    bare.database.execute(SAME)
    bare.run(*ADOPT)
    # Those of other tests at the same time belong to sessions that are there.
    scratch = (
        "SELECT datname FROM pg_database WHERE datname LIKE 'alembic_scratch_%'"
        " AND split_part(datname, '_', 3)::int NOT IN (SELECT pid FROM pg_stat_activity)"
    )
    assert bare.database.values(scratch) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("paid boolean,", "", "column billing.invoices.paid is missing"),
        ("numeric", "integer", "column billing.invoices.total is 'integer' instead of 'numeric'"),
        ("numeric", "numeric, more int", "column billing.invoices.more is not expected"),
        (" REFERENCES accounts (id)", "", "billing.invoices is missing"),
        ("INSERT", "CREATE INDEX extra ON billing.invoices (paid); INSERT", "extra"),
        ("INSERT", "CREATE VIEW billing.due AS SELECT 1; INSERT", "view billing.due is not expect"),
    ],
)
def test_adopt_refuses_what_is_different(bare: Host, old: str, new: str, words: str) -> None:
    bare.database.execute(SAME.replace(old, new))
    refusal = bare.refuse(*ADOPT)
    assert refusal.startswith("What stands in schema billing is not what the revisions of plugin")
    assert words in refusal


def test_adopt_of_nothing_is_refused(bare: Host) -> None:
    assert bare.refuse(*ADOPT).startswith("There is nothing in schema billing that plugin")


def test_adopt_of_what_is_installed_is_refused(billed: Host) -> None:
    assert billed.refuse(*ADOPT).startswith("Plugin 'billing' is installed already.")


def test_adopt_wants_what_the_plugin_requires(bare: Host) -> None:
    bare.add("crm_requires_billing").database.execute(SAME)
    words = bare.refuse("plugin", "adopt", "crm_requires_billing")
    assert words.startswith("Plugin 'crm_requires_billing' needs billing, which the database does")


def test_forgotten_plugin_is_adopted_again(billed: Host) -> None:
    billed.run("plugin", "forget", "billing", "--yes")
    billed.succeed(*ADOPT)
    assert billed.database.versions() == ["billing_2", "host_2"]
    assert billed.database.plugins() == ["billing"]


@pytest.mark.parametrize("command", ["plugin list", "plugin downgrade billing -1 --yes"])
def test_changed_file_is_warned_of(billed: Host, command: str) -> None:
    edit(billed, "sa.Boolean()", "sa.Text()")
    said = billed.succeed(*command.split()).stderr
    assert "applied revisions of 'billing' have been changed: billing_2. See what differs" in said


def test_changed_file_is_a_problem_that_show_tells(billed: Host) -> None:
    edit(billed, "sa.Boolean()", "sa.Text()")
    facts = json.loads(billed.succeed("plugin", "show", "billing", "--json").stdout)
    assert [problem[:45] for problem in facts["problems"]] == [
        "The files of applied revisions of 'billing' h"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def upgrade", "# A comment.\n\n\ndef upgrade"),
        ('"""Upgrade schema."""', '"""Another docstring."""'),
        (
            'sa.Column("paid", sa.Boolean(), nullable=True)',
            "sa.Column('paid',sa.Boolean(),nullable=True,)",
        ),
    ],
)
def test_formatting_and_comments_do_not_count(billed: Host, old: str, new: str) -> None:
    edit(billed, old, new)
    assert billed.succeed("plugin", "list").stderr == ""
    assert billed.succeed("plugin", "repair", "billing").lines == ["nothing to do"]


def test_repair_shows_what_differs(billed: Host) -> None:
    edit(billed, "sa.Boolean()", "sa.Text()")
    lines = billed.succeed("plugin", "repair", "billing", "--dry-run").lines
    assert lines[0] == "revision billing_2 of billing has been changed since it was applied:"
    changed = [line for line in lines if line.startswith(("-  ", "+  "))]
    assert [line[0] for line in changed] == ["-", "+"]
    assert "sa.Boolean()" in changed[0]
    assert "sa.Text()" in changed[1]


def test_repair_accepts_what_differs(billed: Host) -> None:
    edit(billed, "sa.Boolean()", "sa.Text()")
    assert billed.succeed("plugin", "repair", "billing", "--yes").lines[-1] == "repaired"
    assert billed.succeed("plugin", "list").stderr == ""


def test_repair_remembers_the_downgrade_of_the_new_file(billed: Host) -> None:
    billed.database.execute("ALTER TABLE billing.invoices RENAME paid TO settled")
    edit(billed, '"paid"', '"settled"')
    billed.run("plugin", "repair", "billing", "--yes")
    billed.remove("billing").succeed("-x", "plugin=billing", "downgrade", "-1")
    columns = "SELECT attname FROM pg_attribute WHERE attname = 'settled'"
    assert billed.database.values(columns) == []


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_repair_asks_before_it_accepts(billed: Host, options: list[str]) -> None:
    edit(billed, "sa.Boolean()", "sa.Text()")
    before = billed.database.dump()
    billed.alembic("plugin", "repair", "billing", *options)
    assert billed.database.dump() == before


def test_repair_wants_yes_where_nobody_can_be_asked(billed: Host) -> None:
    edit(billed, "sa.Boolean()", "sa.Text()")
    words = billed.refuse("plugin", "repair", "billing")
    assert words.startswith("'alembic plugin repair billing' needs confirmation.")


def test_repair_of_the_host_accepts_its_files(billed: Host) -> None:
    file = billed.folder / "versions/host_2_add_accounts_active.py"
    file.write_text(file.read_text().replace("sa.Boolean()", "sa.Text()"))
    assert "revisions of 'host' have been changed" in billed.succeed("plugin", "list").stderr
    billed.succeed("plugin", "repair", "host", "--yes")
    assert billed.succeed("plugin", "list").stderr == ""


@pytest.mark.parametrize(
    ("command", "last"), [("history-sync", "deleted 1 row"), ("repair", "repaired")]
)
def test_rows_that_nothing_explains_are_deleted(billed: Host, command: str, last: str) -> None:
    billed.database.execute("INSERT INTO alembic_version VALUES ('whose')")
    assert billed.succeed("plugin", command, "--yes").lines == [
        "row whose of the version table: no file and no registry knows it",
        last,
    ]
    assert billed.database.versions() == ["billing_2", "host_2"]


def test_history_sync_asks_first(billed: Host) -> None:
    billed.database.execute("INSERT INTO alembic_version VALUES ('whose')")
    assert billed.refuse("plugin", "history-sync").endswith("Pass --yes to run it without asking.")


def test_history_sync_leaves_orphans_alone(billed: Host) -> None:
    result = billed.remove("billing").succeed("plugin", "history-sync", "--yes")
    assert result.lines == ["nothing to do"]
    assert billed.database.versions() == ["billing_2", "host_2"]


def test_history_tells_who_failed_and_why(host: Host) -> None:
    host.add("fails_midway").fail("plugin", "install", "fails_midway")
    line = host.succeed("plugin", "history", "fails_midway").lines[-1]
    who, _action, plugin, *rest = line.split("  ", 6)[1:]
    assert (who, plugin, rest[0]) == (host.database.url.username, "fails_midway", "- -> -")
    assert rest[2].startswith("failed: upgrade() of revision 'fails_2' of 'fails_midway' failed")


def test_forget_leaves_the_objects(billed: Host) -> None:
    result = billed.succeed("plugin", "forget", "billing", "--yes")
    assert result.lines[-1] == "forgot billing"
    assert billed.database.tables() == ["billing.invoices", "public.accounts"]
    assert billed.database.versions() == ["host_2"]


def test_forget_refuses_while_required(billed: Host) -> None:
    billed.add("crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    words = billed.refuse("plugin", "forget", "billing", "--yes")
    assert words.startswith("Plugin 'billing' cannot be forgotten while it is needed by crm_req")


def test_eject_leaves_nothing_of_ours(billed: Host) -> None:
    assert billed.succeed("plugin", "eject", "--yes").lines[-1] == "ejected"
    ours = "SELECT relname FROM pg_class WHERE relname LIKE 'alembic_plugin%'"
    assert billed.database.values(ours) == []
    assert billed.database.versions() == ["billing_2", "host_2"]


def test_eject_reduces_rows_to_those_of_stock_alembic(host: Host) -> None:
    host.add("depends_on_host").run("plugin", "install", "depends_on_host")
    host.succeed("plugin", "eject", "--yes")
    assert host.database.versions() == ["dependent_1"]


def test_stock_alembic_carries_on_after_eject(host: Host) -> None:
    host.add("depends_on_host").run("plugin", "install", "depends_on_host")
    host.run("revision", "-m", "more", "--rev-id", "host_3")
    leave(host)
    result = run_stock(host, "upgrade", "heads")
    assert result.exit_code == 0, result.output
    assert host.database.versions() == ["dependent_1", "host_3"]


def test_stock_alembic_takes_a_plugin_back_after_eject(host: Host) -> None:
    host.add("shop_by_prefix").run("plugin", "install", "shop_by_prefix")
    leave(host)
    result = run_stock(host, "downgrade", "shop_1@base")
    assert result.exit_code == 0, result.output
    assert host.database.tables() == ["public.accounts"]


def test_we_carry_on_after_eject(billed: Host) -> None:
    before = billed.succeed("plugin", "list").lines
    billed.run("plugin", "eject", "--yes")
    billed.succeed("upgrade", "heads")
    assert billed.succeed("plugin", "list").lines == before


def test_eject_refuses_beside_an_orphan(billed: Host) -> None:
    words = billed.remove("billing").refuse("plugin", "eject", "--yes")
    assert words.startswith("Stock Alembic could not go on with billing, whose revision files are")


def test_eject_wants_yes_where_nobody_can_be_asked(billed: Host) -> None:
    assert billed.refuse("plugin", "eject").startswith("'alembic plugin eject' needs confirmation")
