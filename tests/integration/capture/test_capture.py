"""What was changed by hand becomes a revision, by which other databases get the same."""

from pathlib import Path

import pytest
from support.databases import Database
from support.definitions import catalog, dump, execute
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.capture.results import Capture
from alembic_plugins.errors import CannotCapture, CapturedChanged, CaptureDiffers
from alembic_plugins.execution.branch_states import read_branch_state
from alembic_plugins.plugin import Prefix, Schema

from .kinds import CHANGES, MAKE, RENAMES

PUBLIC = Schema("public", create=False)
DROP = "DROP SCHEMA shop CASCADE; CREATE SCHEMA shop"


@pytest.fixture
def shop(host: Host) -> Host:
    """A host with a plugin that has something of everything."""
    host.revise("shop", MAKE, DROP).run("plugin", "install", "shop")
    return host


@pytest.fixture
def plain(host: Host) -> Host:
    """A host with a plugin that has a table."""
    make = "CREATE TYPE mood AS ENUM ('good'); CREATE TABLE items (id int, mood mood)"
    host.revise("shop", make, "DROP TABLE items; DROP TYPE mood")
    host.run("plugin", "install", "shop")
    return host


def lead_to(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    """Let commands be about another database."""
    monkeypatch.setenv("DATABASE_URL", database.text)


def files(host: Host) -> list[str]:
    """Return what is in the plugin's folder of revisions."""
    folder = host.folder / "plugins/shop/versions"
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_changes_of_all_kinds_are_captured(
    shop: Host, second_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalog(shop.database)
    execute(shop.database, CHANGES)
    captured = commands.capture(shop.config(), "shop", "all kinds")
    assert commands.verify(shop.config()).is_clean
    assert "shop." not in captured.text
    lead_to(monkeypatch, second_database)
    shop.run("plugin", "install", "shop")
    assert catalog(second_database) == catalog(shop.database)
    assert dump(second_database) == dump(shop.database)
    shop.run("plugin", "downgrade", "shop", "-1", "--yes")
    assert catalog(second_database) == before
    shop.run("plugin", "upgrade", "shop")
    assert catalog(second_database) == catalog(shop.database)


def test_names_that_others_have_by_now_are_captured(
    shop: Host, second_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = catalog(shop.database)
    execute(shop.database, RENAMES)
    captured = commands.capture(shop.config(), "shop", "names")
    assert "op.rename_table('base', 'base_old')" in captured.text
    assert commands.verify(shop.config()).is_clean
    lead_to(monkeypatch, second_database)
    shop.run("plugin", "install", "shop")
    assert dump(second_database) == dump(shop.database)
    shop.run("plugin", "downgrade", "shop", "-1", "--yes")
    assert catalog(second_database) == before
    shop.run("plugin", "upgrade", "shop")
    assert dump(second_database) == dump(shop.database)


def test_label_is_committed_before_it_is_used(
    plain: Host, second_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(plain.database, "ALTER TYPE mood ADD VALUE 'bad'")
    execute(plain.database, "ALTER TABLE items ALTER mood SET DEFAULT 'bad'")
    captured = commands.capture(plain.config(), "shop")
    assert "autocommit_block()" in captured.text
    lead_to(monkeypatch, second_database)
    plain.run("plugin", "install", "shop")
    assert catalog(second_database) == catalog(plain.database)
    plain.run("plugin", "downgrade", "shop", "-1", "--yes")


def test_table_of_the_prefix_is_the_plugins(host: Host) -> None:
    host.declare("shop", 'namespace = "prefix shop_"')
    host.revise("shop", "CREATE TABLE shop_items (id int)", "DROP TABLE shop_items")
    host.run("plugin", "install", "shop")
    host.database.execute("CREATE TABLE shop_new (id serial PRIMARY KEY, name text)")
    host.database.execute("ALTER TABLE shop_items ADD n int; CREATE TABLE other (id int)")
    captured = commands.capture(host.config(), "shop")
    assert "'shop_new'" in captured.text
    assert "other" not in captured.text
    assert [it.name for it in commands.verify(host.config()).branches if it.findings] == ["host"]
    host.run("plugin", "downgrade", "shop", "-1", "--yes")
    assert [kind for kind, _ in catalog(host.database, Prefix("shop_")) if kind == "table"] == [
        "table"
    ]


PREFIXED = """
    CREATE TYPE {0}mood AS ENUM ('good');
    CREATE TABLE {0}items (id int PRIMARY KEY, name varchar(9), mood {0}mood);
    CREATE TABLE {0}olds (id int);
    CREATE VIEW {0}names AS SELECT name FROM {0}items
"""
REMADE = """
    DROP VIEW {0}names;
    ALTER TABLE {0}items ALTER name TYPE text;
    CREATE VIEW {0}names AS SELECT name, id FROM {0}items;
    DROP TABLE {0}olds;
    ALTER TABLE {0}items RENAME TO {0}things
"""
NEW = """;
    CREATE TYPE shop_pair AS (a int, b text);
    CREATE FUNCTION shop_one() RETURNS int LANGUAGE sql IMMUTABLE RETURN 1;
    CREATE TABLE "shop_New Ones" (id int DEFAULT shop_one(), pair shop_pair);
    CREATE TABLE shop_items (id int PRIMARY KEY)
"""
SHARING = [
    ("prefix shop_", "shop_", REMADE.format("shop_") + NEW),
    ("schema public existing", "", REMADE.format("")),
]


@pytest.mark.parametrize(("namespace", "prefix", "changes"), SHARING)
def test_what_was_made_again_among_others_is_captured(
    host: Host,
    second_database: Database,
    monkeypatch: pytest.MonkeyPatch,
    namespace: str,
    prefix: str,
    changes: str,
) -> None:
    host.declare("shop", f'namespace = "{namespace}"')
    drop = "DROP VIEW {0}names; DROP TABLE {0}items, {0}olds; DROP TYPE {0}mood"
    host.revise("shop", PREFIXED.format(prefix), drop.format(prefix))
    host.run("plugin", "install", "shop")
    before = catalog(host.database, PUBLIC)
    host.database.execute(changes)
    commands.capture(host.config(), "shop")
    assert commands.verify(host.config()).is_clean
    lead_to(monkeypatch, second_database)
    host.run("plugin", "install", "shop")
    assert catalog(second_database, PUBLIC) == catalog(host.database, PUBLIC)
    host.run("plugin", "downgrade", "shop", "-1", "--yes")
    assert catalog(second_database, PUBLIC) == before
    host.run("plugin", "upgrade", "shop")
    host.run("plugin", "uninstall", "shop", "--yes")
    assert [name for name in second_database.tables() if "shop_" in str(name)] == []


def test_schema_that_somebody_has_made_is_in_the_scratch_database(host: Host) -> None:
    for name in ("shop", "crm"):
        host.declare(name, 'namespace = "schema joint existing"')
        host.revise(name, f"CREATE TABLE joint.{name} (id int)", f"DROP TABLE joint.{name}")
    host.database.execute("CREATE SCHEMA joint")
    commands.install(host.config(), ["shop", "crm"])
    host.database.execute("ALTER TABLE joint.shop ADD n int")
    commands.capture(host.config(), "shop")
    assert commands.verify(host.config()).is_clean


def test_host_is_captured(host: Host) -> None:
    host.run("upgrade", "heads")
    host.database.execute("ALTER TABLE accounts ADD nick text")
    captured = commands.capture(host.config(), "host", "nick")
    assert captured.file is not None
    assert captured.file.parent == host.folder / "versions"
    assert commands.verify(host.config()).is_clean


def test_role_needs_no_more_than_to_create_databases(
    host: Host, second_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_database.execute("DROP ROLE IF EXISTS captures; CREATE ROLE captures LOGIN")
    second_database.execute("GRANT ALL ON SCHEMA public TO captures")
    name = second_database.url.database
    second_database.execute(f'ALTER DATABASE "{name}" OWNER TO captures')
    role = Database(second_database.url.set(username="captures"))
    lead_to(monkeypatch, role)
    host.revise("shop", "CREATE TABLE items (id int)", "DROP TABLE items")
    commands.install(host.config(), "shop")
    role.execute("ALTER TABLE shop.items ADD name text; CREATE VIEW shop.v AS SELECT 1 AS one")
    with pytest.raises(CannotCapture, match="scratch database: permission denied"):
        commands.capture(host.config(), "shop")
    second_database.execute("ALTER ROLE captures CREATEDB")
    commands.capture(host.config(), "shop")
    assert commands.verify(host.config()).is_clean
    second_database.execute(f'ALTER DATABASE "{name}" OWNER TO CURRENT_USER')
    second_database.execute("REASSIGN OWNED BY captures TO CURRENT_USER; DROP OWNED BY captures")
    second_database.execute("DROP ROLE captures")


def test_dry_run_writes_nothing(plain: Host) -> None:
    before = (files(plain), plain.database.fingerprint())
    execute(plain.database, "ALTER TABLE items ADD n int NOT NULL")
    changed = plain.database.fingerprint()
    found = commands.capture(plain.config(), "shop", dry_run=True)
    assert [str(item) for item in found.differences] == [
        "column shop.items.n was made by no revision"
    ]
    assert found.remarks[0].startswith("In another database, upgrade() fails where there are any")
    assert (files(plain), plain.database.fingerprint()) == (before[0], changed)


def test_rows_of_a_new_table_are_told(plain: Host) -> None:
    execute(plain.database, "CREATE TABLE words (w text); INSERT INTO words VALUES ('a')")
    found = commands.capture(plain.config(), "shop", dry_run=True)
    assert "Rows are not captured: those of shop.words" in " ".join(found.remarks)


def test_what_cannot_be_expressed_is_named_and_nothing_is_written(plain: Host) -> None:
    execute(plain.database, "CREATE OPERATOR - (LEFTARG = box, RIGHTARG = box, FUNCTION = box_eq)")
    before = files(plain)
    with pytest.raises(CaptureDiffers, match=r"operator shop.-\(.*there is no definition"):
        commands.capture(plain.config(), "shop")
    assert files(plain) == before


def test_pending_revisions_are_applied_first(plain: Host) -> None:
    plain.revise("shop", "CREATE TABLE more (id int)", "DROP TABLE more")
    with pytest.raises(CannotCapture, match="are not applied: shop_2"):
        commands.capture(plain.config(), "shop")


def test_nothing_is_captured_where_nothing_was_changed(plain: Host) -> None:
    assert commands.capture(plain.config(), "shop") == Capture("shop")


def test_file_goes_where_it_cannot_be_recorded(
    plain: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(plain.database, "ALTER TABLE items ADD n int")
    before = files(plain)

    def change(*arguments: object) -> object:
        execute(plain.database, "CREATE TABLE late (id int)")
        return read_branch_state(*arguments)  # type: ignore[arg-type]

    where = "alembic_plugins.execution.branch_states.read_branch_state"
    monkeypatch.setattr(where, change)
    with pytest.raises(CapturedChanged):
        commands.capture(plain.config(), "shop")
    assert files(plain) == before


def test_synced_plugin_gets_its_first_revision(
    host: Host, second_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = '[[tables]]\nname = "items"\n[tables.schema]\nname = { type = "string" }\n'
    host.write("plugins/shop/plugin.toml", table)
    commands.sync(host.config(), "shop")
    captured = commands.capture(host.config(), "shop", "create items")
    assert commands.verify(host.config()).is_clean
    assert "take 'tables' out" in captured.remarks[-1]
    Path(host.folder, "plugins/shop/plugin.toml").write_text("")
    lead_to(monkeypatch, second_database)
    host.run("plugin", "install", "shop")
    assert catalog(second_database) == catalog(host.database)
