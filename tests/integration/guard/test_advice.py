"""What refusals advise, done literally, until the command that was refused passes."""

import re
import shlex
from collections.abc import Sequence

import pytest
from support.hosts import Host

INSTALL = "plugin install crm"
UNINSTALL = "plugin uninstall crm --yes"

_DECLARATION = re.compile(r"[Dd]eclare (\w+ = .+?) in \S*folder '\S*/plugins/(\w+)'")
_OPTION = re.compile(r"[Ss]et (plugin_guard_allow = .+?) in the host's configuration")
_COMMAND = re.compile(r"'alembic ([^']+)'")


@pytest.fixture
def host(host: Host) -> Host:
    """A host with a table, a function, and plugin `notes` that has a table."""
    host.run("upgrade", "head")
    host.database.execute(
        "CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42'; CREATE SCHEMA sales"
    )
    host.revise("notes", "CREATE TABLE t (id int PRIMARY KEY)", "DROP TABLE t")
    host.run("plugin", "install", "notes")
    return host


def call(host: Host, command: str) -> str:
    """Run a command; return its refusal, or nothing where it has passed."""
    done = host.alembic(*shlex.split(command))
    assert "Traceback" not in done.output
    return "\n".join(done.failures) if done.exit_code else ""


def follow(host: Host, refusal: str) -> None:
    """Do what a refusal of the guard says."""
    declared = _DECLARATION.findall(refusal)
    allowed = _OPTION.findall(refusal)
    assert declared or allowed, refusal
    for line, plugin in declared:
        file = host.folder / "plugins" / plugin / "plugin.toml"
        before = file.read_text() if file.exists() else ""
        key = line.partition(" ")[0]
        kept = [old for old in before.splitlines() if not old.startswith(key)]
        host.declare(plugin, *kept, line)
    host.configure(*allowed)


@pytest.mark.parametrize(
    ("namespace", "sql"),
    [
        ("schema crm", "CREATE TABLE public.contacts ()"),
        ("schema crm", "CREATE TABLE sales.contacts ()"),
        ("schema crm", "CREATE TABLE contacts (); ALTER TABLE contacts SET SCHEMA sales"),
        ("schema crm", "INSERT INTO public.accounts (email) VALUES ('e')"),
        ("schema crm", "ALTER TABLE public.accounts ADD crm_rank int"),
        ("schema crm", "CREATE INDEX crm_i ON public.accounts (email)"),
        ("schema crm", "COMMENT ON TABLE public.accounts IS 'c'"),
        ("schema crm", "ALTER TABLE public.accounts RENAME TO people"),
        ("schema crm", "ALTER TABLE public.accounts SET SCHEMA crm"),
        ("schema crm", "DROP TABLE public.accounts"),
        ("schema crm", "CREATE VIEW v AS SELECT * FROM notes.t"),
        ("schema crm", "CREATE TABLE c (id int REFERENCES notes.t)"),
        ("schema crm", "INSERT INTO notes.t VALUES (1)"),
        ("schema crm", "CREATE SCHEMA other"),
        ("schema crm", "COMMENT ON SCHEMA sales IS 's'"),
        ("schema crm", "ALTER SCHEMA sales RENAME TO sold"),
        ("schema crm", "ALTER SCHEMA notes RENAME TO memos"),
        ("schema crm", "CREATE CAST (bigint AS uuid) WITH INOUT"),
        ("schema crm", "COMMENT ON FUNCTION public.answer() IS 'a'"),
        ("schema crm", "DROP FUNCTION public.answer()"),
        ("schema crm", "CREATE EXTENSION plpgsql_check"),
        ("prefix crm_", "CREATE TABLE contacts ()"),
        ("prefix crm_", "CREATE TABLE crm_contacts (); CREATE VIEW crews AS SELECT 1 AS a"),
        ("prefix crm_", "CREATE TABLE contacts (); CREATE TABLE companies ()"),
        ("prefix crm_", 'CREATE TABLE "2fa" ()'),
        ("schema crm", "CREATE CAST (bigint AS uuid) WITH INOUT; CREATE SCHEMA other"),
        ("schema crm", "CREATE SCHEMA other; CREATE VIEW v AS SELECT * FROM notes.t"),
        ("prefix crm_", "INSERT INTO accounts (email) VALUES ('e')"),
        ("schema public existing", "ALTER TABLE accounts ADD crm_rank int"),
        ("schema public existing", "INSERT INTO notes.t VALUES (1)"),
    ],
)
def test_advice_of_the_guard_lets_a_revision_pass(host: Host, namespace: str, sql: str) -> None:
    host.declare("crm", f'namespace = "{namespace}"').revise("crm", sql)
    refusal = call(host, INSTALL)
    if "is not available" in refusal:
        pytest.skip("the server does not have that extension")
    for _ in range(2):
        follow(host, refusal)
        if not (refusal := call(host, INSTALL)):
            return
    pytest.fail(refusal)


