"""Plans are run, each unit in a transaction, and what was done is recorded in the same one."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import (
    LeftoverObjects,
    MigrationFailed,
    MigrationInterrupted,
    ObjectsInUse,
    PluginUsed,
    RevisionTooLong,
    UnexpectedVersionRows,
)

REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {down}


def upgrade():
{upgrade}


def downgrade():
    pass
"""

TRANSACTIONS = "SELECT DISTINCT xmin::text FROM alembic_plugin_revision WHERE plugin = '{0}'"


def write_revision(host: Host, plugin: str, name: str, upgrade: str, down: str = "None") -> Path:
    """Write a revision whose upgrade is `upgrade`."""
    lines = "\n".join(f"    {line}" for line in upgrade.splitlines())
    text = REVISION.format(name=name, down=down, upgrade=lines)
    return host.write(f"plugins/{plugin}/versions/{name}.py", text)


def test_plugin_s_schema_comes_first_on_the_path(host: Host) -> None:
    host.configure("plugin_guard = off").database.execute("CREATE TABLE seen (path text)")
    insert = "op.execute(\"INSERT INTO seen SELECT current_setting('search_path')\")"
    write_revision(host, "spy", "spy_1", insert)
    host.run("plugin", "install", "spy")
    assert host.database.values("SELECT path FROM seen") == ['spy, "$user", public']


def test_schemas_of_required_plugins_come_last_on_the_path(host: Host) -> None:
    host.add("billing").write("plugins/spy/plugin.toml", 'requires = ["billing"]\n')
    host.configure("plugin_guard = off").database.execute("CREATE TABLE seen (path text)")
    insert = "op.execute(\"INSERT INTO seen SELECT current_setting('search_path')\")"
    write_revision(host, "spy", "spy_1", insert)
    host.run("plugin", "install", "spy")
    assert host.database.values("SELECT path FROM seen") == ['spy, "$user", public, billing']


