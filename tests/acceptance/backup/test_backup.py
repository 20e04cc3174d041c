"""`uninstall --backup` and `restore --from`: what is dropped lies in a file, and comes back."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest
from support.hosts import Host

from alembic_plugins.backup.programs import find_program

NO_BOOKKEEPING_ROWS = "--exclude-table-data=*.alembic_*"

FILL = """
    INSERT INTO accounts VALUES (1, 'a@example.org', true);
    INSERT INTO counts_rows.letters (word) VALUES ('one'), ('100% two'), (NULL);
    INSERT INTO counts_rows.stamps (letter_id, account_id) VALUES (3, 1);
    SELECT nextval('counts_rows.stamp_numbers');
    INSERT INTO shop_items (word) VALUES ('tea'), ('100% cotton');
    INSERT INTO shop_orders (item_id, account_id) VALUES (2, 1);
    INSERT INTO shop_days VALUES ('2026-11-21');
    INSERT INTO notes (word, account_id) VALUES ('one', NULL), ('100% two', NULL);
    INSERT INTO note_days VALUES ('2026-11-21')
"""

KINDS = ["counts_rows", "shop_by_prefix", "shares_public"]

# Lets no table be dropped while others may write to `notes`.
WATCH_NOTES = """
    CREATE FUNCTION monitor() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        ASSERT EXISTS (SELECT FROM pg_locks WHERE relation = 'notes'::regclass
                       AND mode = 'ShareLock' AND pid = pg_backend_pid());
    END $$;
    CREATE EVENT TRIGGER monitor ON ddl_command_start WHEN TAG IN ('DROP TABLE')
        EXECUTE FUNCTION monitor()
"""


@pytest.fixture
def full(host: Host) -> Host:
    """A host with rows in plugins by schema, by prefix and in the schema of the host."""
    host.add(*KINDS).run("plugin", "install", *KINDS)
    host.database.execute(FILL)
    return host


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "plugin.backup"


@pytest.fixture
def sums(host: Host) -> Host:
    """A host with a plugin by prefix, whose second revision makes a type and a function."""
    host.add("sums_by_prefix").run("plugin", "install", "sums_by_prefix")
    return host


@pytest.fixture
def shelf(host: Host) -> Host:
    """A host with two plugins in a schema that somebody else has made."""
    host.database.execute("CREATE SCHEMA shelf; COMMENT ON SCHEMA shelf IS 'of the operator'")
    host.add("billing", "named_by_prefix")
    for name in ("billing", "named_by_prefix"):
        host.write(f"plugins/{name}/plugin.toml", 'namespace = "schema shelf existing"\n')
    host.run("plugin", "install", "billing", "named_by_prefix")
    host.database.execute(
        "INSERT INTO shelf.invoices VALUES (1); INSERT INTO shelf.wiki_pages VALUES (2)"
    )
    return host


def back_up(host: Host, name: str, file: Path) -> None:
    """Uninstall a plugin with a backup."""
    host.run("plugin", "uninstall", name, "--backup", str(file), "--yes")


def check_comes_back(host: Host, name: str, file: Path) -> None:
    """Back up a plugin and restore it: all objects and rows are as they were."""
    before = host.database.dump(NO_BOOKKEEPING_ROWS)
    back_up(host, name, file)
    result = host.succeed("plugin", "restore", name, "--from", str(file))
    assert result.lines == [f"restored {name}"]
    assert host.database.dump(NO_BOOKKEEPING_ROWS) == before


def run_program(host: Host, name: str, *arguments: str | Path) -> str:
    """Run one of PostgreSQL's programs and return what it prints."""
    with psycopg.connect(host.database.plain) as connection:
        # Of the server's own version, whose pg_restore would read no later one's.
        program = find_program(name, connection.info.server_version)
    return subprocess.check_output([program, *arguments], text=True)


def find_data(host: Host, file: Path) -> list[str]:
    """Return the tables whose rows are in a backup, but for those of the registry."""
    entries = run_program(host, "pg_restore", "--list", file).splitlines()
    rows = [entry.split(" TABLE DATA ")[1] for entry in entries if " TABLE DATA " in entry]
    return sorted(entry for entry in rows if not entry.startswith("alembic_plugin_backup "))


@pytest.mark.parametrize("name", KINDS)
def test_backup_uninstalls_the_plugin(full: Host, file: Path, name: str) -> None:
    result = full.succeed("plugin", "uninstall", name, "--backup", str(file), "--yes")
    assert result.lines[-1] == f"uninstalled {name}"
    assert name not in full.database.plugins()


