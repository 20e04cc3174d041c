"""Where plugins come from: packages, folders, sections of either configuration file."""

import json
import shutil

import pytest
from support.hosts import SITUATIONS, Host

ENTRY_POINTS = "[alembic_plugins.plugins]\nbilling = acme_billing:plugin\n"

DECLARATION = """\
from alembic_plugins import Plugin

plugin = Plugin("billing", versions="acme_billing:versions")
"""

PYPROJECT = """\
[tool.alembic]
script_location = "alembic_plugins:environment"
version_locations = ["%(here)s/versions"]
plugin_folders = ["extensions"]

[tool.alembic_plugins.billing]
description = "As the host has it"

[tool.alembic_plugins.ledger]
versions = "elsewhere"
namespace = "prefix ledger_ customers"
requires = ["billing"]
"""


@pytest.fixture
def package(host: Host) -> Host:
    """A host beside which a package is installed that has `billing`."""
    folder = host.distribute("acme_billing", "1.5", ENTRY_POINTS)
    (folder / "__init__.py").write_text(DECLARATION)
    shutil.copytree(SITUATIONS / "billing" / "versions", folder / "versions")
    return host


def test_package_is_listed_with_its_version(package: Host) -> None:
    assert package.succeed("plugin", "list").lines == ["[ ] billing  1.5  schema billing"]


def test_package_can_be_installed(package: Host) -> None:
    package.succeed("plugin", "install", "billing")
    assert package.database.query("SELECT name, package, version FROM alembic_plugin") == [
        ("billing", "acme_billing", "1.5")
    ]
    assert package.database.tables() == ["billing.invoices", "public.accounts"]


def test_package_that_is_gone_leaves_an_orphan(package: Host) -> None:
    package.succeed("plugin", "install", "billing")
    shutil.rmtree(package.folder / "site")
    [plugin] = json.loads(package.succeed("plugin", "list", "--json").stdout)
    assert (plugin["state"], plugin["version"]) == ("orphaned", "1.5")


def test_package_can_name_a_folder_alone(host: Host) -> None:
    points = "[alembic_plugins.plugins]\nbilling = acme_billing:versions\n"
    folder = host.distribute("acme_billing", "1.5", points)
    shutil.copytree(SITUATIONS / "billing" / "versions", folder / "versions")
    host.succeed("plugin", "install", "billing")
    assert host.database.versions() == ["billing_2", "host_2"]


def test_entry_points_of_another_group_count_where_it_is_named(host: Host) -> None:
    folder = host.distribute("acme", "3", "[acme.migrations]\nAcme-Billing = acme:steps\n")
    shutil.copytree(SITUATIONS / "billing" / "versions", folder / "steps")
    host.configure("plugin_entry_points = acme.migrations")
    lines = host.succeed("plugin", "list").lines
    assert lines == ["[ ] acme_billing  3  schema acme_billing"]


def test_package_that_cannot_be_imported_is_named(package: Host) -> None:
    package.write("site/acme_billing/__init__.py", "import missing_module\n")
    words = package.refuse("plugin", "install", "billing")
    assert words == (
        "Plugin 'billing' of entry point 'billing' of acme_billing cannot be loaded: "
        "ModuleNotFoundError: No module named 'missing_module'. Repair or remove its package; "
        "other plugins are not affected."
    )


def test_package_that_cannot_be_imported_leaves_others_alone(package: Host) -> None:
    package.write("site/acme_billing/__init__.py", "import missing_module\n")
    package.add("named_by_prefix").succeed("plugin", "install", "named_by_prefix")
    assert package.database.plugins() == ["named_by_prefix"]


def test_package_is_not_imported_for_the_host(package: Host) -> None:
    package.write("site/acme_billing/__init__.py", "raise SystemExit(3)\n")
    package.succeed("upgrade", "head")
    assert package.database.versions() == ["host_2"]


def test_section_makes_a_plugin_of_a_folder(host: Host) -> None:
    shutil.copytree(SITUATIONS / "billing" / "versions", host.folder / "elsewhere")
    host.configure("[alembic_plugins.ledger]", "versions = elsewhere", "version = 7")
    host.succeed("plugin", "install", "ledger")
    assert host.succeed("plugin", "list").lines == [
        "[X] ledger  7  schema ledger  billing_2 (head)"
    ]


