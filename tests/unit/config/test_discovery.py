"""How plugins are found: folders, sections and entry points."""

import os
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from alembic_plugins import Plugin, Prefix, Schema
from alembic_plugins.config.declarations import declare
from alembic_plugins.config.discovery import Discovery, FoundPlugin
from alembic_plugins.config.settings import ENTRY_POINT_GROUP
from alembic_plugins.errors import (
    BrokenPlugin,
    DuplicatePlugin,
    InvalidDeclaration,
    InvalidName,
    PluginRenamed,
    ReferenceFailed,
    UnknownPlugin,
)

from ..builders import make_settings, write_file, write_plugin

HOOKS = "name = 'here'\n\n\nclass Life:\n    class cycle:\n        name = 'here'\n"
PLUGIN = "from alembic_plugins import Plugin\nplugin = Plugin({!r}, {})\n"


@pytest.fixture(autouse=True)
def _forget_modules() -> Iterator[None]:
    """Forget the modules that a test has imported."""
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that can be imported."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def write_package(site: Path, name: str, init: str = "", versions: str = "versions") -> Path:
    """Write a package with a folder of versions."""
    write_file(site / name / "__init__.py", init)
    (site / name / versions).mkdir()
    return site / name


def write_distribution(site: Path, name: str, entry_points: str, version: str = "2.1") -> None:
    """Write what an installed distribution says of itself."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    write_file(info / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    write_file(info / "entry_points.txt", entry_points)


def publish(monkeypatch: pytest.MonkeyPatch, *found: EntryPoint) -> None:
    """Let these be all entry points that there are."""

    place = "alembic_plugins.config.entry_points.entry_points"
    monkeypatch.setattr(place, lambda: EntryPoints(found))


def ours(name: str, value: str) -> EntryPoint:
    """Return an entry point of our group."""
    return EntryPoint(name, value, ENTRY_POINT_GROUP)


def discover(here: Path, **values: object) -> Discovery:
    """Return the plugins of a host in a folder."""
    return Discovery(make_settings(here, **values))


def test_folder_with_versions_is_a_plugin(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing")
    assert discover(tmp_path).find("billing") == FoundPlugin(
        Plugin("billing"),
        folder / "versions",
        Schema("billing"),
        f"folder '{folder}'",
        folder=folder,
    )


def test_folder_with_a_declaration_is_a_plugin(tmp_path: Path) -> None:
    write_file(tmp_path / "plugins/billing/plugin.toml", "versions = 'migrations'")
    (tmp_path / "plugins/billing/migrations").mkdir()
    found = discover(tmp_path).find("billing")
    assert found.versions == tmp_path / "plugins/billing/migrations"


@pytest.mark.parametrize(
    ("toml", "field", "value"),
    [
        ("version = '1.4'", "version", "1.4"),
        ("description = 'Bills'", "description", "Bills"),
        ("namespace = 'prefix bill_'", "namespace", Prefix("bill_")),
        ("models = 'models:metadata'", "models", "models:metadata"),
        ("requires = ['tags>=1, <2']", "requires", ["tags>=1, <2"]),
        ("extensions = ['citext']", "extensions", ["citext"]),
        ("writes = ['users']", "writes", ["users"]),
        ("transaction = 'revision'", "transaction", "revision"),
    ],
)
def test_declaration_of_a_folder_is_read(
    tmp_path: Path, toml: str, field: str, value: object
) -> None:
    write_plugin(tmp_path, "billing", toml=toml)
    assert getattr(discover(tmp_path).find("billing").declaration, field) == value


def test_folder_without_versions_and_declaration_is_no_plugin(tmp_path: Path) -> None:
    write_file(tmp_path / "plugins/notes/readme.txt")
    write_file(tmp_path / "plugins/a_file")
    assert discover(tmp_path).names == ()


def test_folder_of_plugins_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert discover(tmp_path, folders=(tmp_path / "gone",)).names == ()


def test_folders_of_plugins_are_all_searched(tmp_path: Path) -> None:
    (tmp_path / "one/billing/versions").mkdir(parents=True)
    (tmp_path / "two/audit/versions").mkdir(parents=True)
    found = discover(tmp_path, folders=(tmp_path / "one", tmp_path / "two"))
    assert found.names == ("audit", "billing")


def test_folder_with_a_bad_name_does_not_hide_the_others(tmp_path: Path) -> None:
    write_plugin(tmp_path, "Bad-Name")
    write_plugin(tmp_path, "billing")
    found = discover(tmp_path)
    assert (found.names, found.find("billing").name) == (("Bad-Name", "billing"), "billing")
    with pytest.raises(InvalidName):
        found.find("Bad-Name")


def test_unknown_key_is_named_with_its_file(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing", toml="colour = 'red'")
    with pytest.raises(InvalidDeclaration) as excinfo:
        discover(tmp_path).find("billing")
    assert excinfo.value.source == f"'{folder / 'plugin.toml'}'"
    assert excinfo.value.problem == (
        "'colour' is not one of autogenerate, description, extensions, formerly, hooks, models, "
        "namespace, requires, tables, transaction, version, versions, writes"
    )


def test_name_is_no_key_of_a_declaration(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", toml="name = 'billing'")
    with pytest.raises(InvalidDeclaration, match="'name' is not one of"):
        discover(tmp_path).find("billing")


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("version = 1.4", "'version' must be a string"),
        ("requires = [1]", "'requires' must be a list of strings"),
        ("transaction = 'x'", "'transaction' must be 'plugin' or 'revision'"),
        ("requires = ['billing']", "it requires itself"),
    ],
)
def test_wrong_value_is_told_with_its_file(tmp_path: Path, toml: str, problem: str) -> None:
    folder = write_plugin(tmp_path, "billing", toml=toml)
    with pytest.raises(InvalidDeclaration) as excinfo:
        discover(tmp_path).find("billing")
    source = f"'{folder / 'plugin.toml'}'"
    assert (excinfo.value.source, excinfo.value.problem) == (source, problem)


@pytest.mark.parametrize("namespace", ["'bill'", "'schema public'", "1", "['prefix b_']"])
def test_wrong_namespace_is_told_as_a_declaration(tmp_path: Path, namespace: str) -> None:
    write_plugin(tmp_path, "billing", toml=f"namespace = {namespace}")
    with pytest.raises(InvalidDeclaration):
        discover(tmp_path).find("billing")


@pytest.mark.parametrize("versions", ["1", "['versions']"])
def test_versions_that_are_no_string_are_told(tmp_path: Path, versions: str) -> None:
    write_plugin(tmp_path, "billing", toml=f"versions = {versions}")
    with pytest.raises((InvalidDeclaration, BrokenPlugin)):
        discover(tmp_path).find("billing")


@pytest.mark.parametrize("content", [b"version = \n", b"version = '\xff'\n"])
def test_broken_toml_is_told_with_its_file(tmp_path: Path, content: bytes) -> None:
    folder = write_plugin(tmp_path, "billing")
    (folder / "plugin.toml").write_bytes(content)
    with pytest.raises(InvalidDeclaration) as excinfo:
        discover(tmp_path).find("billing")
    assert excinfo.value.source == f"'{folder / 'plugin.toml'}'"


def test_declaration_that_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing")
    os.mkfifo(folder / "plugin.toml")
    with pytest.raises(InvalidDeclaration) as excinfo:
        discover(tmp_path).find("billing")
    assert excinfo.value.problem == "it is no regular file"


def test_versions_that_are_not_there_are_told(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", toml="versions = 'gone'")
    with pytest.raises(BrokenPlugin) as excinfo:
        discover(tmp_path).find("billing")
    assert excinfo.value.reason == "there is no folder 'gone'"


def test_default_namespace_is_the_one_of_the_host(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing")
    shared = Schema("public", create=False)
    assert discover(tmp_path, namespace=shared).find("billing").namespace == shared


def test_declared_namespace_wins_over_the_one_of_the_host(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", toml="namespace = 'schema money'")
    found = discover(tmp_path, namespace=Schema("public", create=False)).find("billing")
    assert found.namespace == Schema("money")


def test_broken_plugin_does_not_hide_the_others(tmp_path: Path) -> None:
    write_plugin(tmp_path, "broken", toml="colour = 1")
    write_plugin(tmp_path, "billing")
    found = discover(tmp_path)
    assert (found.names, found.find("billing").name) == (("billing", "broken"), "billing")
    with pytest.raises(InvalidDeclaration):
        found.find("broken")


def test_names_are_sorted_and_need_nothing_to_be_right(tmp_path: Path) -> None:
    write_plugin(tmp_path, "tax", toml="not toml")
    write_plugin(tmp_path, "billing")
    assert discover(tmp_path).names == ("billing", "tax")


def test_folders_are_known_without_loading(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing", toml="not toml")
    assert discover(tmp_path).folders == {folder / "versions"}


def test_plugin_is_loaded_once(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing")
    found = discover(tmp_path)
    assert found.find("billing") is found.find("billing")


def test_unknown_plugin_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing")
    with pytest.raises(UnknownPlugin) as excinfo:
        discover(tmp_path).find("biling")
    assert excinfo.value.known == ("billing",)


def test_unknown_plugin_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing")
    folders = (tmp_path / "plugins", tmp_path / "elsewhere")
    groups = (ENTRY_POINT_GROUP, "wiki.plugins")
    with pytest.raises(UnknownPlugin) as excinfo:
        discover(tmp_path, folders=folders, entry_points=groups).find("biling")
    assert excinfo.value.places == (
        f"folder '{tmp_path / 'plugins'}'",
        f"folder '{tmp_path / 'elsewhere'}', which is not there",
        "entry points of group 'alembic_plugins.plugins'",
        "entry points of group 'wiki.plugins'",
        "sections [alembic_plugins.NAME] of alembic.ini",
    )


def test_section_of_a_toml_file_is_called_as_there(tmp_path: Path) -> None:
    places = discover(tmp_path, source="pyproject.toml").places
    assert places[-1] == "sections [tool.alembic_plugins.NAME] of pyproject.toml"


def test_name_that_can_be_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidName):
        discover(tmp_path).find("../billing")


def test_plugin_in_two_folders_is_named_with_both(tmp_path: Path) -> None:
    (tmp_path / "one/billing/versions").mkdir(parents=True)
    (tmp_path / "two/billing/versions").mkdir(parents=True)
    found = discover(tmp_path, folders=(tmp_path / "one", tmp_path / "two"))
    with pytest.raises(DuplicatePlugin) as excinfo:
        found.find("billing")
    sources = tuple(f"folder '{tmp_path / parent / 'billing'}'" for parent in ("one", "two"))
    assert excinfo.value.sources == sources


def test_section_with_versions_is_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "legacy").mkdir()
    sections = {"legacy": {"versions": "legacy", "namespace": "prefix lg_"}}
    found = discover(tmp_path, sections=sections).find("legacy")
    assert (found.versions, found.namespace) == (tmp_path / "legacy", Prefix("lg_"))
    assert found.source == "section [alembic_plugins.legacy] of alembic.ini"


def test_section_of_an_ini_has_lists_of_words(tmp_path: Path) -> None:
    (tmp_path / "legacy").mkdir()
    values = {"versions": "legacy", "requires": "tags>=1, notes", "writes": "users"}
    found = discover(tmp_path, sections={"legacy": values}).find("legacy")
    assert found.declaration.requires == ["tags>=1", "notes"]
    assert found.declaration.writes == ["users"]


@pytest.mark.parametrize("text", ['["users"', '"users', '["users"] cases'])
def test_list_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "legacy").mkdir()
    sections = {"legacy": {"versions": "legacy", "writes": text}}
    with pytest.raises(InvalidDeclaration) as excinfo:
        discover(tmp_path, sections=sections).find("legacy")
    assert excinfo.value.problem == f"'writes' is no list that can be read: {text}"


def test_section_of_a_toml_is_called_as_there(tmp_path: Path) -> None:
    (tmp_path / "legacy").mkdir()
    sections = {"legacy": {"versions": "legacy"}}
    found = discover(tmp_path, sections=sections, source="pyproject.toml").find("legacy")
    assert found.source == "section [tool.alembic_plugins.legacy] of pyproject.toml"


def test_what_a_section_overrides_is_to_be_changed_there(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing", toml="writes = ['users']")
    found = discover(tmp_path, sections={"billing": {"writes": "cases"}}).find("billing")
    assert found.find_place("writes") == "section [alembic_plugins.billing] of alembic.ini"
    assert found.find_place("requires") == f"folder '{folder}'"


def test_what_a_package_declares_can_be_changed_in_a_section(tmp_path: Path, site: Path) -> None:
    write_package(site, "acme_billing", PLUGIN.format("billing", ""))
    write_distribution(site, "acme-billing", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    assert discover(tmp_path).find("billing").find_place("writes") == (
        "entry point 'billing' of acme-billing, or in section [alembic_plugins.billing] of "
        "alembic.ini"
    )


def test_section_without_versions_is_no_plugin(tmp_path: Path) -> None:
    assert discover(tmp_path, sections={"legacy": {"version": "1"}}).names == ()


def test_section_without_versions_overrides_what_is_declared(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", toml="version = '1'\ndescription = 'Bills'")
    sections = {"billing": {"namespace": "schema money", "version": "2"}}
    found = discover(tmp_path, sections=sections).find("billing")
    assert found.namespace == Schema("money")
    assert (found.declaration.version, found.declaration.description) == ("2", "Bills")


def test_override_keeps_the_versions(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing")
    found = discover(tmp_path, sections={"billing": {"version": "2"}}).find("billing")
    assert found.versions == folder / "versions"


def test_wrong_override_is_told_with_its_section(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing")
    with pytest.raises(InvalidDeclaration) as excinfo:
        discover(tmp_path, sections={"billing": {"colour": "red"}}).find("billing")
    assert excinfo.value.source == "section [alembic_plugins.billing] of alembic.ini"


def test_section_and_folder_of_one_name_are_duplicates(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing")
    sections = {"billing": {"versions": "plugins/billing/versions"}}
    with pytest.raises(DuplicatePlugin):
        discover(tmp_path, sections=sections).find("billing")


def test_section_names_versions_of_a_package_without_importing_it(
    tmp_path: Path, site: Path
) -> None:
    package = write_package(site, "acme_billing", "raise RuntimeError")
    sections = {"billing": {"versions": "acme_billing:versions"}}
    assert discover(tmp_path, sections=sections).find("billing").versions == package / "versions"


@pytest.mark.parametrize("versions", ["no_such_package:versions", "gone"])
def test_section_whose_versions_are_not_there_is_told(tmp_path: Path, versions: str) -> None:
    with pytest.raises(BrokenPlugin) as excinfo:
        discover(tmp_path, sections={"legacy": {"versions": versions}}).find("legacy")
    assert excinfo.value.reason == f"there is no folder '{versions}'"


@pytest.mark.parametrize("versions", ["a..b:versions", ".b:versions", "json.x:versions"])
def test_section_whose_package_cannot_be_hides_no_other(tmp_path: Path, versions: str) -> None:
    write_plugin(tmp_path, "billing")
    sections = {"legacy": {"versions": versions}}
    assert discover(tmp_path, sections=sections).find("billing").name == "billing"


def test_section_whose_parent_package_raises_hides_no_other(tmp_path: Path, site: Path) -> None:
    # Finding acme.sub imports acme, which may raise anything.
    write_file(site / "acme" / "__init__.py", "raise RuntimeError('no licence')")
    write_plugin(tmp_path, "billing")
    sections = {"legacy": {"versions": "acme.sub:versions"}}
    assert discover(tmp_path, sections=sections).find("billing").name == "billing"


def test_entry_point_names_a_plugin_of_a_package(tmp_path: Path, site: Path) -> None:
    package = write_package(site, "acme_billing", PLUGIN.format("billing", "requires=['tags']"))
    write_distribution(site, "acme-billing", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    assert discover(tmp_path).find("billing") == FoundPlugin(
        Plugin("billing", version="2.1", requires=["tags"]),
        package / "versions",
        Schema("billing"),
        "entry point 'billing' of acme-billing",
        "acme-billing",
        "section [alembic_plugins.billing] of alembic.ini",
        folder=package,
    )


def test_version_that_is_declared_wins_over_the_distribution(tmp_path: Path, site: Path) -> None:
    write_package(site, "acme_billing", PLUGIN.format("billing", "version='9'"))
    write_distribution(site, "acme-billing", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    assert discover(tmp_path).find("billing").declaration.version == "9"


def test_plugin_names_versions_of_another_package(tmp_path: Path, site: Path) -> None:
    other = write_package(site, "acme_schema", versions="revisions")
    write_package(site, "acme_billing", PLUGIN.format("billing", "'acme_schema:revisions'"))
    write_distribution(site, "acme-billing", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    assert discover(tmp_path).find("billing").versions == other / "revisions"


def test_names_are_known_without_importing(tmp_path: Path, site: Path) -> None:
    write_package(site, "acme_billing", "raise RuntimeError")
    write_distribution(site, "acme-billing", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    found = discover(tmp_path)
    assert (found.names, "acme_billing" in sys.modules) == (("billing",), False)


def test_finding_one_plugin_imports_no_other(tmp_path: Path, site: Path) -> None:
    write_package(site, "acme_billing", "raise RuntimeError")
    write_distribution(site, "acme-billing", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    write_plugin(tmp_path, "audit")
    discover(tmp_path).find("audit")
    assert "acme_billing" not in sys.modules


def test_package_that_cannot_be_imported_is_told(tmp_path: Path, site: Path) -> None:
    write_package(site, "acme_billing", "import no_such_application")
    write_distribution(site, "acme-billing", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    with pytest.raises(BrokenPlugin) as excinfo:
        discover(tmp_path).find("billing")
    reason = "ModuleNotFoundError: No module named 'no_such_application'"
    assert (excinfo.value.name, excinfo.value.reason) == ("billing", reason)


def test_package_whose_plugin_is_wrong_is_told(tmp_path: Path, site: Path) -> None:
    write_package(site, "acme_billing", PLUGIN.format("billing", "requires='tags'"))
    write_distribution(site, "acme-billing", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    with pytest.raises(InvalidDeclaration):
        discover(tmp_path).find("billing")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_package:plugin", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("json:no_such", "AttributeError: module 'json' has no attribute 'no_such'"),
        ("json:dumps", "'json:dumps' is no alembic_plugins.Plugin"),
    ],
)
def test_entry_point_that_leads_nowhere_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    publish(monkeypatch, ours("billing", value))
    with pytest.raises(BrokenPlugin) as excinfo:
        discover(tmp_path).find("billing")
    assert excinfo.value.reason == reason


@pytest.mark.parametrize("value", ["a/b:c", "", "a b", "..:x"])
def test_entry_point_that_is_none_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    publish(monkeypatch, ours("billing", value))
    with pytest.raises(BrokenPlugin):
        discover(tmp_path).find("billing")


def test_plugin_that_calls_itself_differently_is_told(
    tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(site, "acme_billing", PLUGIN.format("tax", ""))
    publish(monkeypatch, ours("billing", "acme_billing:plugin"))
    with pytest.raises(BrokenPlugin) as excinfo:
        discover(tmp_path).find("billing")
    assert excinfo.value.reason == "its Plugin calls itself 'tax'"


def test_entry_point_with_a_bad_name_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, ours("../x", "json:dumps"))
    write_plugin(tmp_path, "billing")
    found = discover(tmp_path)
    assert (found.names, found.find("billing").name) == (("../x", "billing"), "billing")
    with pytest.raises(InvalidName):
        found.find("../x")


def test_entry_point_and_folder_of_one_name_are_duplicates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_plugin(tmp_path, "billing")
    publish(monkeypatch, ours("billing", "json:dumps"))
    with pytest.raises(DuplicatePlugin) as excinfo:
        discover(tmp_path).find("billing")
    first = f"entry point 'billing' of {ENTRY_POINT_GROUP}"
    assert excinfo.value.sources == (first, f"folder '{folder}'")


def test_entry_points_of_two_distributions_are_duplicates(tmp_path: Path, site: Path) -> None:
    write_distribution(site, "one", f"[{ENTRY_POINT_GROUP}]\nbilling=one:plugin")
    write_distribution(site, "two", f"[{ENTRY_POINT_GROUP}]\nbilling=two:plugin")
    with pytest.raises(DuplicatePlugin) as excinfo:
        discover(tmp_path).find("billing")
    sources = {"entry point 'billing' of one", "entry point 'billing' of two"}
    assert set(excinfo.value.sources) == sources


def test_entry_point_can_name_a_folder_of_a_package(tmp_path: Path, site: Path) -> None:
    package = write_package(site, "acme_billing", "raise RuntimeError", "migrations")
    write_distribution(site, "acme", "[app.migrations]\nbilling=acme_billing:migrations")
    found = discover(tmp_path, entry_points=("app.migrations",)).find("billing")
    assert (found.versions, found.package) == (package / "migrations", "acme")
    assert (found.declaration.version, found.namespace) == ("2.1", Schema("billing"))


def test_entry_point_can_name_a_folder_deep_in_a_package(tmp_path: Path, site: Path) -> None:
    package = write_package(site, "acme_billing")
    (package / "db" / "versions").mkdir(parents=True)
    write_distribution(site, "acme", "[app.migrations]\nbilling=acme_billing:db.versions")
    found = discover(tmp_path, entry_points=("app.migrations",)).find("billing")
    assert found.versions == package / "db" / "versions"


def test_entry_point_can_name_a_package_of_versions(tmp_path: Path, site: Path) -> None:
    package = write_package(site, "acme_billing")
    write_file(package / "versions" / "__init__.py")
    write_distribution(site, "acme", "[app.migrations]\nbilling=acme_billing.versions")
    found = discover(tmp_path, entry_points=("app.migrations",)).find("billing")
    assert found.versions == package / "versions"


def test_plugin_beside_a_folder_of_its_name_is_the_plugin(tmp_path: Path, site: Path) -> None:
    # The package may have a folder `plugin` too; what is asked for is the object.
    package = write_package(site, "acme_billing", PLUGIN.format("billing", "requires=['tags']"))
    write_file(package / "plugin" / "data.txt")
    write_distribution(site, "acme", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    assert discover(tmp_path).find("billing").declaration.requires == ["tags"]


@pytest.mark.parametrize("name", ["acme-billing", "Acme_Billing", "acme_billing"])
def test_entry_point_of_another_group_gets_a_plugin_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    publish(monkeypatch, EntryPoint(name, "acme:versions", "app.migrations"))
    assert discover(tmp_path, entry_points=("app.migrations",)).names == ("acme_billing",)


def test_group_that_is_named_twice_is_searched_once(
    tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_package(site, "acme_billing", PLUGIN.format("billing", ""))
    publish(monkeypatch, ours("billing", "acme_billing:plugin"))
    groups = (ENTRY_POINT_GROUP, ENTRY_POINT_GROUP)
    assert discover(tmp_path, entry_points=groups).find("billing").name == "billing"


def test_models_of_a_folder_stand_beside_its_versions(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing")
    write_file(folder / "models.py", "class Base:\n    metadata = 'here'\n")
    found = discover(tmp_path).find("billing")
    assert found.load("models", "models:Base.metadata") == "here"


def test_models_of_a_package_are_imported(tmp_path: Path, site: Path) -> None:
    package = write_package(site, "acme_billing", PLUGIN.format("billing", ""))
    write_file(package / "models.py", "metadata = 'here'\n")
    write_distribution(site, "acme", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    found = discover(tmp_path).find("billing")
    assert found.load("models", "acme_billing.models:metadata") == "here"


def test_models_of_plugins_of_one_name_in_two_hosts_are_kept_apart(tmp_path: Path) -> None:
    first = write_plugin(tmp_path / "one", "billing")
    second = write_plugin(tmp_path / "two", "billing")
    write_file(first / "models.py", "metadata = 'one'\n")
    write_file(second / "models.py", "metadata = 'two'\n")
    discover(tmp_path / "one").find("billing").load("models", "models:metadata")
    assert discover(tmp_path / "two").find("billing").load("models", "models:metadata") == "two"


def test_models_that_are_not_there_are_told(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing")
    with pytest.raises(ReferenceFailed) as excinfo:
        discover(tmp_path).find("billing").load("models", "no_such_models:metadata")
    assert excinfo.value.reference == "no_such_models:metadata"


def test_models_that_raise_are_told(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "billing")
    write_file(folder / "models.py", "raise RuntimeError('no application')\n")
    with pytest.raises(ReferenceFailed, match="RuntimeError: no application"):
        discover(tmp_path).find("billing").load("models", "models:metadata")


@pytest.mark.parametrize("reference", ["hooks", "hooks:Life.cycle"])
def test_hooks_of_a_folder_stand_beside_its_versions(tmp_path: Path, reference: str) -> None:
    folder = write_plugin(tmp_path, "billing")
    write_file(folder / "hooks.py", HOOKS)
    assert discover(tmp_path).find("billing").load_hooks(reference).name == "here"


@pytest.mark.parametrize("reference", ["acme_billing.hooks", "acme_billing.hooks:Life.cycle"])
def test_hooks_of_a_package_are_imported(tmp_path: Path, site: Path, reference: str) -> None:
    package = write_package(site, "acme_billing", PLUGIN.format("billing", ""))
    write_file(package / "hooks.py", HOOKS)
    write_distribution(site, "acme", f"[{ENTRY_POINT_GROUP}]\nbilling=acme_billing:plugin")
    assert discover(tmp_path).find("billing").load_hooks(reference).name == "here"


@pytest.mark.parametrize("reference", ["no_such_hooks", "", "hooks:", "hooks:no.such"])
def test_hooks_that_are_not_there_are_told(tmp_path: Path, reference: str) -> None:
    folder = write_plugin(tmp_path, "billing")
    write_file(folder / "hooks.py", "")
    with pytest.raises(ReferenceFailed) as excinfo:
        discover(tmp_path).find("billing").load_hooks(reference)
    assert (excinfo.value.option, excinfo.value.reference) == ("hooks", reference)


def test_declaration_converts_its_namespace() -> None:
    plugin = declare("billing", {"namespace": "prefix bill_"}, "here")
    assert plugin.namespace == Prefix("bill_")


def test_declaration_with_a_bad_name_is_refused() -> None:
    with pytest.raises(InvalidName):
        declare("Bad", {}, "here")


def test_plugin_that_declares_tables_needs_no_versions(tmp_path: Path) -> None:
    write_file(tmp_path / "plugins/wiki/plugin.toml", "tables = 'tables.toml'")
    found = discover(tmp_path).find("wiki")
    assert found.declaration.tables == "tables.toml"
    assert found.find_file("tables.toml") == tmp_path / "plugins/wiki/tables.toml"


def test_tables_are_a_file_or_a_list(tmp_path: Path) -> None:
    write_file(tmp_path / "plugins/wiki/plugin.toml", "tables = 1")
    with pytest.raises(InvalidDeclaration, match="'tables' must be a file, or a list of tables"):
        discover(tmp_path).find("wiki")


def test_plugin_that_is_given_comes_before_one_on_disk(tmp_path: Path) -> None:
    write_plugin(tmp_path, "wiki", toml="version = '1.0'")
    given = Plugin("wiki", version="2.0", tables=())
    assert Discovery(make_settings(tmp_path), [given]).find("wiki").declaration is given


def test_former_name_is_told_by_the_name_that_it_is_now(tmp_path: Path) -> None:
    write_plugin(tmp_path, "log", toml='formerly = ["audit"]')
    write_plugin(tmp_path, "broken", toml="not toml")
    with pytest.raises(PluginRenamed) as excinfo:
        discover(tmp_path).check_known("audit")
    assert excinfo.value.successor == "log"


def test_former_name_of_two_plugins_is_nobodys(tmp_path: Path) -> None:
    for name in ("log", "trail"):
        write_plugin(tmp_path, name, toml='formerly = ["audit"]')
    with pytest.raises(UnknownPlugin):
        discover(tmp_path).check_known("audit")


def test_section_by_a_former_name_holds(tmp_path: Path) -> None:
    write_plugin(tmp_path, "log", toml='formerly = ["audit"]')
    found = discover(tmp_path, sections={"audit": {"writes": "users"}}).find("log")
    assert (found.declaration.writes, found.find_place("writes")) == (
        ["users"],
        "section [alembic_plugins.audit] of alembic.ini",
    )


def test_section_by_a_former_name_gives_way_to_one_by_the_name(tmp_path: Path) -> None:
    write_plugin(tmp_path, "log", toml='formerly = ["audit"]')
    sections = {"audit": {"writes": "users"}, "log": {"writes": "accounts"}}
    assert discover(tmp_path, sections=sections).find("log").declaration.writes == ["accounts"]


def test_section_of_another_plugin_is_not_taken_by_a_former_name(tmp_path: Path) -> None:
    write_plugin(tmp_path, "log", toml='formerly = ["audit"]')
    write_plugin(tmp_path, "audit")
    assert not discover(tmp_path, sections={"audit": {"writes": "x"}}).find("log").section


def test_section_can_say_what_a_plugin_was_called(tmp_path: Path) -> None:
    write_plugin(tmp_path, "log")
    found = discover(tmp_path, sections={"log": {"formerly": "audit, trail"}})
    assert found.find_successors("trail") == ("log",)