@pytest.mark.parametrize(
    ("line", "sql"),
    [
        ("writes = cases", "COMMENT ON TABLE public.accounts IS 'c'"),
        ("requires =", "CREATE VIEW v AS SELECT * FROM notes.t"),
        ("namespace = schema crm", "CREATE TABLE public.contacts ()"),
    ],
)
def test_advice_is_done_in_the_section_that_overrides(host: Host, line: str, sql: str) -> None:
    host.declare("crm", "writes = []").revise("crm", sql)
    host.configure("[alembic_plugins.crm]", line)
    refusal = call(host, INSTALL)
    advice = re.search(r"eclare (.+) in section \[alembic_plugins.crm\] of alembic.ini", refusal)
    assert advice is not None, refusal
    host.ini.write_text(host.ini.read_text().replace(line, advice[1]))
    assert call(host, INSTALL) == ""


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE notes.t ADD more int",
        "INSERT INTO notes.t VALUES (1)",
        "CREATE TABLE notes.more ()",
        "CREATE INDEX i ON notes.t (id)",
        "DROP SCHEMA notes CASCADE",
        "CREATE FUNCTION notes.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_advice_of_the_guard_lets_a_revision_of_the_host_pass(host: Host, sql: str) -> None:
    host.revise("host", sql)
    refusal = call(host, "upgrade head")
    follow(host, refusal)
    assert call(host, "upgrade head") == ""


MAKES_SCHEMA = "CREATE SCHEMA crm; CREATE TABLE crm.t ()"


@pytest.mark.parametrize("namespace", ["schema crm", "schema crm existing"])
def test_plugin_that_makes_its_schema_is_installed_by_what_is_advised(
    host: Host, namespace: str
) -> None:
    host.declare("crm", f'namespace = "{namespace}"').revise("crm", MAKES_SCHEMA)
    refusal = call(host, INSTALL)
    for line in re.findall(r"declare (namespace = '[^']+')", refusal):
        host.declare("crm", line)
    assert call(host, INSTALL) == ""


def test_plugin_whose_schema_its_revisions_have_made_before_is_adopted(host: Host) -> None:
    host.declare("crm", 'namespace = "schema crm existing"').revise("crm", MAKES_SCHEMA)
    host.database.execute(MAKES_SCHEMA)
    refusal = call(host, INSTALL)
    assert "declare" not in refusal
    assert [call(host, command) for command in _COMMAND.findall(refusal)] == [""]


LOOKS_ELSEWHERE = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "crm_1", None


def upgrade():
    sa.inspect(op.get_bind().engine).get_columns("nowhere")