def test_section_may_begin_at_the_configuration_file(host: Host) -> None:
    shutil.copytree(SITUATIONS / "billing" / "versions", host.folder / "elsewhere")
    host.configure("[alembic_plugins.ledger]", "versions = %(here)s/elsewhere")
    host.succeed("plugin", "install", "ledger")
    assert host.database.plugins() == ["ledger"]


def test_section_without_versions_overrides_a_declaration(host: Host) -> None:
    host.add("billing").configure("[alembic_plugins.billing]", "namespace = schema invoicing")
    host.succeed("plugin", "install", "billing")
    assert host.database.schemas() == ["invoicing"]


def test_folders_may_be_elsewhere(host: Host) -> None:
    host.add("billing").configure("plugin_folders = extensions, plugins")
    shutil.copytree(SITUATIONS / "autocommit", host.folder / "extensions" / "autocommit")
    lines = host.succeed("plugin", "list").lines
    assert [line.split()[2] for line in lines] == ["autocommit", "billing"]


def test_pyproject_can_hold_the_configuration(host: Host) -> None:
    host.ini.unlink()
    host.write("pyproject.toml", PYPROJECT)
    shutil.copytree(SITUATIONS / "billing", host.folder / "extensions" / "billing")
    shutil.copytree(SITUATIONS / "crm_requires_billing" / "versions", host.folder / "elsewhere")
    host.succeed("plugin", "install", "ledger")
    assert host.database.query("SELECT name, namespace FROM alembic_plugin ORDER BY 1") == [
        ("billing", "schema billing"),
        ("ledger", "prefix ledger_ customers"),
    ]


def test_pyproject_can_override_a_declaration(host: Host) -> None:
    host.ini.unlink()
    host.write("pyproject.toml", PYPROJECT)
    shutil.copytree(SITUATIONS / "billing", host.folder / "extensions" / "billing")
    facts = json.loads(host.succeed("plugin", "show", "billing", "--json").stdout)
    assert facts["description"] == "As the host has it"


def test_namespace_of_all_plugins_can_be_given(host: Host) -> None:
    host.add("billing").configure("plugin_namespace = schema public existing")
    host.succeed("plugin", "install", "billing")
    assert host.database.tables() == ["public.accounts", "public.invoices"]


def test_database_can_be_named_in_the_configuration(host: Host) -> None:
    url = host.database.text.replace("%", "%%")
    host.add("billing").configure(f"sqlalchemy.url = {url}")
    result = host.alembic("plugin", "install", "billing", env={"DATABASE_URL": ""})
    assert result.exit_code == 0
    assert host.database.plugins() == ["billing"]


def test_host_last_brings_the_host_as_far_as_revisions_depend_on_it(host: Host) -> None:
    host.add("forks_host").configure("plugin_host_first = false")
    host.succeed("plugin", "install", "forks_host")
    assert host.database.versions() == ["fork_1", "host_1"]


def test_host_last_leaves_the_host_where_nothing_depends_on_it(host: Host) -> None:
    host.add("makes_things").configure("plugin_host_first = false")
    host.succeed("plugin", "install", "makes_things")
    assert host.database.versions() == ["things_1"]


def test_bootstrap_runs_before_revision_files_do(host: Host) -> None:
    host.write("site/app.py", "READY = []\n\n\ndef boot():\n    READY.append(True)\n")
    path = "plugins/late/versions/late_1.py"
    host.write(path, "import app\n\napp.READY[0]\nrevision = 'late_1'\ndown_revision = None\n\n\n")
    host.write(path, (host.folder / path).read_text() + "def upgrade():\n    app.READY[0]\n")
    host.configure("plugin_bootstrap = app:boot").succeed("plugin", "install", "late")
    assert host.database.plugins() == ["late"]


def test_naming_convention_of_the_host_reaches_plugins(host: Host) -> None:
    convention = '{"uq": "uq_%(table_name)s_%(column_0_name)s"}'
    host.write(
        "site/app.py",
        f"import sqlalchemy as sa\n\nm = sa.MetaData(naming_convention={convention})\n",
    )
    host.add("unnamed_constraints").configure("plugin_target_metadata = app:m")
    host.succeed("plugin", "install", "unnamed_constraints")
    constraints = "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text ~ 'keys'"
    assert host.database.values(constraints) == ["uq_keys_id"]
