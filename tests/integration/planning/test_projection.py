"""What is recorded first of a database that stock Alembic, or somebody by hand, has changed."""

import pytest
from sqlalchemy import Connection
from support.hosts import Host
from support.sessions import open_session_on

from alembic_plugins import commands
from alembic_plugins.planning.operations import Direction
from alembic_plugins.planning.plan import Plan
from alembic_plugins.planning.projection import plan_catch_up, simulate

NEW = "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"


def make_stock(host: Host, *rows: str) -> Host:
    """Let stock Alembic have left some rows."""
    host.database.execute(NEW)
    for row in rows:
        host.database.execute(f"INSERT INTO alembic_version VALUES ('{row}')")
    return host


def plan(host: Host, connection: Connection) -> Plan:
    """Return what is planned to be recorded first."""
    return plan_catch_up(open_session_on(host, connection))


def ups(found: Plan) -> set[str]:
    """Return the revisions that a plan records as applied."""
    return {step.revision for step in found.steps if step.direction is Direction.UPGRADE}


def downs(found: Plan) -> set[str]:
    """Return the revisions that a plan records as taken back."""
    return {step.revision for step in found.steps if step.direction is Direction.DOWNGRADE}


def test_empty_database_needs_no_contact(host: Host, connection: Connection) -> None:
    assert plan(host, connection) == Plan()


def test_rows_imply_what_they_follow(host: Host, connection: Connection) -> None:
    make_stock(host, "host_2")
    assert ups(plan(host, connection)) == {"host_1", "host_2"}


def test_row_of_a_plugin_implies_what_it_follows(host: Host, connection: Connection) -> None:
    make_stock(host.add("billing"), "host_2", "billing_2")
    assert ups(plan(host, connection)) == {"host_1", "host_2", "billing_1", "billing_2"}


def test_row_of_the_host_that_a_plugin_hides_is_put_back(
    host: Host, connection: Connection
) -> None:
    make_stock(host.add("depends_on_host"), "dependent_1")
    session = open_session_on(host, connection)
    state = simulate(session, plan_catch_up(session), schema_created=False)
    assert state.heads("host") == ("host_2",)
    assert state.heads("depends_on_host") == ("dependent_1",)


def test_row_of_the_host_that_a_fork_hides_is_put_back(host: Host, connection: Connection) -> None:
    make_stock(host.add("forks_host"), "fork_1")
    assert ups(plan(host, connection)) == {"host_1", "fork_1"}


def test_rows_of_plugins_that_hide_each_other_are_put_back(
    host: Host, connection: Connection
) -> None:
    make_stock(host.add("mutual_a", "mutual_b"), "b_2")
    assert ups(plan(host, connection)) == {"a_1", "a_2", "b_1", "b_2"}


def test_row_that_nothing_explains_is_left_alone(host: Host, connection: Connection) -> None:
    make_stock(host, "host_2", "whose")
    assert ups(plan(host, connection)) == {"host_1", "host_2"}


def test_row_that_nothing_explains_is_planned_nothing_for(
    host: Host, connection: Connection
) -> None:
    make_stock(host, "whose")
    assert plan(host, connection).steps == ()


def test_row_of_a_broken_plugin_is_left_alone(host: Host, connection: Connection) -> None:
    make_stock(host.add("broken_syntax"), "host_2", "syntax_1")
    assert ups(plan(host, connection)) == {"host_1", "host_2"}


def test_contact_runs_nothing(host: Host, connection: Connection) -> None:
    make_stock(host, "host_2")
    assert not any(step.runs for step in plan(host, connection).steps)


def test_known_database_needs_no_contact(host: Host, connection: Connection) -> None:
    host.add("billing").run("plugin", "install", "billing")
    assert plan(host, connection) == Plan()


def test_orphan_needs_no_contact(host: Host, connection: Connection) -> None:
    host.add("billing").run("plugin", "install", "billing")
    assert plan(host.remove("billing"), connection) == Plan()


