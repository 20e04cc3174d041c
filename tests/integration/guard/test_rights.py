"""A role that may create objects in a schema on the search path of the one who migrates."""

import os
from collections.abc import Iterator

import pytest
from support.hosts import Host

ROLE = f"mallory_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

BODY = "LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.caught VALUES (1); RETURN {0}; END $$"

TRAPS = {
    "function": (
        "CREATE FUNCTION public.set_config(varchar, varchar, boolean) RETURNS text "
        + BODY.format("''")
    ),
    "operator": (
        "CREATE FUNCTION public.same(varchar, varchar) RETURNS boolean "
        + BODY.format("true")
        + "; CREATE OPERATOR public.="
        " (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.same)"
    ),
    "name and text": (
        "CREATE FUNCTION public.same(name, varchar) RETURNS boolean "
        + BODY.format("true")
        + "; CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = varchar, FUNCTION = public.same)"
    ),
    "oid and int": (
        "CREATE FUNCTION public.later(oid, int) RETURNS boolean "
        + BODY.format("true")
        + "; CREATE OPERATOR public.>= (LEFTARG = oid, RIGHTARG = int, FUNCTION = public.later)"
    ),
}

COMMANDS = [
    ("plugin", "install", "crm"),
    ("plugin", "uninstall", "wiki", "--yes", "--purge"),
    ("plugin", "list"),
    ("plugin", "show", "wiki"),
    ("plugin", "history"),
    ("upgrade", "heads"),
    ("downgrade", "-1"),
    ("current",),
    ("-x", "plugin=wiki", "upgrade", "head"),
]


@pytest.fixture
def shared(host: Host) -> Iterator[Host]:
    """A host in `public`, where another role may create objects, with a plugin."""
    host.revise("wiki", "CREATE TABLE a ()").revise("crm", "CREATE TABLE a ()")
    host.run("plugin", "install", "wiki")
    host.database.execute(
        f"CREATE TABLE caught (i int); DROP ROLE IF EXISTS {ROLE}; CREATE ROLE {ROLE};"
        f"GRANT CREATE, USAGE ON SCHEMA public TO {ROLE}; GRANT INSERT ON caught TO PUBLIC"
    )
    yield host
    host.database.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


@pytest.mark.parametrize("trap", TRAPS.values(), ids=list(TRAPS))
def test_no_command_runs_what_another_role_has_planted(shared: Host, trap: str) -> None:
    shared.database.execute(f"SET ROLE {ROLE}; {trap}")
    for command in COMMANDS:
        assert f"of role {ROLE}" in shared.fail(*command)
    assert shared.database.values("SELECT i FROM caught") == []


@pytest.mark.parametrize(
    "harmless",
    [
        "SET ROLE {0}; CREATE FUNCTION public.mine(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION public.max(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mallory AUTHORIZATION {0}; SET ROLE {0};"
        " CREATE FUNCTION mallory.max(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_functions_that_do_no_harm_are_let_be(shared: Host, harmless: str) -> None:
    shared.database.execute(harmless.format(ROLE))
    shared.run("plugin", "install", "crm")


def test_functions_of_a_role_that_is_trusted_are_let_be(shared: Host) -> None:
    function = "CREATE FUNCTION public.max(text) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    shared.database.execute(f"SET ROLE {ROLE}; {function}")
    assert f"function public.max of role {ROLE}" in shared.refuse("plugin", "install", "crm")
    shared.configure(f"plugin_trusted_roles = {ROLE}")
    shared.run("plugin", "install", "crm")
