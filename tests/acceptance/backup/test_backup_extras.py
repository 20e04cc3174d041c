"""What pg_dump leaves out of a backup comes back, or is told: publications, roles, statistics."""

from collections.abc import Iterator

import psycopg
import pytest
from support.hosts import Host

PLUGINS = {
    "shop": ("", "shop.t"),
    "wiki": ('namespace = "prefix wiki_"', "public.wiki_t"),
}

EXTRAS = """
    CREATE PUBLICATION "p%1" FOR TABLE {table} (a, b) WHERE (a > 3);
    CREATE PUBLICATION p2 FOR TABLE {table};
    GRANT SELECT, INSERT ON {table} TO "{role}";
    GRANT SELECT ON {table} TO pg_monitor WITH GRANT OPTION;
    GRANT UPDATE (b) ON {table} TO pg_monitor, "{role}";
    GRANT USAGE ON SEQUENCE {table}_a_seq TO "{role}", pg_monitor
"""

IN_SCHEMA = """
    CREATE PUBLICATION p3 FOR TABLES IN SCHEMA shop;
    CREATE FUNCTION shop.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    REVOKE ALL ON FUNCTION shop.f() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION shop.f() TO "{role}", pg_monitor;
    GRANT USAGE ON SCHEMA shop TO "{role}", pg_monitor;
    ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO pg_monitor;
    ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO "{role}"
"""

PUBLISHED = """
    SELECT pubname || ' ' || schemaname || '.' || tablename || ' ' || attnames::text
           || coalesce(' ' || rowfilter, '')
    FROM pg_publication_tables ORDER BY 1
"""

STATISTICS = "SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext ORDER BY 1"

PRIVILEGES = """
    SELECT o.what || ' ' || pg_get_userbyid(a.grantee) || ' ' || a.privilege_type
           || a.is_grantable::text
    FROM (SELECT relname AS what, relacl AS acl FROM pg_class
          WHERE relname IN ('t', 'wiki_t', 't_a_seq', 'wiki_t_a_seq')
          UNION ALL SELECT attname, attacl FROM pg_attribute
          UNION ALL SELECT proname, proacl FROM pg_proc WHERE proname = 'f'
          UNION ALL SELECT nspname, nspacl FROM pg_namespace WHERE nspname = 'shop'
          UNION ALL SELECT 'default', defaclacl FROM pg_default_acl) o
    CROSS JOIN LATERAL aclexplode(o.acl) a
    WHERE a.grantee IN (0, 'pg_monitor'::regrole) OR a.grantee >= 16384 ORDER BY 1
"""


@pytest.fixture
def role(host: Host) -> Iterator[str]:
    """A role, which may be gone at the end."""
    name = f"reader % {host.database.url.database}"
    with psycopg.connect(host.database.plain, autocommit=True) as connection:
        connection.execute(f'CREATE ROLE "{name}"'.encode())
        yield name
        is_there = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchall()
        for _ in is_there:
            connection.execute(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"'.encode())


@pytest.fixture(params=PLUGINS)
def plugin(request: pytest.FixtureRequest, host: Host, role: str) -> str:
    """An installed plugin, for which an operator has done this and that."""
    name = str(request.param)
    declaration, table = PLUGINS[name]
    host.write(f"plugins/{name}/plugin.toml", declaration)
    up = f"""
        CREATE TABLE {table} (a serial PRIMARY KEY, b int);
        CREATE STATISTICS {table}_s (ndistinct) ON a, b FROM {table}
    """
    host.revise(name, up, f"DROP TABLE {table}").run("plugin", "install", name)
    sql = EXTRAS + (f";{IN_SCHEMA}" if name == "shop" else "")
    host.database.execute(sql.format(table=table, role=role))
    return name


def find_extras(host: Host) -> list[list[object]]:
    """Return what pg_dump leaves out."""
    return [host.database.values(query) for query in (PUBLISHED, STATISTICS, PRIVILEGES)]


def remove(host: Host, name: str) -> str:
    """Uninstall with a backup; return what is told of that."""
    options = ("--with-unknown-objects", "--purge", "--yes", "--backup", "kept.dump")
    return host.succeed("plugin", "uninstall", name, *options).stderr


def bring_back(host: Host, name: str) -> str:
    """Restore; return what is told of that."""
    return host.succeed("plugin", "restore", name, "--from", "kept.dump").stderr


def test_all_comes_back(host: Host, plugin: str) -> None:
    before = find_extras(host)
    remove(host, plugin)
    assert find_extras(host)[:2] != before[:2]
    assert bring_back(host, plugin) == ""
    assert find_extras(host) == before


def test_backup_tells_what_is_published(host: Host, plugin: str) -> None:
    assert f'  table {PLUGINS[plugin][1]} in publication "p%1"\n' in remove(host, plugin)


def test_publication_that_is_gone_is_told(host: Host, plugin: str) -> None:
    remove(host, plugin)
    host.database.execute("DROP PUBLICATION p2")
    told = bring_back(host, plugin)
    lost = f'table {PLUGINS[plugin][1]} in publication p2 (publication "p2" does not exist)'
    assert told == (
        f"The restore of 'kept.dump' could not bring back {lost}. Make that again by hand; all "
        "else is restored.\n"
    )


def test_privileges_of_a_role_that_is_gone_are_told(host: Host, plugin: str, role: str) -> None:
    before = find_extras(host)
    remove(host, plugin)
    host.database.execute(f'DROP ROLE "{role}"')
    told = bring_back(host, plugin)
    kept = [line for line in before[2] if role not in str(line)]
    assert find_extras(host) == [*before[:2], kept]
    assert f'INSERT, SELECT on table {PLUGINS[plugin][1]} to {role} (role "{role}"' in told


POLICIES = """
    SELECT tablename || ' ' || policyname || permissive || roles::text || cmd
           || coalesce(qual, '-') || coalesce(with_check, '-')
    FROM pg_policies ORDER BY 1
"""


def test_policy_of_a_role_that_is_gone_is_told_and_others_come_back(
    host: Host, plugin: str, role: str
) -> None:
    table = PLUGINS[plugin][1]
    host.database.execute(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY gone ON {table} FOR SELECT TO "{role}", pg_monitor USING (a > 1);
        CREATE POLICY "is : %s" ON {table} AS RESTRICTIVE FOR UPDATE TO pg_monitor, CURRENT_USER
            USING (a > 2) WITH CHECK (a > 3);
        CREATE POLICY everybodys ON {table} USING (true);
        CREATE POLICY new ON {table} FOR INSERT WITH CHECK (a = 5)
        """
    )
    before = host.database.values(POLICIES)
    remove(host, plugin)
    host.database.execute(f'DROP ROLE "{role}"')
    assert f"policy gone on table {table} (role" in bring_back(host, plugin)
    kept = [line for line in before if " gone" not in str(line)]
    assert host.database.values(POLICIES) == kept


def test_objects_of_an_owner_that_is_gone_come_back(host: Host, role: str) -> None:
    host.revise("shop", "CREATE TABLE t ()").run("plugin", "install", "shop")
    host.database.execute(f'ALTER TABLE shop.t OWNER TO "{role}"; CREATE TABLE shop.u ()')
    remove(host, "shop")
    host.database.execute(f'DROP ROLE "{role}"')
    assert f"owner {role} of table shop.t" in bring_back(host, "shop")
    assert host.database.tables()[1:] == ["shop.t", "shop.u"]