@pytest.mark.parametrize("name", KINDS)
def test_restore_brings_back_objects_and_rows(full: Host, file: Path, name: str) -> None:
    check_comes_back(full, name, file)


@pytest.mark.parametrize("name", KINDS)
def test_restore_brings_back_what_is_remembered(full: Host, file: Path, name: str) -> None:
    listed = full.succeed("plugin", "show", name, "--json").stdout
    versions, plugins, revisions, _events = full.database.registry_writes()
    back_up(full, name, file)
    full.succeed("plugin", "restore", name, "--from", str(file))
    assert full.database.registry_writes()[:2] == [versions, plugins]
    assert sorted(full.database.registry_writes()[2]) == sorted(revisions)
    assert full.succeed("plugin", "show", name, "--json").stdout == listed


@pytest.mark.parametrize("name", KINDS)
def test_restored_plugin_goes_without_its_files(full: Host, file: Path, name: str) -> None:
    back_up(full, name, file)
    without = full.database.catalog()
    full.run("plugin", "restore", name, "--from", str(file))
    full.remove(name).succeed("plugin", "uninstall", name, "--yes")
    assert full.database.catalog() == without


@pytest.mark.parametrize("name", KINDS)
def test_orphan_is_backed_up_and_restored(full: Host, file: Path, name: str) -> None:
    check_comes_back(full.remove(name), name, file)


def test_restored_plugin_is_neither_behind_nor_changed(full: Host, file: Path) -> None:
    back_up(full, "counts_rows", file)
    full.run("plugin", "restore", "counts_rows", "--from", str(file))
    result = full.succeed("plugin", "list")
    assert result.lines[0] == "[X] counts_rows     1.0  schema counts_rows      counts_2 (head)"
    assert result.stderr == ""


def test_both_are_in_the_history(full: Host, file: Path) -> None:
    back_up(full, "counts_rows", file)
    full.run("plugin", "restore", "counts_rows", "--from", str(file))
    events = json.loads(full.succeed("plugin", "history", "counts_rows", "--json").stdout)
    assert [(e["action"], e["to_revisions"]) for e in events] == [
        ("install", ["counts_2"]),
        ("uninstall", []),
        ("restore", ["counts_2"]),
    ]


def test_chain_comes_back_out_of_one_file(host: Host, file: Path) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    before = host.database.dump(NO_BOOKKEEPING_ROWS)
    host.run("plugin", "uninstall", "billing", "--cascade", "--backup", str(file), "--yes")
    host.succeed("plugin", "restore", "billing", "--from", str(file))
    assert host.database.dump(NO_BOOKKEEPING_ROWS) == before


def test_prefix_without_relations_comes_back(sums: Host, file: Path) -> None:
    sums.run("-x", "plugin=sums_by_prefix", "downgrade", "sums_1")
    check_comes_back(sums, "sums_by_prefix", file)
    assert sums.database.applied()[-1] == "sums_1"


def test_prefix_whose_functions_could_not_come_back_is_not_backed_up(
    sums: Host, file: Path
) -> None:
    words = sums.refuse("plugin", "uninstall", "sums_by_prefix", "--backup", str(file), "--yes")
    assert words == (
        f"Backup '{file}' would be without function public.sums_add(integer,integer), type "
        "public.sums_kind, which the uninstall drops. Set the plugin aside with --keep-data, "
        "or back up the whole database with pg_dump and leave out --backup; nothing of that was "
        "changed."
    )
    assert not file.exists()


def test_what_could_not_come_back_is_told_before_anything_is_run(sums: Host, file: Path) -> None:
    events = sums.database.registry_writes()[3]
    sums.refuse("plugin", "uninstall", "sums_by_prefix", "--backup", str(file), "--yes")
    assert sums.database.registry_writes()[3] == events


def test_dry_run_tells_what_could_not_come_back(sums: Host, file: Path) -> None:
    options = ("--backup", str(file), "--dry-run")
    words = sums.refuse("plugin", "uninstall", "sums_by_prefix", *options)
    assert words.startswith(f"Backup '{file}' would be without function public.sums_add(integer,")


def test_dry_run_tells_of_a_file_that_is_there(full: Host, file: Path) -> None:
    file.write_text("mine")
    words = full.refuse("plugin", "uninstall", "counts_rows", "--backup", str(file), "--dry-run")
    assert words.startswith(f"Backup '{file}' exists already.")


