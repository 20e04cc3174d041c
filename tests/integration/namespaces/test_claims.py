"""What was dropped and made again by hand, and is a plugin's since `repair` was told so."""

from functools import partial

import pytest
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import ObjectsInUse, UnknownObjects

PREFIX = 'namespace = "prefix crm_"'
SHARED = 'namespace = "schema public existing"'

MAKE = """
    CREATE TYPE {0}mood AS ENUM ('good'); CREATE TABLE {0}people (id serial PRIMARY KEY, m {0}mood);
    CREATE VIEW {0}names AS SELECT id FROM {0}people; INSERT INTO {0}people VALUES (1);
    CREATE FUNCTION {0}one() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""


def install(host: Host, sql: str, *declared: str) -> None:
    """Install plugin `crm`, whose downgrade does not work: what goes is what it has made."""
    host.declare("crm", *declared).revise("crm", sql, "not SQL")
    commands.install(host.config(), ["crm"])


def restore_by_hand(host: Host, *options: str, drop: str) -> None:
    """Dump a part of the database, drop it, and restore it, as an operator does."""
    lines = host.database.dump(*options)
    host.database.execute(drop)
    host.database.feed("\n".join(lines))


def uninstall(host: Host) -> None:
    """Drop what plugin `crm` is known to have made."""
    commands.uninstall(host.config(), ["crm"], purge=True)


def test_schema_that_was_restored_by_hand_is_nobody_s_until_repair_is_told(host: Host) -> None:
    install(host, MAKE.format(""))
    restore_by_hand(host, "--schema=crm", drop="DROP SCHEMA crm CASCADE")
    with pytest.raises(UnknownObjects):
        uninstall(host)
    host.run("plugin", "repair", "crm", "--with-unknown-objects", "--yes")
    uninstall(host)
    assert "crm" not in host.database.schemas()
    commands.install(host.config(), ["crm"])


def test_composite_type_that_was_made_by_hand_is_the_plugins(host: Host) -> None:
    install(host, MAKE.format(""))
    host.database.execute("CREATE TYPE crm.pair AS (a int, b text)")
    commands.repair(host.config(), "crm", with_unknown_objects=True, accept_drift=True)
    assert commands.verify(host.config()).is_clean
    uninstall(host)
    assert "crm" not in host.database.schemas()


def test_repair_says_what_it_records(host: Host) -> None:
    install(host, MAKE.format(""))
    restore_by_hand(host, "--schema=crm", drop="DROP SCHEMA crm CASCADE")
    done = host.succeed("plugin", "repair", "crm", "--with-unknown-objects", "--dry-run")
    assert "table crm.people is recorded as made by crm" in done.lines
    assert "function crm.one() is recorded as made by crm" in done.lines
    assert commands.repair(host.config(), "crm").plan.transactions == ()


def test_repair_finds_prefixed_objects_and_columns_by_their_names(host: Host) -> None:
    sql = f"{MAKE.format('crm_')}; ALTER TABLE accounts ADD crm_rank int"
    install(host, sql, PREFIX, 'writes = ["accounts"]')
    host.database.execute("CREATE TABLE crm_other ()")
    restore_by_hand(
        host,
        *("--table=crm_people", "--table=crm_names", "--table=accounts"),
        drop="DROP TABLE crm_people, accounts CASCADE",
    )
    commands.repair(host.config(), "crm", with_unknown_objects=True)
    uninstall(host)
    left = ["public.accounts", "public.crm_other"]
    assert host.database.tables() == left
    assert "crm_rank" not in "\n".join(host.database.catalog())


def test_repair_leaves_what_others_have_made(host: Host) -> None:
    install(host, "CREATE TABLE crm_a ()", PREFIX)
    host.database.execute("DROP TABLE crm_a")
    host.revise("host", "CREATE TABLE crm_a (id int)")
    commands.upgrade(host.config())
    found = commands.repair(host.config(), "crm", with_unknown_objects=True)
    assert not found.claims
    uninstall(host)
    assert host.database.tables() == ["public.accounts", "public.crm_a"]


def test_what_was_made_by_hand_becomes_the_plugin_s(host: Host) -> None:
    install(host, "CREATE TABLE a ()")
    host.database.execute("CREATE TABLE crm.by_hand ()")
    found = commands.repair(host.config(), "crm", with_unknown_objects=True)
    assert found.claims == {"crm": ("table crm.by_hand",)}
    uninstall(host)
    assert host.database.schemas() == []


def test_repair_of_all_asks_for_each_plugin(host: Host) -> None:
    for name in ("crm", "wiki"):
        host.revise(name, "CREATE TABLE a ()")
        commands.install(host.config(), [name])
        host.database.execute(f"CREATE TABLE {name}.by_hand ()")
    found = commands.repair(host.config(), with_unknown_objects=True, dry_run=True)
    assert list(found.claims) == ["crm", "wiki"]


@pytest.mark.parametrize(
    ("declared", "prefix"),
    [('namespace = "schema crm"', ""), (PREFIX, "crm_"), (SHARED, "crm_")],
)
def test_what_is_set_aside_and_was_restored_by_hand_is_recorded_again(
    host: Host, declared: str, prefix: str
) -> None:
    install(host, MAKE.format(prefix), declared)
    commands.uninstall(host.config(), ["crm"], keep_data=True)
    aside = "quarantine_crm"
    restore_by_hand(host, f"--schema={aside}", drop=f"DROP SCHEMA {aside} CASCADE")
    with pytest.raises(UnknownObjects):
        uninstall(host)
    host.run("plugin", "repair", "crm", "--with-unknown-objects", "--yes")
    commands.restore(host.config(), "crm")
    uninstall(host)
    assert aside not in host.database.schemas()
    commands.install(host.config(), ["crm"])


@pytest.mark.parametrize("declared", [PREFIX, SHARED])
def test_what_is_beside_objects_that_are_set_aside_is_not_left_without_them(
    host: Host, declared: str
) -> None:
    install(host, MAKE.format("crm_"), declared)
    commands.uninstall(host.config(), ["crm"], keep_data=True)
    host.database.execute("CREATE TABLE quarantine_crm.by_hand ()")
    with pytest.raises(UnknownObjects) as caught:
        commands.restore(host.config(), "crm")
    assert caught.value.objects == ("table quarantine_crm.by_hand",)
    host.database.execute("ALTER TABLE quarantine_crm.by_hand SET SCHEMA public")
    commands.restore(host.config(), "crm")


def test_parts_of_what_is_unknown_go_along_with_it(host: Host) -> None:
    install(host, "CREATE TABLE items (id int)")
    host.database.execute(
        "CREATE TABLE crm.p (id int PRIMARY KEY) PARTITION BY LIST (id);"
        "CREATE TABLE crm.p1 PARTITION OF crm.p DEFAULT; CREATE STATISTICS crm.s ON (id % 2) FROM"
        " crm.p; ALTER TABLE crm.items ADD FOREIGN KEY (id) REFERENCES crm.p"
    )
    drop = partial(commands.uninstall, host.config(), ["crm"], with_unknown_objects=True)
    assert drop(purge=True, dry_run=True).previews["crm"].users == {}
    drop(purge=True)
    assert "crm" not in host.database.schemas()


def test_partition_elsewhere_of_what_is_unknown_is_not_dropped(host: Host) -> None:
    install(host, "CREATE TABLE items (id int)")
    host.database.execute(
        "CREATE TABLE crm.p (id int) PARTITION BY LIST (id);"
        "CREATE TABLE public.p1 PARTITION OF crm.p DEFAULT"
    )
    with pytest.raises(ObjectsInUse) as caught:
        commands.uninstall(host.config(), ["crm"], purge=True, with_unknown_objects=True)
    assert caught.value.users == ("table public.p1",)


def test_part_that_another_plugin_has_made_of_what_is_unknown_is_not_dropped(host: Host) -> None:
    install(host, "CREATE TABLE items (id int)")
    host.database.execute("CREATE TABLE crm.p (id int) PARTITION BY LIST (id)")
    host.configure("plugin_guard = off")
    host.revise("tax", "CREATE TABLE p1 PARTITION OF crm.p DEFAULT", "DROP TABLE p1")
    commands.install(host.config(), ["tax"])
    with pytest.raises(ObjectsInUse) as caught:
        commands.uninstall(host.config(), ["crm"], purge=True, with_unknown_objects=True)
    assert caught.value.users == ("table tax.p1",)
