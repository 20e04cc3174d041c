"""Taking over plugins whose objects are there: with a version table of their own, or without."""

import pytest
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import (
    AlreadyInstalled,
    Different,
    NothingToAdopt,
    NoVersionTable,
    RequirementNotInstalled,
    ScratchFailed,
)

PATTERN = "{name}_alembic_version"


def version(table: str, *rows: str) -> str:
    """Return the SQL that makes a version table as Alembic does."""
    values = "".join(f"INSERT INTO {table} VALUES ('{row}');" for row in rows)
    return f"CREATE TABLE {table} (version_num varchar(32) PRIMARY KEY); {values}"


@pytest.fixture
def bare(host: Host) -> Host:
    """A host at its head."""
    host.run("upgrade", "head")
    return host


@pytest.fixture
def crm(bare: Host) -> Host:
    """A host at its head, with what a plugin of two revisions has made by another tool."""
    bare.revise("crm", "CREATE TABLE contacts (id int)", "DROP TABLE contacts")
    bare.revise("crm", "ALTER TABLE contacts ADD name text", "ALTER TABLE contacts DROP name")
    bare.database.execute("CREATE SCHEMA crm; CREATE TABLE crm.contacts (id int, name text)")
    return bare


def adopt(host: Host, *names: str, table: str | None = None, revision: str | None = None) -> None:
    """Adopt plugins, or all."""
    commands.adopt(host.config(), names, revision, version_table=table)


def show_objects(host: Host, name: str) -> tuple[str, ...]:
    """Return what a plugin has made."""
    return tuple(map(str, commands.show_plugin(host.config(), name).objects))


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ("crm_alembic_version", PATTERN),
        ("crm_alembic_version", "crm_alembic_version"),
        ("public.alembic_version_plugin_crm", "alembic_version_plugin_{name}"),
        ("crm.versions", "versions"),
        ("crm.versions", "{name}.versions"),
        ('public."Versions of crm"', "Versions of {name}"),
    ],
)
def test_state_is_read_from_a_version_table_which_goes(crm: Host, table: str, named: str) -> None:
    crm.database.execute(version(table, "crm_2"))
    adopt(crm, "crm", table=named)
    assert crm.database.versions() == ["crm_2", "host_2"]
    assert crm.database.tables() == ["crm.contacts", "public.accounts"]
    assert show_objects(crm, "crm") == ("table crm.contacts",)


def test_version_table_tells_an_older_revision(crm: Host) -> None:
    crm.database.execute(version("crm_v", "crm_1") + "ALTER TABLE crm.contacts DROP name")
    adopt(crm, "crm", table="crm_v")
    assert crm.database.versions() == ["crm_1", "host_2"]
    crm.succeed("upgrade", "heads")


def test_version_table_tells_several_heads(bare: Host) -> None:
    bare.add("two_heads")
    bare.run("plugin", "install", "two_heads")
    applied = bare.database.versions()
    bare.run("plugin", "forget", "two_heads", "--yes")
    heads = [str(row) for row in applied if row != "host_2"]
    bare.database.execute(version("two_v", *heads))
    adopt(bare, "two_heads", table="two_v")
    assert bare.database.versions() == applied


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("", "there is no such table"),
        (version("crm_v"), "it is empty"),
        ("CREATE TABLE crm_v (v int)", "it has no column version_num"),
        (
            "CREATE SCHEMA a; CREATE SCHEMA b;" + version("a.crm_v") + version("b.crm_v"),
            "there are a.crm_v, b.crm_v",
        ),
    ],
)
def test_version_table_that_tells_nothing_is_told(crm: Host, sql: str, reason: str) -> None:
    crm.database.execute(f"SELECT 1; {sql}")
    with pytest.raises(NoVersionTable) as excinfo:
        adopt(crm, "crm", table="crm_v")
    assert excinfo.value.reason == reason


def test_version_table_with_a_revision_that_nobody_knows_is_left(crm: Host) -> None:
    crm.database.execute(version("crm_v", "gone_1"))
    words = crm.refuse("plugin", "adopt", "crm", "--version-table", "crm_v")
    assert words.startswith("'gone_1' leads nowhere on branch 'crm'")