def test_name_of_the_host_means_the_host_s_table_in_a_plugin(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    assert host.database.values(
        "SELECT confrelid::regclass::text FROM pg_constraint WHERE conname ~ 'invoices.*fkey'"
    ) == ["accounts"]


def test_path_is_set_back_after_a_plugin(host: Host, connection: Connection) -> None:
    connection.execute(text("SET search_path = public, pg_temp"))
    connection.commit()
    commands.install(host.add("billing").config(connection=connection), ["billing"])
    assert connection.scalar(text("SHOW search_path")) == "public, pg_temp"


def test_path_is_set_back_after_a_failure(host: Host, connection: Connection) -> None:
    connection.execute(text("SET search_path = public, pg_temp"))
    connection.commit()
    with pytest.raises(MigrationFailed):
        commands.install(host.add("fails_in_sql").config(connection=connection), ["fails_in_sql"])
    assert connection.scalar(text("SHOW search_path")) == "public, pg_temp"


def test_plugin_is_installed_in_one_transaction(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    assert len(host.database.query(TRANSACTIONS.format("billing"))) == 1


def test_requirement_has_a_transaction_of_its_own(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    assert host.database.query("SELECT count(DISTINCT xmin::text) FROM alembic_plugin") == [(2,)]


def test_plugin_can_ask_for_a_transaction_a_revision(host: Host) -> None:
    host.add("billing").configure("[alembic_plugins.billing]", "transaction = revision")
    host.run("plugin", "install", "billing")
    assert len(host.database.query(TRANSACTIONS.format("billing"))) == 2


def test_plugins_that_interleave_have_a_transaction_a_run(host: Host) -> None:
    host.add("mutual_a", "mutual_b").run("plugin", "install", "mutual_a", "mutual_b")
    assert len(host.database.query(TRANSACTIONS.format("mutual_a"))) == 2


def test_uninstall_of_several_is_one_transaction(host: Host) -> None:
    host.add("irreversible", "billing").run("plugin", "install", "irreversible", "billing")
    with pytest.raises(MigrationFailed):
        commands.uninstall(host.config(), ["billing", "irreversible"])
    assert host.database.plugins() == ["billing", "irreversible"]


def test_install_that_fails_names_revision_and_function(host: Host) -> None:
    host.add("fails_midway")
    with pytest.raises(MigrationFailed) as excinfo:
        commands.install(host.config(), ["fails_midway"])
    error = excinfo.value
    assert (error.plugin, error.revision, error.function) == ("fails_midway", "fails_2", "upgrade")
    assert isinstance(error.__cause__, RuntimeError)


def test_install_that_fails_leaves_no_schema(host: Host) -> None:
    host.add("fails_midway")
    with pytest.raises(MigrationFailed):
        commands.install(host.config(), ["fails_midway"])
    assert host.database.schemas() == []


def test_too_long_id_is_found_before_anything_runs(host: Host) -> None:
    host.add("long_id")
    with pytest.raises(RevisionTooLong) as excinfo:
        commands.install(host.config(), ["long_id"])
    assert excinfo.value.limit == 32
    assert host.database.tables() == []


def test_autocommit_block_finds_recorded_what_came_before(host: Host) -> None:
    block = "with op.get_context().autocommit_block():\n    op.execute('VACUUM')\n"
    block += "    raise RuntimeError('crash')"
    host.add("autocommit")
    write_revision(host, "autocommit", "autocommit_3", block, '"autocommit_2"')
    with pytest.raises(MigrationInterrupted):
        commands.install(host.config(), ["autocommit"])
    assert host.database.applied() == ["host_1", "host_2", "autocommit_1", "autocommit_2"]
    assert host.database.versions() == ["autocommit_2", "host_2"]


def test_install_goes_on_after_a_failure_in_an_autocommit_block(host: Host) -> None:
    block = "with op.get_context().autocommit_block():\n    op.execute('VACUUM')\n"
    block += "    raise RuntimeError('crash')"
    host.add("autocommit")
    file = write_revision(host, "autocommit", "autocommit_3", block, '"autocommit_2"')
    with pytest.raises(MigrationInterrupted):
        commands.install(host.config(), ["autocommit"])
    file.write_text(file.read_text().replace("raise RuntimeError('crash')", "pass"))
    commands.install(host.config(), ["autocommit"])
    assert host.database.versions() == ["autocommit_3", "host_2"]


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
def test_what_met_another_transaction_is_tried_again(host: Host, state: str) -> None:
    # A sequence is not taken back with the transaction: it counts the tries.
    host.configure("plugin_guard = off").database.execute("CREATE SEQUENCE tries")
    failing = f"IF nextval('tries') < 2 THEN RAISE SQLSTATE '{state}'; END IF;"
    write_revision(host, "unlucky", "unlucky_1", f'op.execute("DO $$ BEGIN {failing} END $$")')
    commands.install(host.config(), ["unlucky"])
    assert host.database.plugins() == ["unlucky"]
    assert host.database.values("SELECT last_value FROM tries") == [2]


def test_what_fails_otherwise_is_tried_once(host: Host) -> None:
    host.database.execute("CREATE SEQUENCE tries")
    failing = "PERFORM nextval('tries'); RAISE SQLSTATE '22012';"
    write_revision(host, "unlucky", "unlucky_1", f'op.execute("DO $$ BEGIN {failing} END $$")')
    with pytest.raises(MigrationFailed):
        commands.install(host.config(), ["unlucky"])
    assert host.database.values("SELECT last_value FROM tries") == [1]


def test_version_row_that_somebody_else_changed_takes_the_transaction_back(host: Host) -> None:
    other = (
        "import psycopg, os\n"
        "with psycopg.connect(os.environ['DATABASE_URL'].replace('+psycopg', '')) as other:\n"
        "    other.execute(\"UPDATE alembic_version SET version_num = 'whose'"
        " WHERE version_num = 'billing_2'\")"
    )
    host.add("billing").run("plugin", "install", "billing")
    write_revision(host, "billing", "billing_3", other, '"billing_2"')
    with pytest.raises(UnexpectedVersionRows):
        commands.upgrade(host.config(), ["billing"])
    assert host.database.versions() == ["host_2", "whose"]


def test_leftovers_are_named(host: Host) -> None:
    host.add("leaves_leftovers").run("plugin", "install", "leaves_leftovers")
    with pytest.raises(LeftoverObjects) as excinfo:
        commands.uninstall(host.config(), ["leaves_leftovers"])
    assert excinfo.value.objects == ("table leaves_leftovers.crumbs",)


def test_what_leans_on_leftovers_is_named(host: Host) -> None:
    host.configure("plugin_guard = off").add("leaves_leftovers", "leans_on_leftovers")
    host.run("plugin", "install", "leaves_leftovers", "leans_on_leftovers")
    with pytest.raises(PluginUsed) as excinfo:
        commands.uninstall(host.config(), ["leaves_leftovers"], purge=True)
    [users] = excinfo.value.users
    assert "leans_on_leftovers.sweepings" in users
    assert excinfo.value.dependents == ("leans_on_leftovers",)


def test_what_nobody_owns_and_leans_on_leftovers_is_named(host: Host) -> None:
    host.add("leaves_leftovers").run("plugin", "install", "leaves_leftovers")
    host.database.execute("CREATE VIEW sweepings AS SELECT id FROM leaves_leftovers.crumbs")
    with pytest.raises(ObjectsInUse) as excinfo:
        commands.uninstall(host.config(), ["leaves_leftovers"], purge=True)
    assert excinfo.value.users == ("view public.sweepings",)


def test_purge_drops_what_depends_on_other_leftovers(host: Host) -> None:
    make = 'op.execute("CREATE TABLE a (id int); CREATE VIEW v AS SELECT id FROM a")'
    write_revision(host, "untidy", "untidy_1", make)
    host.run("plugin", "install", "untidy")
    commands.uninstall(host.config(), ["untidy"], purge=True)
    assert host.database.schemas() == []


def test_purge_drops_every_kind_of_object(host: Host) -> None:
    host.add("makes_things").run("plugin", "install", "makes_things")
    path = host.folder / "plugins/makes_things/versions/things_1_create_things.py"
    path.write_text(path.read_text().partition("def downgrade")[0] + "def downgrade():\n    pass\n")
    commands.uninstall(host.config(), ["makes_things"], purge=True)
    assert host.database.schemas() == []


def test_event_tells_from_where_to_where(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    host.run("plugin", "upgrade", "billing")
    event = commands.history(host.config(), "billing")[-1]
    assert (event.action, event.outcome) == ("upgrade", "done")
    assert (event.from_revisions, event.to_revisions) == (("billing_1",), ("billing_2",))


def test_durations_are_recorded(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    durations = "SELECT bool_and(duration_ms BETWEEN 0 AND 60000) FROM {0}"
    assert host.database.values(durations.format("alembic_plugin_revision")) == [True]
    assert host.database.values(durations.format("alembic_plugin_event")) == [True]


LENDS = """\
from alembic import op

revision = "lender_1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE lender.books (id int PRIMARY KEY)")


def downgrade():
    op.execute("DROP TABLE lender.books")
"""

BORROWS = """\
from alembic import op

revision = "borrower_1"
down_revision = None
depends_on = "lender_1"


def upgrade():
    op.execute("CREATE TABLE borrower.loans (book int REFERENCES lender.books)")


def downgrade():
    op.execute("DELETE FROM borrower.loans WHERE book IN (SELECT id FROM lender.books)")
    op.execute("DROP TABLE borrower.loans")
"""


def test_downgrade_may_read_what_its_revision_depends_on(host: Host) -> None:
    host.write("plugins/lender/versions/lender_1.py", LENDS)
    host.write("plugins/borrower/versions/borrower_1.py", BORROWS)
    host.run("plugin", "install", "borrower")
    host.run("plugin", "uninstall", "borrower", "--yes")
    assert host.database.tables() == ["lender.books", "public.accounts"]


def test_time_is_the_revision_s_that_has_taken_it(host: Host) -> None:
    write_revision(host, "naps", "n1", "pass")
    write_revision(host, "naps", "n2", "op.execute('SELECT pg_sleep(0.2)')", "'n1'")
    write_revision(host, "naps", "n3", "pass", "'n2'")
    host.run("plugin", "install", "naps")
    query = "SELECT revision FROM alembic_plugin_revision WHERE duration_ms >= 200"
    assert host.database.values(query) == ["n2"]


def test_plugin_may_need_more_plugins_than_a_function_has_arguments(host: Host) -> None:
    needed = [f"needed_{number}" for number in range(120)]
    for name in needed:
        write_revision(host, name, f"{name}_1", "pass")
    write_revision(host, "needy", "needy_1", "op.execute('CREATE TABLE a (id int)')")
    host.write("plugins/needy/plugin.toml", f"requires = {needed}\n")
    host.run("plugin", "install", "needy")
    assert host.database.values("SELECT count(*) FROM alembic_plugin") == [121]