"""


@pytest.mark.parametrize(("transaction", "times"), [("plugin", 1), ("revision", 0)])
def test_transaction_of_its_own_is_advised_unless_it_is_declared(
    host: Host, transaction: str, times: int
) -> None:
    host.declare("crm", f"transaction = '{transaction}'")
    host.write("plugins/crm/versions/crm_1.py", LOOKS_ELSEWHERE)
    refusal = call(host, INSTALL)
    assert "NoSuchTableError: nowhere" in refusal
    assert refusal.count("declare transaction = 'revision'") == times


def walk(host: Host, command: str, choice: str) -> None:
    """Run a command that is refused, do what the refusal says, and run the command again."""
    refusal = call(host, command)
    same = command.partition(" --")[0]
    quoted = [
        found
        for found in _COMMAND.findall(refusal)
        if found.startswith(choice) or (choice in found and found.startswith(same))
    ]
    if choice.startswith("namespace"):
        found = re.search(r'namespace = "[^"]+"', refusal)
        assert found is not None, refusal
        host.declare("crm", found[0])
        assert call(host, command) == ""
    elif quoted:
        again = "" if "forget" in quoted[0] or "adopt" in quoted[0] else " --yes"
        assert call(host, quoted[0] + again) == "", refusal
    else:
        assert choice in refusal
        assert call(host, f"{command} {choice}".replace("PATH", "crm.dump")) == ""


@pytest.mark.parametrize(
    ("before", "choice"),
    [
        ("CREATE SCHEMA crm; CREATE TABLE crm.old ()", "namespace"),
        ("CREATE SCHEMA crm; CREATE TABLE crm.a ()", "plugin adopt"),
    ],
)
def test_plugin_can_come_where_there_is_something(host: Host, before: str, choice: str) -> None:
    host.database.execute(before)
    host.revise("crm", "CREATE TABLE crm.a ()", "DROP TABLE crm.a")
    walk(host, INSTALL, choice)


@pytest.mark.parametrize(
    ("up", "down", "beside", "command", "choice"),
    [
        ("CREATE TABLE a ()", "SELECT 1", "", UNINSTALL, "--purge"),
        ("CREATE TABLE a ()", None, "", UNINSTALL, "--purge"),
        ("CREATE TABLE a ()", "SELECT 1/0", "", UNINSTALL, "--purge"),
        ("CREATE TABLE a ()", "DROP TABLE a", "CREATE TABLE crm.b ()", UNINSTALL, "--keep-data"),
        (
            "CREATE TABLE a ()",
            "DROP TABLE a",
            "CREATE TABLE crm.b ()",
            UNINSTALL,
            "--with-unknown-objects",
        ),
        (
            "CREATE TABLE a ()",
            "DROP TABLE a",
            "CREATE TABLE crm.b ()",
            f"{UNINSTALL} --purge",
            "--keep-data",
        ),
        ("CREATE TABLE a ()", "", "", "downgrade crm@base", "plugin uninstall"),
    ],
)
def test_plugin_can_go(
    host: Host, up: str, down: str | None, beside: str, command: str, choice: str
) -> None:
    host.revise("crm", up, down).run("plugin", "install", "crm")
    if beside:
        host.database.execute(beside)
    if command.startswith("downgrade"):
        host.run(*command.split())
        command = UNINSTALL
    walk(host, command.replace(" --purge", "") if choice == "--keep-data" else command, choice)
    assert "crm.a" not in host.database.tables()


@pytest.mark.parametrize("options", [[], ["--purge"], ["--backup", "crm.dump"]])
def test_plugin_can_go_when_what_uses_it_is_gone(host: Host, options: Sequence[str]) -> None:
    host.revise("crm", "CREATE TABLE a (id int PRIMARY KEY)", "DROP TABLE a")
    host.run("plugin", "install", "crm")
    host.database.execute("CREATE VIEW seen AS SELECT * FROM crm.a")
    command = shlex.join([*UNINSTALL.split(), *options])
    refusal = call(host, command)
    assert "view public.seen" in refusal
    host.database.execute("DROP VIEW seen")
    assert call(host, command) == ""
