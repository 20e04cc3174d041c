"""On which branch a new revision is, in which folder, and called how."""

import re
from pathlib import Path

import pytest
from alembic import command
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import UndeclaredDependency, WrongCombination
from alembic_plugins.integration.new_revisions import write_revision
from alembic_plugins.revisions.files import read_revision_file


@pytest.fixture
def host(host: Host) -> Host:
    """A host with two plugins, of which one requires the other."""
    host.add("billing", "empty")
    host.declare("crm", 'requires = ["billing"]').revise("crm", "SELECT 1")
    return host


def find_new(host: Host) -> Path:
    """Return the one file that is new."""
    given = {"host_1", "host_2", "billing_1", "billing_2", "crm_1"}
    files = {*host.folder.glob("**/versions/*.py")}
    [file] = (f for f in files if not any(f.name.startswith(name) for name in given))
    return file


def read_field(host: Host, name: str) -> str:
    """Return what the new revision says of itself."""
    found = re.search(rf"^{name}: .* = (.*)$", find_new(host).read_text(), re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "words",
    [
        ("plugin", "revision", "billing"),
        ("-x", "plugin=billing", "revision"),
        ("revision", "--head", "billing@head"),
        ("revision", "--head", "billing_2"),
        ("revision", "--head", "bill"),
        ("-x", "plugin=billing", "revision", "--head", "billing@head"),
    ],
    ids=" ".join,
)
def test_revision_is_of_the_branch_that_is_named(host: Host, words: tuple[str, ...]) -> None:
    host.run(*words, "-m", "more")
    assert find_new(host).parent == host.folder / "plugins/billing/versions"
    assert read_field(host, "down_revision") == "'billing_2'"


@pytest.mark.parametrize(
    "words",
    [
        ("plugin", "revision", "billing", "--phase", "expand"),
        ("-x", "plugin=billing", "-x", "phase=expand", "revision"),
    ],
    ids=" ".join,
)
def test_revision_is_marked_with_its_phase(host: Host, words: tuple[str, ...]) -> None:
    host.run(*words, "-m", "more")
    assert read_field(host, "phase") == '"expand"'
    assert read_revision_file("billing", find_new(host)).phase == "expand"


def test_revision_of_another_template_is_marked_with_its_phase(host: Host) -> None:
    host.write("own/env.py", "import alembic_plugins.environment.env")
    template = "revision = ${repr(up_revision)}\ndown_revision = (\n    None\n)\nx = 1"
    host.write("own/script.py.mako", template)
    host.configure("[own]", "script_location = %(here)s/own", "path_separator = os")
    host.run("-n", "own", "plugin", "revision", "billing", "--phase", "contract", "-m", "more")
    assert read_revision_file("billing", find_new(host)).phase == "contract"


def test_function_marks_a_revision_with_its_phase(host: Host) -> None:
    [file] = commands.revision(host.config(), "billing", "more", phase="contract")
    assert read_revision_file("billing", file).phase == "contract"


def test_head_of_another_plugin_is_refused(host: Host) -> None:
    words = host.refuse("-x", "plugin=crm", "revision", "--head", "billing@head", "-m", "x")
    assert words == (
        "Option '--head' cannot be given with a revision of 'billing', for a new one of 'crm'. "
        "Name revisions of 'crm' alone, or let the new one be of 'billing'."
    )


def test_call_in_python_finds_the_branch_too(host: Host) -> None:
    command.revision(host.config(), "more", head="billing@head")
    assert find_new(host).parent == host.folder / "plugins/billing/versions"


def test_files_sort_in_the_order_of_their_making(host: Host) -> None:
    [file] = write_revision(host.config(), "billing", "add more", rev_id="b3")
    assert re.fullmatch(r"\d{8}_\d{6}_b3_add_more\.py", file.name)


def test_host_names_the_files_where_it_says_how(host: Host) -> None:
    host.configure("file_template = %%(rev)s-%%(slug)s")
    [file] = write_revision(host.config(), "billing", "add more", rev_id="b3")
    assert file.name == "b3-add_more.py"


def test_files_of_the_host_are_called_as_ever(host: Host) -> None:
    [file] = write_revision(host.config(), "host", "more", rev_id="host_3")
    assert file.name == "host_3_more.py"


@pytest.mark.parametrize(
    ("dependency", "revision"),
    [("host@head", "host_2"), ("billing@head", "billing_2"), ("billing_1", "billing_1")],
)
def test_dependency_is_written_by_its_id(host: Host, dependency: str, revision: str) -> None:
    host.run("plugin", "revision", "crm", "--depends-on", dependency, "-m", "x")
    assert read_field(host, "depends_on") == f"'{revision}'"
    assert read_field(host, "down_revision") == "'crm_1'"


def test_revision_with_a_dependency_can_be_applied(host: Host) -> None:
    words = ("--depends-on", "host@head", "--depends-on", "billing@head", "-m", "x")
    host.run("plugin", "revision", "crm", "--rev-id", "crm_2", *words)
    host.run("plugin", "install", "crm")
    assert host.database.versions() == ["billing_2", "crm_2", "host_2"]


def test_dependency_has_to_be_required(host: Host) -> None:
    with pytest.raises(UndeclaredDependency) as caught:
        write_revision(host.config(), "billing", "x", depends_on="crm@head")
    assert caught.value.other == "crm"


def test_revision_may_follow_one_that_is_no_head(host: Host) -> None:
    words = ("--splice", "--head", "billing_1", "--branch-label", "aside", "-m", "x")
    host.run("plugin", "revision", "billing", *words)
    assert read_field(host, "down_revision") == "'billing_1'"
    assert read_field(host, "branch_labels") == "('aside',)"


def test_folder_of_another_plugin_is_refused(host: Host) -> None:
    folder = "plugins/crm/versions"
    words = host.refuse("plugin", "revision", "billing", "--version-path", folder, "-m", "x")
    assert "not represented in current version locations" in words


def test_two_names_are_refused(host: Host) -> None:
    with pytest.raises(WrongCombination):
        write_revision(host.config(plugin="crm"), "billing", "x")
    assert not [*host.folder.glob("plugins/*/versions/2*.py")]


def test_revision_does_not_follow_one_whose_file_is_gone(host: Host) -> None:
    host.write("plugins/billing/ours.py", "import sqlalchemy\n\nm = sqlalchemy.MetaData()")
    host.declare("billing", "models = 'ours:m'")
    host.run("plugin", "install", "billing")
    first, last = sorted((host.folder / "plugins/billing/versions").glob("*.py"))
    last.unlink()
    words = ("plugin", "revision", "billing", "--autogenerate", "-m", "x")
    assert "'alembic -x plugin=billing downgrade billing_1'" in host.refuse(*words)
    first.unlink()
    assert "Revision 'billing_2' of 'billing' is applied, and its file" in host.refuse(*words)
