"""`uninstall --purge`: what downgrades cannot take back is dropped with the namespace."""

from pathlib import Path

import pytest
from support.hosts import Host

PURGE = ("plugin", "uninstall", "--purge", "--yes")

RAISING, EMPTY, NEVER = "irreversible", "leaves_leftovers", "downgrade_never_worked"

TAMPER = """
    UPDATE alembic_plugin_revision SET downgrade_sql = ARRAY['DROP TABLE accounts CASCADE']
    WHERE revision = 'counts_1'
"""

HALF = """\
from alembic import op

revision = "half_1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE {0}one ()")
    op.execute("CREATE TABLE {0}two ()")


def downgrade():
    op.execute("ALTER TABLE accounts RENAME TO former_accounts")
    op.execute("DROP TABLE {0}two")
    raise NotImplementedError
"""


def write_half(host: Host, prefix: str) -> Path:
    """Give the host plugin `half`, whose downgrade raises when it has done something."""
    if prefix:
        host.write("plugins/half/plugin.toml", f'namespace = "prefix {prefix}"\n')
    return host.write("plugins/half/versions/half_1.py", HALF.format(prefix))


@pytest.fixture
def tampered(host: Host) -> Host:
    """A host with an orphan, one of whose downgrades was changed in the registry."""
    host.add("counts_rows").run("plugin", "install", "counts_rows")
    host.remove("counts_rows").database.execute(TAMPER)
    return host


@pytest.mark.parametrize("name", [RAISING, EMPTY, NEVER, "asks_database"])
def test_purge_leaves_no_trace(host: Host, name: str) -> None:
    host.add(name).run("upgrade", "head")
    before = host.database.catalog()
    host.run("plugin", "install", name)
    result = host.succeed(*PURGE, name)
    assert result.lines[-1] == f"uninstalled {name}"
    assert host.database.catalog() == before


@pytest.mark.parametrize("name", [RAISING, EMPTY, NEVER, "asks_database"])
def test_purge_of_an_orphan_leaves_no_trace(host: Host, name: str) -> None:
    host.add(name).run("upgrade", "head")
    before = host.database.catalog()
    host.run("plugin", "install", name)
    host.remove(name).succeed(*PURGE, name)
    assert host.database.catalog() == before


@pytest.mark.parametrize("name", [RAISING, EMPTY, NEVER])
def test_purge_leaves_no_row(host: Host, name: str) -> None:
    host.add(name).run("plugin", "install", name)
    host.succeed(*PURGE, name)
    assert host.database.versions() == host.database.applied()[-1:] == ["host_2"]
    assert host.database.plugins() == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (RAISING, "downgrade() of revision 'irreversible_1' of 'irreversible' failed"),
        (EMPTY, "The downgrades of plugin 'leaves_leftovers' leave table leaves_leftovers.crumbs."),
        (NEVER, "downgrade() of revision 'never_2' of 'downgrade_never_worked' failed"),
    ],
)
def test_uninstall_without_purge_names_it(host: Host, name: str, words: str) -> None:
    host.add(name).run("plugin", "install", name)
    refusal = host.refuse("plugin", "uninstall", name, "--yes")
    assert refusal.startswith(words)
    assert f"'alembic plugin uninstall {name} --purge'" in refusal


def test_uninstall_of_an_orphan_without_sql_names_it(host: Host) -> None:
    host.add(RAISING).run("plugin", "install", RAISING)
    words = host.remove(RAISING).refuse("plugin", "uninstall", RAISING, "--yes")
    assert "could not be rendered as SQL: NotImplementedError: ashes stay ashes." in words
    assert "--purge" in words


def test_purge_counts_the_rows_that_go(host: Host) -> None:
    host.add(NEVER).run("plugin", "install", NEVER)
    host.database.execute(f"INSERT INTO {NEVER}.plans VALUES (1), (2)")
    result = host.succeed("plugin", "uninstall", NEVER, "--purge", "--dry-run")
    assert "downgrade_never_worked.plans   2 rows" in result.stdout