def test_backup_is_told_of_before_anything_is_dropped(full: Host, file: Path) -> None:
    result = full.succeed("plugin", "uninstall", "shares_public", "--backup", str(file), "--yes")
    assert result.stderr.startswith(f"backup {file} is written, {file.stat().st_size} bytes, with:")
    assert "\n  table public.notes\n" in result.stderr


BLOCK = """\
from alembic import op

revision = "odd_1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE odd_t (i int)")
    op.execute("CREATE FUNCTION odd_f() RETURNS int LANGUAGE sql AS 'SELECT 1'")


def downgrade():
    op.execute("DROP FUNCTION odd_f()")
    with op.get_context().autocommit_block():
        pass
    op.execute("DROP TABLE odd_t")
"""


def test_what_is_lost_is_told_before_an_autocommit_block_commits(host: Host, file: Path) -> None:
    host.configure("plugin_guard = off").write("plugins/odd/versions/odd_1.py", BLOCK)
    host.declare("odd", 'namespace = "prefix odd_"').run("plugin", "install", "odd")
    host.database.execute("DELETE FROM alembic_plugin_object WHERE kind = 'function'")
    words = host.refuse("plugin", "uninstall", "odd", "--backup", str(file), "--yes")
    assert words.startswith(f"Backup '{file}' would be without function public.odd_f()")
    assert not file.exists()


def test_what_could_not_come_back_goes_with_its_schema(host: Host, file: Path) -> None:
    host.add("makes_things").run("plugin", "install", "makes_things")
    check_comes_back(host, "makes_things", file)


def test_what_was_made_on_a_table_of_the_host_is_not_left_out(host: Host, file: Path) -> None:
    host.add("extends_accounts").run("plugin", "install", "extends_accounts")
    words = host.refuse("plugin", "uninstall", "extends_accounts", "--backup", str(file), "--yes")
    lost = "column nick of table public.accounts, index public.by_email"
    assert words.startswith(f"Backup '{file}' would be without {lost}, which")


def test_what_was_added_to_a_table_of_the_host_is_not_left_out(host: Host, file: Path) -> None:
    host.add("extends_accounts").run("plugin", "install", "extends_accounts")
    host.run("-x", "plugin=extends_accounts", "downgrade", "-1")
    words = host.refuse("plugin", "uninstall", "extends_accounts", "--backup", str(file), "--yes")
    assert words.startswith(
        f"Backup '{file}' would be without column nick of table public.accounts,"
    )
    assert not file.exists()


def test_what_was_made_on_tables_of_a_shared_schema_is_not_left_out(host: Host, file: Path) -> None:
    name = "extends_accounts"
    toml = 'namespace = "schema public existing"\nwrites = ["accounts"]\n'
    host.add(name).write(f"plugins/{name}/plugin.toml", toml)
    host.run("plugin", "install", name)
    words = host.refuse("plugin", "uninstall", name, "--backup", str(file), "--yes")
    assert words.startswith(
        f"Backup '{file}' would be without column nick of table public.accounts, index "
        "public.by_email, which the"
    )


def test_parts_of_tables_that_are_backed_up_may_go_first(full: Host, file: Path) -> None:
    full.configure("[alembic_plugins.shares_public]", "transaction = revision")
    check_comes_back(full, "shares_public", file)


def test_what_was_never_recorded_is_not_left_out(sums: Host, file: Path) -> None:
    sums.configure("plugin_guard = off").database.execute("DELETE FROM alembic_plugin_object")
    words = sums.refuse("plugin", "uninstall", "sums_by_prefix", "--backup", str(file), "--yes")
    assert words.startswith(f"Backup '{file}' would be without function public.sums_add(integer,")
    assert not file.exists()


def test_backup_of_a_shared_schema_has_what_is_the_plugins(full: Host, file: Path) -> None:
    back_up(full, "shares_public", file)
    tables = [entry.split()[:2] for entry in find_data(full, file)]
    assert tables == [["public", "note_days_all"], ["public", "notes"]]


def test_tables_in_a_shared_schema_are_not_written_to_meanwhile(full: Host, file: Path) -> None:
    full.database.execute(WATCH_NOTES)
    full.succeed("plugin", "uninstall", "shares_public", "--backup", str(file), "--yes")


@pytest.mark.parametrize("name", ["billing", "named_by_prefix"])
def test_plugin_comes_back_beside_another_one(shelf: Host, file: Path, name: str) -> None:
    check_comes_back(shelf, name, file)