def test_row_that_moved_up_meanwhile_is_taken_as_it_is(host: Host, connection: Connection) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    host.database.execute(
        "UPDATE alembic_version SET version_num = 'billing_2' WHERE version_num = 'billing_1'"
    )
    assert ups(plan(host, connection)) == {"billing_2"}


def test_row_that_moved_down_meanwhile_is_taken_as_it_is(
    host: Host, connection: Connection
) -> None:
    host.run("upgrade", "head")
    host.database.execute("UPDATE alembic_version SET version_num = 'host_1'")
    assert downs(plan(host, connection)) == {"host_2"}


def test_row_that_went_meanwhile_is_taken_as_it_is(host: Host, connection: Connection) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.database.execute("DELETE FROM alembic_version WHERE version_num = 'billing_2'")
    assert downs(plan(host, connection)) == {"billing_1", "billing_2"}


@pytest.mark.parametrize("row", ["dependent_1", "host_2"])
def test_contact_is_made_once(host: Host, connection: Connection, row: str) -> None:
    make_stock(host.add("depends_on_host"), row)
    host.run("upgrade", "heads")
    assert plan(host, connection) == Plan()


def test_contact_is_in_the_history(host: Host) -> None:
    make_stock(host.add("depends_on_host"), "dependent_1")
    host.run("upgrade", "heads")
    assert host.database.query("SELECT DISTINCT action FROM alembic_plugin_event") == [("adopt",)]


def test_simulated_state_has_what_the_plan_installs(host: Host, connection: Connection) -> None:
    make_stock(host.add("billing"), "billing_1")
    session = open_session_on(host, connection)
    state = simulate(session, plan_catch_up(session), schema_created=False)
    assert [item.revision for item in state.applied] == ["billing_1"]
    assert not state.plugins["billing"].schema_created


def test_plugin_whose_row_is_lost_is_listed(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.database.execute("DELETE FROM alembic_plugin")
    [status] = commands.list_plugins(host.config()).plugins
    assert (status.name, status.state, status.current) == ("billing", "installed", "billing_2")


def test_plugin_whose_row_is_lost_is_registered_again(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing")
    [before] = host.database.query("SELECT namespace, schema_created FROM alembic_plugin")
    host.database.execute("DELETE FROM alembic_plugin")
    commands.install(host.config(), ["named_by_prefix"])
    found = "SELECT namespace, schema_created FROM alembic_plugin WHERE name = 'billing'"
    assert host.database.query(found) == [before]


def test_registering_again_is_in_the_history(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing")
    host.database.execute("DELETE FROM alembic_plugin")
    commands.install(host.config(), ["named_by_prefix"])
    assert commands.history(host.config(), "billing")[-1].action == "register"


def test_plugin_whose_row_is_lost_is_uninstalled(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.database.execute("DELETE FROM alembic_plugin")
    commands.uninstall(host.config(), ["billing"])
    assert (host.database.schemas(), host.database.versions()) == ([], ["host_2"])


def test_plugin_whose_row_and_files_are_lost_is_uninstalled(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.remove("billing").database.execute("DELETE FROM alembic_plugin")
    commands.uninstall(host.config(), ["billing"])
    assert (host.database.tables(), host.database.versions()) == (["public.accounts"], ["host_2"])


def test_plugin_whose_row_is_lost_is_found_by_its_revisions_requirers(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    host.database.execute("DELETE FROM alembic_plugin WHERE name = 'billing'")
    commands.uninstall(host.config(), ["billing"], cascade=True)
    assert host.database.plugins() == []


def test_namespace_of_a_lost_row_is_that_on_disk(host: Host) -> None:
    host.add("named_by_prefix", "billing").run("plugin", "install", "named_by_prefix")
    host.database.execute("DELETE FROM alembic_plugin")
    commands.install(host.config(), ["billing"])
    found = "SELECT namespace FROM alembic_plugin WHERE name = 'named_by_prefix'"
    assert host.database.values(found) == ["prefix wiki_"]