def test_preview_tells_what_may_not_be_taken_back(host: Host) -> None:
    host.add(RAISING).run("plugin", "install", RAISING)
    result = host.succeed("plugin", "uninstall", RAISING, "--purge", "--dry-run")
    told = "  revision irreversible_1 may not be downgraded: "
    assert [line for line in result.lines if line.startswith(told)]


@pytest.mark.parametrize("prefix", ["", "half_"])
def test_what_a_raising_downgrade_had_done_is_taken_back(host: Host, prefix: str) -> None:
    write_half(host, prefix)
    host.run("upgrade", "head")
    before = host.database.catalog()
    host.run("plugin", "install", "half")
    host.succeed(*PURGE, "half")
    assert host.database.catalog() == before


def test_downgrades_that_work_are_run(host: Host) -> None:
    file = write_half(host.configure("plugin_guard = off"), "")
    host.run("plugin", "install", "half")
    file.write_text(file.read_text().replace("    raise NotImplementedError\n", ""))
    host.succeed(*PURGE, "half")
    assert host.database.tables() == ["public.former_accounts"]


def test_purge_runs_no_downgrade_that_was_tampered_with(tampered: Host) -> None:
    tampered.succeed(*PURGE, "counts_rows")
    assert tampered.database.tables() == ["public.accounts"]
    assert tampered.database.schemas() == []


def test_uninstall_runs_no_downgrade_that_was_tampered_with(tampered: Host) -> None:
    words = tampered.refuse("plugin", "uninstall", "counts_rows", "--yes")
    assert "its SQL was changed in the registry" in words


def test_purge_takes_dependents_along_with_cascade(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    host.remove("billing").remove("crm_requires_billing").database.execute(
        "UPDATE alembic_plugin_revision SET downgrade_sql = NULL WHERE plugin <> 'host'"
    )
    host.succeed(*PURGE, "billing", "--cascade")
    assert host.database.tables() == ["public.accounts"]


def test_purge_refuses_while_required(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    words = host.refuse(*PURGE, "billing")
    assert words.startswith("Plugin 'billing' is required by crm_requires_billing.")


@pytest.mark.parametrize("name", [RAISING, EMPTY, NEVER])
def test_plugin_is_installed_again_after_a_purge(host: Host, name: str) -> None:
    host.add(name).run("plugin", "install", name)
    before = host.database.catalog()
    host.run(*PURGE, name)
    host.succeed("plugin", "install", name)
    assert host.database.catalog() == before


BLOCK = """\
from alembic import op

revision = "block_1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE one (i int); CREATE INDEX i ON one (i)")


def downgrade():
    op.execute("CREATE TABLE spare ()")
    with op.get_context().autocommit_block():
        {inside}
    {behind}
"""

DROP_INDEX = 'op.execute("DROP INDEX CONCURRENTLY i")'
FAIL_IN_SQL = 'op.execute("DROP TABLE nowhere")'


@pytest.mark.parametrize(
    ("inside", "behind"),
    [
        (DROP_INDEX, FAIL_IN_SQL),
        (DROP_INDEX, 'op.execute("DROP TABLE spare; CREATE TABLE behind ()"); raise ValueError'),
        (f"{DROP_INDEX}; {FAIL_IN_SQL}", "pass"),
        (DROP_INDEX, "pass"),
    ],
)
@pytest.mark.parametrize("option", ["", "--backup=block.dump"])
def test_purge_goes_on_behind_an_autocommit_block(
    host: Host, inside: str, behind: str, option: str
) -> None:
    host.run("upgrade", "head")
    before = host.database.catalog()
    text = BLOCK.format(inside=inside, behind=behind)
    host.write("plugins/block/versions/block_1.py", text)
    host.run("plugin", "install", "block")
    result = host.succeed(*PURGE, "block", *filter(None, [option]))
    assert result.lines[-1] == "uninstalled block"
    assert host.database.catalog() == before
    assert host.database.values("SELECT count(*) FROM alembic_plugin_journal") == [0]