def test_version_table_that_something_depends_on_stays_with_all_else(crm: Host) -> None:
    crm.database.execute(version("crm_v", "crm_2") + "CREATE VIEW w AS SELECT * FROM crm_v")
    words = crm.fail("plugin", "adopt", "crm", "--version-table", "crm_v")
    assert "cannot drop table crm_v because other objects depend on it" in words
    assert (crm.database.plugins(), crm.database.versions()) == ([], ["host_2"])
    assert crm.database.values("SELECT version_num FROM crm_v") == ["crm_2"]


@pytest.fixture
def three(bare: Host) -> Host:
    """A host with three plugins that share its schema, each with a version table of its own."""
    for name in ("tags", "posts", "votes"):
        bare.declare(name, 'namespace = "schema public existing"')
        bare.revise(name, f"CREATE TABLE {name} (id int PRIMARY KEY)", f"DROP TABLE {name}")
        bare.database.execute(
            f"CREATE TABLE {name} (id int PRIMARY KEY);"
            + version(f"{name}_alembic_version", f"{name}_1")
        )
    bare.revise("posts", "ALTER TABLE posts ADD tag int REFERENCES tags")
    bare.declare("posts", 'namespace = "schema public existing"', 'requires = ["tags"]')
    bare.database.execute(
        "ALTER TABLE posts ADD tag int REFERENCES tags;"
        "UPDATE posts_alembic_version SET version_num = 'posts_2'; CREATE TABLE legacy (i int)"
    )
    return bare


def test_all_are_adopted_in_one_transaction(three: Host) -> None:
    lines = three.succeed("plugin", "adopt", "--all", "--version-table", PATTERN).lines
    assert sorted(lines) == [
        "adopted posts: 2 revisions",
        "adopted tags: 1 revision",
        "adopted votes: 1 revision",
        "dropped public.posts_alembic_version",
        "dropped public.tags_alembic_version",
        "dropped public.votes_alembic_version",
    ]
    events = "SELECT count(DISTINCT xmin::text) FROM alembic_plugin_event WHERE action = 'adopt'"
    assert three.database.values(events) == [1]
    tables = [f"public.{name}" for name in ("accounts", "legacy", "posts", "tags", "votes")]
    assert three.database.tables() == tables
    assert show_objects(three, "posts") == ("table public.posts",)


def test_one_that_differs_keeps_all_from_being_adopted(three: Host) -> None:
    three.database.execute("ALTER TABLE votes ADD more int")
    words = three.refuse("plugin", "adopt", "--all", "--version-table", PATTERN)
    assert "column public.votes.more is not expected" in words
    assert "'alembic -x plugin=votes stamp votes_1' takes it as it is" in words


def test_all_leaves_those_that_have_no_version_table(three: Host) -> None:
    three.database.execute("DROP TABLE votes_alembic_version")
    adopt(three, table=PATTERN)
    assert three.database.plugins() == ["posts", "tags"]


def test_all_of_none_is_told(bare: Host) -> None:
    bare.revise("crm", "CREATE TABLE t (i int)")
    with pytest.raises(NoVersionTable):
        adopt(bare, table=PATTERN)


def test_several_are_adopted_at_once(three: Host) -> None:
    adopt(three, "posts", "tags")
    assert three.database.plugins() == ["posts", "tags"]


def test_one_is_adopted_beside_the_tables_of_others(three: Host) -> None:
    adopt(three, "tags")
    adopt(three, "posts", table=PATTERN)
    assert three.database.plugins() == ["posts", "tags"]


def test_one_is_not_adopted_without_what_it_requires(three: Host) -> None:
    with pytest.raises(RequirementNotInstalled):
        adopt(three, "posts")


def test_what_is_installed_is_not_adopted(crm: Host) -> None:
    adopt(crm, "crm")
    with pytest.raises(AlreadyInstalled):
        adopt(crm, "crm")


