"""What the database remembers, as objects."""

from dataclasses import replace

import pytest

from alembic_plugins import Prefix, Schema
from alembic_plugins.plugin import Namespace
from alembic_plugins.registry.state import (
    AppliedRevision,
    InstalledPlugin,
    Interruption,
    State,
    find_heads,
)
from alembic_plugins.revisions.files import RevisionInfo

from ..builders import make_applied, make_installed, make_row, make_state, set_aside

APPLIED = (
    make_applied("h1", "host"),
    make_applied("b1", "billing", (), ("h1",)),
    make_applied("h2", "host", ("h1",)),
    make_applied("b2", "billing", ("b1",)),
    make_applied("b3", "billing", ("b1",)),
)


def test_installed_plugin_is_made_of_a_row() -> None:
    row = make_row(
        name="billing",
        package="acme",
        version="1",
        namespace="prefix bill_ bills",
        schema_created=False,
        requires=["tags"],
    )
    plugin = InstalledPlugin.from_row(row)
    namespace = Prefix("bill_", "bills")
    assert plugin == InstalledPlugin("billing", "acme", "1", namespace, False, ("tags",), None)


def test_plugin_that_is_set_aside_is_made_of_a_row() -> None:
    row = make_row(
        name="billing",
        package=None,
        version=None,
        namespace="schema billing",
        schema_created=True,
        requires=[],
        quarantine="quarantine_billing",
    )
    assert InstalledPlugin.from_row(row).quarantine == "quarantine_billing"


def test_applied_revision_is_made_of_a_row() -> None:
    row = make_row(
        revision="b1",
        plugin="billing",
        down_revision=["b0"],
        depends_on=["h1"],
        branch_labels=["x"],
        description="d",
    )
    applied = AppliedRevision.from_row(row)
    assert applied == AppliedRevision("b1", "billing", ("b0",), ("h1",), ("x",), "d", None)


def test_applied_revision_has_the_checksum_of_its_row() -> None:
    row = make_row(
        revision="b1",
        plugin="billing",
        down_revision=[],
        depends_on=[],
        branch_labels=[],
        description="d",
        checksum="c0ffee",
    )
    assert AppliedRevision.from_row(row).checksum == "c0ffee"


@pytest.mark.parametrize("known", [True, False])
def test_applied_revision_tells_whether_its_objects_are_known(known: bool) -> None:
    row = make_row(
        revision="b1",
        plugin="billing",
        down_revision=[],
        depends_on=[],
        branch_labels=[],
        description="d",
        checksum="c0ffee",
        objects_known=known,
    )
    assert AppliedRevision.from_row(row).objects_known is known


def test_interruption_is_made_of_a_row() -> None:
    row = make_row(
        revision="b1",
        plugin="billing",
        direction="upgrade",
        statements=["1 aa"],
        pending="bb",
        invalid_before=["billing.ix"],
    )
    lists = (("1 aa",), "bb", ("billing.ix",))
    assert Interruption.from_row(row) == Interruption("b1", "billing", "upgrade", *lists)


def test_applied_revision_is_described_as_its_file_would() -> None:
    applied = AppliedRevision("b1", "billing", ("b0",), ("h1",), ("x",), "d")
    assert applied.info == RevisionInfo("b1", ("b0",), ("h1",), ("x",), "d", None)


def test_heads_are_what_nothing_follows() -> None:
    assert State(applied=APPLIED).heads("billing") == ("b2", "b3")


def test_dependency_of_another_branch_is_a_head_all_the_same() -> None:
    applied = (make_applied("h1", "host"), make_applied("b1", "billing", (), ("h1",)))
    assert State(applied=applied).heads("host") == ("h1",)


def test_nothing_has_no_heads() -> None:
    assert find_heads(()) == ()


def test_branches_stand_in_the_order_in_which_they_were_begun() -> None:
    assert State(applied=APPLIED).branches == ("host", "billing")


def test_revisions_of_a_branch_stand_in_order_of_application() -> None:
    assert [item.revision for item in State(applied=APPLIED).of("host")] == ["h1", "h2"]


def test_revisions_are_found_by_id() -> None:
    assert State(applied=APPLIED).by_revision["b2"].plugin == "billing"


def test_state_with_other_revisions_keeps_its_plugins() -> None:
    state = make_state(*APPLIED)
    changed = state.with_applied(APPLIED[:1])
    assert (changed.branches, changed.plugins) == (("host",), state.plugins)


def test_revisions_of_what_is_set_aside_are_kept_and_not_applied() -> None:
    state = set_aside(make_state(*APPLIED), "billing")
    kept = [item.revision for item in state.kept_of("billing")]
    assert (kept, state.of("billing"), state.kept_of("tags")) == (["b1", "b2", "b3"], (), ())


def make_aside(namespace: Namespace) -> InstalledPlugin:
    """Return a plugin that is set aside."""
    return InstalledPlugin("billing", None, None, namespace, True, (), "quarantine_billing")


@pytest.mark.parametrize(
    "namespace", [Schema("billing"), Schema("public", create=False), Prefix("bill_")]
)
def test_objects_of_a_plugin_are_in_its_namespace(namespace: Namespace) -> None:
    assert make_installed("billing", namespace=namespace).place == namespace


@pytest.mark.parametrize("namespace", [Schema("billing"), Prefix("bill_")])
def test_objects_of_what_is_set_aside_are_in_the_quarantine(namespace: Namespace) -> None:
    place = Schema("quarantine_billing", create=False)
    assert make_aside(namespace).place == place


def test_plugin_at_base_that_is_known_all_the_same_has_left_something_behind() -> None:
    state = make_state(*APPLIED)
    known = {**state.plugins, "tags": make_installed("tags")}
    at_base = replace(state, plugins=known, holding=frozenset({"tags"}))
    assert at_base.at_base == at_base.leftover == {"tags"}


def test_plugin_at_base_of_which_nothing_is_known_has_left_nothing_behind() -> None:
    state = State(plugins={"tags": make_installed("tags")})
    assert state.at_base == {"tags"}
    assert state.leftover == frozenset()


def test_plugin_whose_first_revision_was_interrupted_has_left_nothing_behind() -> None:
    begun = {"tags": Interruption("t1", "tags", "upgrade")}
    state = State(plugins={"tags": make_installed("tags")}, interruptions=begun)
    assert state.leftover == frozenset()


def test_plugin_that_is_set_aside_has_left_nothing_behind() -> None:
    assert set_aside(make_state(*APPLIED), "billing").leftover == frozenset()