def test_plugins_that_share_a_schema_go_into_one_file(shelf: Host, file: Path) -> None:
    shelf.database.execute("CREATE FUNCTION shelf.one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    before = shelf.database.dump(NO_BOOKKEEPING_ROWS)
    names = ("billing", "named_by_prefix")
    shelf.run("plugin", "uninstall", *names, "--purge", "--backup", str(file), "--yes")
    assert shelf.database.schemas() == ["shelf"]
    result = shelf.succeed("plugin", "restore", "billing", "--from", str(file))
    assert sorted(result.lines) == ["restored billing", "restored named_by_prefix"]
    assert shelf.database.dump(NO_BOOKKEEPING_ROWS) == before


@pytest.mark.parametrize("namespace", ["schema own_schema", "schema own_schema existing"])
def test_plugin_comes_back_into_the_schema_that_it_had_found(
    host: Host, file: Path, namespace: str
) -> None:
    host.database.execute("CREATE SCHEMA own_schema; GRANT USAGE ON SCHEMA own_schema TO PUBLIC")
    host.add("makes_things").configure("[alembic_plugins.makes_things]", f"namespace = {namespace}")
    host.run("plugin", "install", "makes_things")
    check_comes_back(host, "makes_things", file)


def test_plugin_comes_back_with_the_schema_that_it_makes(host: Host, file: Path) -> None:
    host.add("creates_own_schema").run("plugin", "install", "creates_own_schema")
    check_comes_back(host, "creates_own_schema", file)


def test_functions_in_a_shared_schema_are_not_left_out(host: Host, file: Path) -> None:
    name = "makes_things"
    host.add(name).configure(f"[alembic_plugins.{name}]", "namespace = schema public existing")
    host.run("plugin", "install", name)
    words = host.refuse("plugin", "uninstall", name, "--backup", str(file), "--yes")
    assert words.startswith(
        f"Backup '{file}' would be without function public.one(), type public.mood, which the"
    )


@pytest.mark.parametrize(
    ("revisions", "lost"),
    [
        ("'notes_1'", "table public.notes"),
        ("'notes_1', 'notes_2'", "sequence public.note_numbers, table public.note_days, table"),
    ],
)
def test_tables_of_which_nobody_knows_whose_they_are_are_not_left_out(
    full: Host, file: Path, revisions: str, lost: str
) -> None:
    full.configure("plugin_guard = off").database.execute(
        f"DELETE FROM alembic_plugin_object WHERE revision IN ({revisions})"
    )
    words = full.refuse("plugin", "uninstall", "shares_public", "--backup", str(file), "--yes")
    assert words.startswith(f"Backup '{file}' would be without {lost}")
    assert not file.exists()


def test_restore_that_was_killed_at_its_beginning_is_done_again(shelf: Host, file: Path) -> None:
    before = shelf.database.dump(NO_BOOKKEEPING_ROWS)
    back_up(shelf, "billing", file)
    shelf.database.execute("CREATE SCHEMA alembic_plugin_backup")
    only = ("--schema=alembic_plugin_backup", f"--dbname={shelf.database.plain}")
    run_program(shelf, "pg_restore", *only, file)
    shelf.succeed("plugin", "restore", "billing", "--from", str(file))
    assert shelf.database.dump(NO_BOOKKEEPING_ROWS) == before


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("counts_rows", "SELECT"),
        ("shop_by_prefix", "CREATE SCHEMA alembic_plugin_backup"),
        ("shares_public", "CREATE SCHEMA alembic_plugin_backup"),
    ],
)
def test_restore_that_was_killed_at_its_end_is_gone_on_with(
    full: Host, file: Path, name: str, first: str
) -> None:
    before = full.database.dump(NO_BOOKKEEPING_ROWS)
    back_up(full, name, file)
    full.database.execute(first)
    run_program(full, "pg_restore", f"--dbname={full.database.plain}", file)
    full.succeed("plugin", "restore", name, "--from", str(file))
    assert full.database.dump(NO_BOOKKEEPING_ROWS) == before


def test_backup_goes_into_another_database(full: Host, file: Path, other_host: Host) -> None:
    back_up(full, "shop_by_prefix", file)
    other_host.succeed("upgrade", "head")
    other_host.database.execute("INSERT INTO accounts VALUES (1, 'b@example.org', true)")
    other_host.succeed("plugin", "restore", "shop_by_prefix", "--from", str(file))
    assert other_host.database.values("SELECT word FROM shop_items") == ["tea", "100% cotton"]


def test_backup_may_be_named_relative_to_where_one_is(full: Host) -> None:
    full.succeed("plugin", "uninstall", "counts_rows", "--backup", "kept.dump", "--yes")
    assert (full.folder / "kept.dump").read_bytes().startswith(b"PGDMP")


