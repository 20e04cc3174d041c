"""What one command knows of disk and database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from alembic_plugins import Schema
from alembic_plugins.errors import (
    BrokenRevision,
    DuplicateRevision,
    EmptyPlugin,
    MissingRequirement,
    MissingRevision,
    NamespaceConflict,
    PluginError,
    Quarantined,
    UnknownPlugin,
    UnmetRequirement,
)
from alembic_plugins.namespaces.inferred import Inferred
from alembic_plugins.namespaces.ownership import Dependents
from alembic_plugins.planning.targets import check_namespaces
from alembic_plugins.registry.state import State
from alembic_plugins.revisions.branches import Node
from alembic_plugins.revisions.source import read_source

from ..builders import (
    make_applied,
    make_config,
    make_installed,
    make_session,
    make_state,
    open_session,
    set_aside,
    write_file,
    write_plugin,
    write_revision,
)


def test_branch_of_the_host_is_read(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    assert open_session(tmp_path).branch("host").order == ("h1",)


def test_host_without_a_folder_of_versions_is_empty(tmp_path: Path) -> None:
    assert open_session(tmp_path).branch("host").order == ()


def test_branch_of_a_plugin_is_exactly_its_files(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    write_plugin(tmp_path, "billing", "b1", "b2")
    assert open_session(tmp_path).branch("billing").order == ("b1", "b2")


def test_version_location_that_is_a_plugins_is_not_the_hosts(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    write_revision(tmp_path / "versions", "h1")
    locations = "version_locations = %(here)s/versions:%(here)s/plugins/billing/versions"
    config = make_config(tmp_path)
    config.set_main_option("version_locations", locations.partition(" = ")[2] % {"here": tmp_path})
    assert make_session(config).branch("host").order == ("h1",)


def test_branch_is_read_once(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    session = open_session(tmp_path)
    assert session.branch("billing") is session.branch("billing")


def test_branch_of_one_plugin_reads_no_file_of_another(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    write_file(tmp_path / "plugins/broken/versions/x.py", "not python")
    assert open_session(tmp_path).branch("billing").order == ("b1",)


def test_broken_file_names_the_plugin(tmp_path: Path) -> None:
    write_file(tmp_path / "plugins/broken/versions/x.py", "not python")
    with pytest.raises(BrokenRevision) as excinfo:
        open_session(tmp_path).branch("broken")
    assert excinfo.value.plugin == "broken"


def test_applied_revision_without_a_file_stays_on_its_branch(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    state = make_state(make_applied("b1", "billing"), make_applied("b2", "billing", ("b1",)))
    assert open_session(tmp_path, state).branch("billing").order == ("b1", "b2")


def test_file_wins_over_the_registry(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    session = open_session(tmp_path, make_state(make_applied("b1", "billing", ("zz",))))
    assert session.branch("billing").infos["b1"].path is not None


def test_id_that_another_branch_has_applied_is_refused(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "h1")
    with pytest.raises(DuplicateRevision):
        open_session(tmp_path, make_state(make_applied("h1", "host"))).branch("billing")


def test_new_state_makes_branches_be_read_again(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    session = open_session(tmp_path, make_state(make_applied("b9", "billing")))
    before = session.branch("billing").order
    session.update(State())
    assert ("b9" in before, "b9" in session.branch("billing")) == (True, False)


def test_orphan_is_remembered_from_the_registry(tmp_path: Path) -> None:
    branch = open_session(tmp_path, make_state(make_applied("b1", "billing"))).remembered_branch(
        "billing"
    )
    assert (branch.order, branch.orphaned) == (("b1",), True)


def test_broken_plugin_is_remembered_from_the_registry(tmp_path: Path) -> None:
    write_file(tmp_path / "plugins/billing/versions/x.py", "not python")
    session = open_session(tmp_path, make_state(make_applied("b1", "billing")))
    assert session.remembered_branch("billing").order == ("b1",)


def test_plugin_that_is_there_is_no_orphan(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    assert not open_session(tmp_path).remembered_branch("billing").orphaned


def test_target_without_revisions_is_told(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing")
    with pytest.raises(EmptyPlugin) as excinfo:
        open_session(tmp_path).find_target("billing")
    assert excinfo.value.versions == folder / "versions"


def test_target_that_is_set_aside_is_told(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    state = set_aside(make_state(make_applied("b1", "billing")), "billing")
    with pytest.raises(Quarantined) as excinfo:
        open_session(tmp_path, state).find_target("billing")
    assert vars(excinfo.value) == {"name": "billing", "schema": "quarantine_billing"}


def test_target_that_is_set_aside_and_gone_is_told(tmp_path: Path) -> None:
    state = set_aside(make_state(make_applied("b1", "billing")), "billing")
    with pytest.raises(Quarantined):
        open_session(tmp_path, state).find_target("billing")


def test_requirements_are_names(tmp_path: Path) -> None:
    write_plugin(tmp_path, "tags", toml="version = '1.2'")
    write_plugin(tmp_path, "posts", toml="requires = ['tags>=1']")
    assert open_session(tmp_path).find_requirements("posts") == ("tags",)


def test_host_requires_nothing(tmp_path: Path) -> None:
    assert open_session(tmp_path).find_requirements("host") == ()


def test_requirement_that_is_not_there_is_told(tmp_path: Path) -> None:
    write_plugin(tmp_path, "posts", toml="requires = ['tags>=1']")
    with pytest.raises(MissingRequirement) as excinfo:
        open_session(tmp_path).find_requirements("posts")
    assert vars(excinfo.value) == {"name": "posts", "requirement": "tags>=1"}


def test_requirement_in_another_version_is_told(tmp_path: Path) -> None:
    write_plugin(tmp_path, "tags", toml="version = '0.9'")
    write_plugin(tmp_path, "posts", toml="requires = ['tags>=1']")
    with pytest.raises(UnmetRequirement) as excinfo:
        open_session(tmp_path).find_requirements("posts")
    assert (excinfo.value.name, excinfo.value.found) == ("posts", "0.9")


def test_optional_requirement_counts_where_it_is_installed(tmp_path: Path) -> None:
    write_plugin(tmp_path, "tags")
    write_plugin(tmp_path, "posts", toml="requires = ['tags?']")
    state = make_state(make_applied("t1", "tags"))
    assert open_session(tmp_path, state).find_requirements("posts") == ("tags",)


def test_optional_requirement_does_not_count_where_it_is_not_installed(tmp_path: Path) -> None:
    write_plugin(tmp_path, "tags")
    write_plugin(tmp_path, "posts", toml="requires = ['tags?', 'no_such?']")
    assert open_session(tmp_path).find_requirements("posts") == ()


def test_owner_is_found_on_disk(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    assert open_session(tmp_path).lookup.find_owner("b1") == "billing"


def test_owner_is_found_in_the_registry(tmp_path: Path) -> None:
    state = make_state(make_applied("b1", "billing"))
    assert open_session(tmp_path, state).lookup.find_owner("b1") == "billing"


def test_owner_is_found_beside_a_broken_plugin(tmp_path: Path) -> None:
    write_file(tmp_path / "plugins/aaa/versions/x.py", "not python")
    write_plugin(tmp_path, "billing", "b1")
    assert open_session(tmp_path).lookup.find_owner("b1") == "billing"


def test_revision_that_is_nowhere_has_no_owner(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    assert open_session(tmp_path).lookup.find_owner("zz") is None


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [("b2", ("billing", "b2")), ("t1", ("tags", "t1")), ("tags", ("tags", "t1"))],
)
def test_identifier_is_an_id_or_a_label(
    tmp_path: Path, identifier: str, expected: tuple[str, str]
) -> None:
    write_plugin(tmp_path, "billing", "b1", "b2")
    write_plugin(tmp_path, "tags", "t1", "t2")
    session = open_session(tmp_path)
    assert session.lookup.resolve(session.branch("billing"), identifier) == expected


def test_identifier_that_is_nowhere_is_told(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    session = open_session(tmp_path)
    with pytest.raises(MissingRevision) as excinfo:
        session.lookup.resolve(session.branch("billing"), "zz")
    assert excinfo.value.missing == "zz"


def test_node_has_what_it_follows_and_what_it_depends_on(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    folder = write_plugin(tmp_path, "billing", "b1")
    write_revision(folder / "versions", "b2", "b1", depends=("h1",))
    session = open_session(tmp_path)
    node = session.lookup.make_node(session.branch("billing"), "b2")
    assert node == Node("b2", "billing", ("b1",), ("h1",))


def test_down_revision_on_another_branch_is_a_dependency(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    folder = write_plugin(tmp_path, "billing")
    write_revision(folder / "versions", "b1", "h1")
    session = open_session(tmp_path)
    node = session.lookup.make_node(session.branch("billing"), "b1")
    assert node == Node("b1", "billing", (), ("h1",))


def test_dependency_that_is_nowhere_names_plugin_and_revision(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing")
    write_revision(folder / "versions", "b1", depends=("zz",))
    session = open_session(tmp_path)
    with pytest.raises(MissingRevision) as excinfo:
        session.lookup.make_node(session.branch("billing"), "b1")
    assert vars(excinfo.value) == {"plugin": "billing", "revision": "b1", "missing": "zz"}


def test_closing_adds_what_is_followed_and_depended_on(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    write_plugin(tmp_path, "tags", "t1", "t2")
    folder = write_plugin(tmp_path, "billing")
    write_revision(folder / "versions", "b1", depends=("h1", "t2"))
    nodes = open_session(tmp_path).lookup.close([("billing", "b1")])
    assert set(nodes) == {"b1", "h1", "t1", "t2"}


def test_closing_leaves_out_what_is_applied(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1", "b2")
    state = make_state(make_applied("b1", "billing"))
    assert set(open_session(tmp_path, state).lookup.close([("billing", "b2")])) == {"b2"}


def test_same_id_in_two_plugins_is_told(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "x1")
    write_plugin(tmp_path, "tags", "x1")
    with pytest.raises(DuplicateRevision) as excinfo:
        open_session(tmp_path).lookup.close([("billing", "x1"), ("tags", "x1")])
    assert set(excinfo.value.places) == {"in 'billing'", "in 'tags'"}


def test_plugins_with_one_namespace_are_both_named(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", toml="namespace = 'schema money'")
    write_plugin(tmp_path, "tax", toml="namespace = 'schema money'")
    with pytest.raises(NamespaceConflict) as excinfo:
        check_namespaces(open_session(tmp_path), ["billing", "tax"])
    assert vars(excinfo.value) == {
        "first": "billing",
        "second": "tax",
        "namespace": "schema money",
    }


def test_namespace_of_an_installed_plugin_is_taken(tmp_path: Path) -> None:
    write_plugin(tmp_path, "tax", toml="namespace = 'schema money'")
    installed = make_installed("billing", namespace=Schema("money"))
    applied = (make_applied("b1", "billing"),)
    session = open_session(tmp_path, State(applied=applied, plugins={"billing": installed}))
    with pytest.raises(NamespaceConflict):
        check_namespaces(session, ["tax"])


def test_namespace_of_a_plugin_at_base_is_free(tmp_path: Path) -> None:
    write_plugin(tmp_path, "tax", toml="namespace = 'schema money'")
    installed = make_installed("billing", namespace=Schema("money"))
    session = open_session(tmp_path, State(plugins={"billing": installed}))
    check_namespaces(session, ["tax"])


def test_namespace_of_the_plugin_itself_is_no_conflict(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing")
    session = open_session(tmp_path, State(plugins={"billing": make_installed("billing")}))
    check_namespaces(session, ["billing"])
    assert session.find_plugin("billing").namespace == Schema("billing")


@pytest.mark.parametrize(
    ("name", "alone"), [("billing", True), ("tags", False), ("host", False), ("gone", False)]
)
def test_plugin_alone_is_one_that_says_so(tmp_path: Path, name: str, alone: bool) -> None:
    write_plugin(tmp_path, "billing", toml="transaction = 'revision'")
    write_plugin(tmp_path, "tags")
    assert open_session(tmp_path).is_alone(name) is alone


def test_everything_is_alone_where_the_environment_says_so(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    session.configure(transaction_per_revision=True)
    assert session.is_alone("host")


@pytest.mark.parametrize("toml", ["colour = 1", "not toml"])
def test_broken_plugin_declares_nothing(tmp_path: Path, toml: str) -> None:
    write_plugin(tmp_path, "billing", toml=toml)
    assert open_session(tmp_path).declaration("billing") is None


@pytest.mark.parametrize(("name", "error"), [("gone", UnknownPlugin), ("../x", PluginError)])
def test_branch_of_no_plugin_is_told(tmp_path: Path, name: str, error: type[PluginError]) -> None:
    with pytest.raises(error):
        open_session(tmp_path).branch(name)


def test_node_of_an_applied_revision_is_as_it_was_applied(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing", "b1")
    write_revision(folder / "versions", "b2", "b1")
    state = make_state(make_applied("b1", "billing"), make_applied("b2", "billing", (), ("h1",)))
    session = open_session(tmp_path, state)
    node = session.lookup.make_node(session.branch("billing"), "b2")
    assert node == Node("b2", "billing", (), ("h1",))


def test_node_of_an_applied_revision_can_be_read_as_its_file_is_now(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing", "b1")
    write_revision(folder / "versions", "b2", "b1")
    state = make_state(make_applied("b1", "billing"), make_applied("b2", "billing", (), ("h1",)))
    session = open_session(tmp_path, state)
    node = session.lookup.read_node(session.branch("billing"), "b2")
    assert node == Node("b2", "billing", ("b1",), ())


def test_node_that_is_read_names_what_is_nowhere(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing")
    write_revision(folder / "versions", "b1", depends=("zz",))
    session = open_session(tmp_path, make_state(make_applied("b1", "billing")))
    with pytest.raises(MissingRevision) as excinfo:
        session.lookup.read_node(session.branch("billing"), "b1")
    assert vars(excinfo.value) == {"plugin": "billing", "revision": "b1", "missing": "zz"}


def apply(path: Path, name: str) -> State:
    """Return a state in which the revision of a file is applied as the file is now."""
    source = read_source(str(path))
    assert source is not None
    return make_state(make_applied("b1", name, checksum=source.checksum))


def change(path: Path, text: str) -> None:
    """Add lines to a file."""
    write_file(path, f"{path.read_text('utf-8')}\n{text}\n")


@dataclass
class Imagined:
    """A database that remembers files as they were applied, or is not to be asked."""

    text: str | None

    def find_users(self, _name: str) -> Dependents:
        return {}

    def find_sources(self, revisions: Sequence[str]) -> Mapping[str, str]:
        assert self.text is not None
        return dict.fromkeys(revisions, self.text)


@pytest.mark.parametrize(
    ("text", "changed"), [("", ()), ("# better", ()), ("\n\n", ()), ("better = 1", ("b1",))]
)
def test_file_that_was_changed_since_it_was_applied_is_found(
    tmp_path: Path, text: str, changed: tuple[str, ...]
) -> None:
    path = write_plugin(tmp_path, "billing", "b1") / "versions/b1_.py"
    state, before = apply(path, "billing"), path.read_text("utf-8")
    change(path, text)
    session = open_session(tmp_path, state)
    session.update(session.state, Imagined(before))
    assert session.find_changed("billing") == changed


def test_file_is_not_compared_whose_bytes_are_the_same(tmp_path: Path) -> None:
    state = apply(write_plugin(tmp_path, "billing", "b1") / "versions/b1_.py", "billing")
    session = open_session(tmp_path, state)
    session.update(session.state, Imagined(None))
    assert session.find_changed("billing") == ()


def test_file_whose_checksum_is_of_another_kind_has_not_changed(tmp_path: Path) -> None:
    path = write_plugin(tmp_path, "billing", "b1") / "versions/b1_.py"
    session = open_session(tmp_path, make_state(make_applied("b1", "billing", checksum="c0ffee")))
    session.update(session.state, Imagined(path.read_text("utf-8")))
    assert session.find_changed("billing") == ()


def test_file_of_the_hosts_that_was_changed_is_found(tmp_path: Path) -> None:
    path = write_revision(tmp_path / "versions", "b1")
    state = apply(path, "host")
    change(path, "better = 1")
    assert open_session(tmp_path, state).find_changed("host") == ("b1",)


def test_only_the_changed_revisions_are_found(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing", "b1", "b2", "b3") / "versions"
    sources = {n: read_source(str(folder / f"b{n}_.py")) for n in (1, 2, 3)}
    applied = [
        make_applied(f"b{n}", "billing", checksum=source.checksum)
        for n, source in sources.items()
        if source
    ]
    change(folder / "b2_.py", "better = 1")
    assert len(applied) == 3
    assert open_session(tmp_path, make_state(*applied)).find_changed("billing") == ("b2",)


def test_file_that_is_gone_has_not_changed(tmp_path: Path) -> None:
    path = write_plugin(tmp_path, "billing", "b1", "b2") / "versions/b1_.py"
    state = apply(path, "billing")
    path.unlink()
    assert open_session(tmp_path, state).find_changed("billing") == ()


def test_orphan_has_not_changed(tmp_path: Path) -> None:
    state = make_state(make_applied("b1", "billing", checksum="c0ffee"))
    assert open_session(tmp_path, state).find_changed("billing") == ()


def test_broken_plugin_has_not_changed(tmp_path: Path) -> None:
    path = write_plugin(tmp_path, "billing", "b1") / "versions/b1_.py"
    state = apply(path, "billing")
    write_file(path, "not python")
    assert open_session(tmp_path, state).find_changed("billing") == ()


def test_file_that_was_applied_without_a_checksum_has_not_changed(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    session = open_session(tmp_path, make_state(make_applied("b1", "billing")))
    assert session.find_changed("billing") == ()


def test_file_that_is_not_applied_has_not_changed(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1", "b2")
    assert open_session(tmp_path).find_changed("billing") == ()


def test_nothing_leans_on_anything_unless_the_database_says_so(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    assert (session.find_users("billing"), session.cascaded) == ({}, frozenset())


def make_untraced(*known: bool) -> State:
    """Return a state in which a plugin has revisions whose objects are known, or are not."""
    applied = [make_applied(f"b{number}", "billing") for number in range(len(known))]
    items = zip(applied, known, strict=True)
    return make_state(*(item._replace(objects_known=is_known) for item, is_known in items))


@pytest.mark.parametrize(
    ("known", "is_inferred"),
    [((), True), ((True, True), True), ((True, False), False), ((False,), False)],
)
def test_plugin_is_traced_where_the_objects_of_all_its_revisions_are_known(
    tmp_path: Path, known: tuple[bool, ...], is_inferred: bool
) -> None:
    assert open_session(tmp_path, make_untraced(*known)).is_inferred("billing") is is_inferred


def test_plugin_that_is_set_aside_is_traced_likewise(tmp_path: Path) -> None:
    session = open_session(tmp_path, set_aside(make_untraced(False), "billing"))
    assert not session.is_inferred("billing")


def test_plugin_whose_objects_were_found_out_is_traced(tmp_path: Path) -> None:
    session = open_session(tmp_path, make_untraced(False))
    session.add_inferred("billing", Inferred(()))
    assert session.is_inferred("billing")