def test_plugin_of_columns_alone_is_adopted(bare: Host) -> None:
    bare.declare("nick", 'writes = ["accounts"]', 'namespace = "prefix nick_"')
    up = "ALTER TABLE accounts ADD nick text; CREATE INDEX nick_i ON accounts (nick)"
    bare.revise("nick", up, "ALTER TABLE accounts DROP nick")
    with pytest.raises(NothingToAdopt):
        adopt(bare, "nick")
    bare.database.execute(up)
    adopt(bare, "nick")
    assert show_objects(bare, "nick") == (
        "index public.nick_i",
        "column public.accounts.nick",
    )


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "ALTER TABLE accounts ADD nick int; CREATE INDEX nick_i ON accounts (nick)",
            "column public.accounts.nick is 'integer' instead of 'text'",
        ),
        ("ALTER TABLE accounts ADD nick text", "index public.nick_i on public.accounts is missing"),
        (
            "ALTER TABLE accounts ADD nick text; CREATE INDEX nick_i ON accounts (id)",
            "index public.nick_i on public.accounts is",
        ),
    ],
)
def test_plugin_of_columns_is_compared(bare: Host, sql: str, words: str) -> None:
    bare.declare("nick", 'writes = ["accounts"]', 'namespace = "prefix nick_"')
    bare.revise(
        "nick", "ALTER TABLE accounts ADD nick text; CREATE INDEX nick_i ON accounts (nick)"
    )
    bare.database.execute(sql)
    with pytest.raises(Different) as excinfo:
        adopt(bare, "nick")
    assert words in str(excinfo.value)