def test_file_that_is_there_is_not_written_over(full: Host, file: Path) -> None:
    file.write_text("mine")
    words = full.refuse("plugin", "uninstall", "counts_rows", "--backup", str(file), "--yes")
    assert words == f"Backup '{file}' exists already. Name another file; nothing was changed."
    assert file.read_text() == "mine"


def test_folder_that_is_not_there_is_told(full: Host, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "file"
    words = full.refuse("plugin", "uninstall", "counts_rows", "--backup", str(file), "--yes")
    assert words.startswith(f"Backup '{file}' cannot be written: No such file or directory.")


def test_uninstall_that_fails_leaves_no_file(host: Host, file: Path) -> None:
    host.add("irreversible").run("plugin", "install", "irreversible")
    host.refuse("plugin", "uninstall", "irreversible", "--backup", str(file), "--yes")
    assert not file.exists()


def test_dry_run_writes_no_file(full: Host, file: Path) -> None:
    full.succeed("plugin", "uninstall", "counts_rows", "--backup", str(file), "--dry-run")
    assert not file.exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not in the custom format of pg_dump"),
        (b"SELECT 1;\n", "it is not in the custom format of pg_dump"),
        (b"PGDMP\x01\x0e\x00", ""),
    ],
)
def test_what_is_no_backup_is_told(full: Host, file: Path, content: bytes, reason: str) -> None:
    full.run("plugin", "uninstall", "counts_rows", "--yes")
    file.write_bytes(content)
    words = full.refuse("plugin", "restore", "counts_rows", "--from", str(file))
    assert words.startswith(f"Backup '{file}' cannot be restored: {reason}")
    assert words.endswith("nothing was changed.")


@pytest.mark.parametrize("content", [b"", b"SELECT 1;\n", b"PGDMP\x01\x0e\x00"])
def test_what_is_no_backup_changes_no_table(full: Host, file: Path, content: bytes) -> None:
    full.run("plugin", "uninstall", "counts_rows", "--yes")
    before = (full.database.tables(), full.database.registry_writes())
    file.write_bytes(content)
    words = full.fail("plugin", "restore", "counts_rows", "--from", str(file))
    assert words.startswith(f"Backup '{file}' cannot be restored: ")
    assert (full.database.tables(), full.database.registry_writes()) == before


def test_dump_of_something_else_is_told(full: Host, file: Path) -> None:
    options = ("--format=custom", "--schema=counts_rows", f"--file={file}")
    run_program(full, "pg_dump", *options, full.database.plain)
    full.run("plugin", "uninstall", "counts_rows", "--yes")
    words = full.refuse("plugin", "restore", "counts_rows", "--from", str(file))
    assert f"Backup '{file}' has nothing of plugin 'counts_rows'" in words


def test_half_a_backup_is_told(full: Host, file: Path) -> None:
    back_up(full, "counts_rows", file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    words = full.refuse("plugin", "restore", "counts_rows", "--from", str(file))
    assert words.startswith(f"Backup '{file}' cannot be restored: ")


def test_backup_that_is_not_there_is_told(full: Host, file: Path) -> None:
    full.run("plugin", "uninstall", "counts_rows", "--yes")
    words = full.refuse("plugin", "restore", "counts_rows", "--from", str(file))
    assert words.startswith(f"Backup '{file}' cannot be restored: No such file or directory.")


def test_backup_of_another_plugin_is_told(full: Host, file: Path) -> None:
    back_up(full, "counts_rows", file)
    full.run("plugin", "uninstall", "shop_by_prefix", "--yes")
    words = full.refuse("plugin", "restore", "shop_by_prefix", "--from", str(file))
    assert words == (
        f"Backup '{file}' has nothing of plugin 'shop_by_prefix', but of: counts_rows. Name one "
        "of these."
    )


def test_plugin_that_is_installed_is_not_restored_over(full: Host, file: Path) -> None:
    back_up(full, "counts_rows", file)
    full.run("plugin", "install", "counts_rows")
    words = full.refuse("plugin", "restore", "counts_rows", "--from", str(file))
    assert words.startswith("Plugin 'counts_rows' is installed already.")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("counts_rows", "shop_orders"),
        pytest.param("shop_by_prefix", "counts_rows.stamps"),
    ],
)
def test_rows_that_lost_what_they_refer_to_are_not_restored(
    full: Host, file: Path, name: str, other: str
) -> None:
    back_up(full, name, file)
    full.database.execute(f"DELETE FROM {other}; DELETE FROM accounts")
    words = full.refuse("plugin", "restore", name, "--from", str(file))
    assert "violates foreign key constraint" in words
