"""Empty values on the command line are errors, and commands that are quoted work as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.hosts import CallResult, Host

EMPTY = [
    ("plugin uninstall billing --yes --backup", "--backup"),
    ("plugin restore billing --from", "--from"),
    ("plugin downgrade billing", "REVISION"),
    ("plugin install billing", "NAME"),
    ("plugin install", "NAME"),
    ("plugin adopt billing", "NAME"),
    ("plugin forget", "NAME"),
    ("upgrade", "REVISION"),
    ("downgrade", "REVISION"),
    ("stamp", "REVISION"),
    ("revision -m", "--message"),
    ("upgrade head --tag", "--tag"),
]

QUOTED = [
    "plugin downgrade billing billing_1",
    "plugin downgrade billing -1",
    "plugin uninstall billing --keep-data",
    "plugin uninstall billing --cascade --purge --with-unknown-objects",
    'plugin uninstall billing --backup "my \\$1 file.dump"',
    "plugin forget billing",
    "plugin eject",
]


@pytest.fixture
def billed(host: Host) -> Host:
    """A host with an installed plugin."""
    host.add("billing").run("plugin", "install", "billing")
    return host


def run_in_shell(host: Host, command: str) -> CallResult:
    """Run a command as it stands, in a shell that has nobody to ask."""
    alembic = f'alembic() {{ "{sys.executable}" -m alembic "$@"; }}'
    done = subprocess.run(
        ["sh", "-c", f"{alembic}\n{command}"],
        cwd=host.folder,
        env={**os.environ, "DATABASE_URL": host.database.text},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return CallResult(done.returncode, done.stdout, done.stderr)


def find_quoted(result: CallResult) -> str:
    """Return the command that a failure quotes."""
    found = re.search(r"'(alembic [^']+)'", result.output)
    assert found is not None, result.output
    return found[1]


@pytest.mark.parametrize(("command", "option"), EMPTY)
def test_empty_value_is_refused(billed: Host, command: str, option: str) -> None:
    words = billed.refuse(*command.split(), "")
    assert (
        words
        == f"Option '{option}' is ''. Set it to a value; a variable of the shell may be unset."
    )


def test_empty_file_of_the_configuration_is_refused(billed: Host) -> None:
    assert "Option '--config' is ''" in billed.refuse("-c", "", "plugin", "list")


@pytest.mark.parametrize("command", QUOTED)
def test_quoted_command_works(billed: Host, command: str) -> None:
    asked = run_in_shell(billed, f"alembic {command}")
    assert asked.exit_code != 0
    assert find_quoted(asked) == f"alembic {command}"
    done = run_in_shell(billed, f"{find_quoted(asked)} --yes")
    assert done.exit_code == 0, done.output


def test_quoted_backup_is_written(billed: Host) -> None:
    asked = run_in_shell(billed, "alembic plugin uninstall billing --backup 'a \"b\" $c.dump'")
    run_in_shell(billed, f"{find_quoted(asked)} --yes")
    assert (billed.folder / 'a "b" $c.dump').exists()


def test_quoted_command_is_about_the_same_host(billed: Host) -> None:
    ini = billed.folder / "my host" / "my.ini"
    ini.parent.mkdir()
    versions, plugins = billed.folder / "versions", billed.folder / "plugins"
    text = billed.ini.read_text().replace("%(here)s/versions", str(versions))
    ini.write_text(f"{text}plugin_folders = {plugins}\n")
    billed.ini.unlink()
    options = "-c 'my host/my.ini' -x 'tenant=a b'"
    asked = run_in_shell(billed, f"alembic {options} plugin forget billing")
    quoted = find_quoted(asked)
    assert quoted == 'alembic -c "my host/my.ini" -x "tenant=a b" plugin forget billing'
    done = run_in_shell(billed, f"{quoted} --yes")
    assert done.lines[-1] == "forgot billing", done.output


def test_quoted_way_out_is_about_the_same_host(billed: Host) -> None:
    moved = Path(billed.ini).rename(billed.folder / "other.ini")
    result = run_in_shell(billed, f"alembic -c {moved.name} plugin downgrade nowhere base --yes")
    assert f"'alembic -c {moved.name} plugin" in result.output