MADE = {
    "type": ("CREATE TYPE kx_t AS ENUM ('a')", "CREATE TYPE kx_t AS ENUM ('b')"),
    "domain": ("CREATE DOMAIN kx_t AS int", "CREATE DOMAIN kx_t AS bigint"),
    "function": (
        "CREATE FUNCTION kx_t() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION kx_t() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    ),
    "statistics": (
        "CREATE STATISTICS kx_t ON id, name FROM kx_a",
        "CREATE STATISTICS kx_t (ndistinct) ON id, name FROM kx_a",
    ),
    "sequence": ("CREATE SEQUENCE kx_t", "CREATE SEQUENCE kx_t INCREMENT 2"),
    "view": (
        "CREATE VIEW kx_t AS SELECT id FROM kx_a",
        "CREATE VIEW kx_t AS SELECT name FROM kx_a",
    ),
}


@pytest.mark.parametrize("namespace", ["schema kx", "prefix kx_", "schema public existing"])
@pytest.mark.parametrize("kind", MADE)
def test_all_that_was_made_is_compared(bare: Host, namespace: str, kind: str) -> None:
    same, other = MADE[kind]
    table = "CREATE TABLE kx_a (id int, name text)"
    bare.declare("kx", f'namespace = "{namespace}"')
    bare.revise("kx", f"{table}; {same}")
    home = "CREATE SCHEMA kx; SET search_path = kx;" if namespace == "schema kx" else ""
    gone = "DROP SCHEMA kx CASCADE" if home else "DROP TABLE kx_a CASCADE"
    bare.database.execute(f"{home} {table}")
    with pytest.raises(Different) as missing:
        adopt(bare, "kx")
    assert "kx_t" in str(missing.value)
    bare.database.execute(f"{gone}; {home} {table}; {other}")
    with pytest.raises(Different) as different:
        adopt(bare, "kx")
    assert "kx_t" in str(different.value)
    drop = gone if home else f"{gone}; {_drop(kind)}"
    bare.database.execute(f"{drop}; {home} {table}; {same}")
    adopt(bare, "kx")
    assert any("kx_t" in item for item in show_objects(bare, "kx"))


def _drop(kind: str) -> str:
    return f"DROP {kind} IF EXISTS kx_t"


def test_schema_that_revisions_make_is_the_plugins_own(bare: Host) -> None:
    bare.declare("ind", 'namespace = "schema plugin_ind existing"')
    up = "CREATE SCHEMA plugin_ind; CREATE TABLE plugin_ind.t (i int)"
    bare.revise("ind", up, "DROP TABLE plugin_ind.t; DROP SCHEMA plugin_ind")
    table = version("public.alembic_version_plugin_ind", "ind_1")
    bare.database.execute(f"{up}; CREATE TABLE plugin_ind.mine (); {table}")
    with pytest.raises(Different):
        adopt(bare, "ind", table="alembic_version_plugin_{name}")
    bare.database.execute("DROP TABLE plugin_ind.mine")
    adopt(bare, "ind", table="alembic_version_plugin_{name}")
    bare.succeed("plugin", "uninstall", "ind", "--yes")
    assert bare.database.schemas() == []


@pytest.mark.parametrize("namespace", ["schema crm", "prefix crm_", "schema public existing"])
@pytest.mark.parametrize("works", [True, False])
def test_host_whose_tables_no_revision_makes_is_copied(
    host: Host, namespace: str, *, works: bool
) -> None:
    host.database.execute(
        "CREATE TABLE alembic_version (version_num varchar(32)); CREATE TABLE accounts ();"
        "INSERT INTO alembic_version VALUES ('host_2'); CREATE TABLE made_by_hand (id int UNIQUE);"
        "INSERT INTO made_by_hand VALUES (1)"
    )
    up = "CREATE TABLE crm_a (i int REFERENCES made_by_hand (id))"
    host.declare("crm", f'namespace = "{namespace}"')
    host.revise("crm", up, "DROP TABLE crm_a" if works else None)
    home = "CREATE SCHEMA crm; SET search_path = crm, public;" if namespace == "schema crm" else ""
    host.database.execute(f"{home}{up}")
    if "existing" in namespace and not works:
        with pytest.raises(ScratchFailed):
            adopt(host, "crm")
        return
    adopt(host, "crm")
    assert len(show_objects(host, "crm")) == 1


def test_column_on_a_table_that_no_revision_makes_is_adopted(host: Host) -> None:
    host.database.execute(
        "CREATE TABLE alembic_version (version_num varchar(32));"
        "INSERT INTO alembic_version VALUES ('host_2'); CREATE TABLE package (id int)"
    )
    host.declare("ext", 'writes = ["package"]', 'namespace = "schema public existing"')
    up = "ALTER TABLE package ADD state text; CREATE TABLE ext (i int)"
    host.revise("ext", up, "DROP TABLE ext; ALTER TABLE package DROP state")
    host.database.execute(up + ";" + version("ext_alembic_version", "ext_1"))
    adopt(host, "ext", table=PATTERN)
    assert show_objects(host, "ext") == ("table public.ext", "column public.package.state")
    host.succeed("plugin", "uninstall", "ext", "--yes")
    assert host.database.query("SELECT * FROM package") == []


def test_refusal_names_the_revision_that_was_asked_for(crm: Host) -> None:
    words = crm.refuse("plugin", "adopt", "crm", "crm_1")
    assert "column crm.contacts.name is not expected" in words
    assert "'alembic -x plugin=crm stamp crm_1' takes it as it is." in words


def test_dry_run_of_an_adoption_compares_and_changes_nothing(crm: Host) -> None:
    crm.database.execute(version("crm_v", "crm_2"))
    before = crm.database.dump()
    lines = crm.succeed("plugin", "adopt", "crm", "--version-table", "crm_v", "--dry-run").lines
    assert [line.split() for line in lines] == [
        ["record", "crm", "crm_1"],
        ["record", "crm", "crm_2"],
        ["register", "crm"],
        ["drop", "version", "tables", "public.crm_v"],
        ["would", "adopt", "crm:", "2", "revisions"],
        ["would", "drop", "public.crm_v"],
    ]
    assert crm.database.dump() == before


def test_footprint_of_an_adoption_is_the_table_that_goes(crm: Host) -> None:
    crm.database.execute(version("crm_v", "crm_2"))
    command = ("plugin", "adopt", "crm", "--version-table", "crm_v", "--dry-run", "--footprint")
    before = crm.database.dump("--exclude-table-data=*.alembic_plugin*")
    assert crm.succeed(*command).lines == ["drops table public.crm_v, which belongs to the host"]
    assert crm.database.dump("--exclude-table-data=*.alembic_plugin*") == before


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE kx_a (i int)",
        "CREATE TYPE kx_a AS ENUM ()",
        "ALTER TABLE accounts ADD kx_a int",
        "CREATE FUNCTION kx_a() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
@pytest.mark.parametrize("namespace", ["prefix kx_", "schema public existing"])
def test_install_over_what_is_there_names_adopt(bare: Host, namespace: str, made: str) -> None:
    bare.declare("kx", f'namespace = "{namespace}"', 'writes = ["accounts"]').revise("kx", made)
    bare.database.execute(made)
    assert "'alembic plugin adopt kx'" in bare.fail("plugin", "install", "kx")
    bare.succeed("plugin", "adopt", "kx")


def test_later_revision_over_what_is_there_names_no_adopt(crm: Host) -> None:
    adopt(crm, "crm")
    crm.revise("crm", "CREATE TABLE crm.contacts ()")
    assert "adopt" not in crm.fail("upgrade", "heads")
