"""Commands of a process that was started without some standard streams."""

import os
import subprocess
import sys

import pytest
from support.hosts import CallResult, Host


def call(host: Host, command: str) -> CallResult:
    """Run a command by a shell, which can close streams."""
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m alembic {command}"],
        cwd=host.folder,
        env={**os.environ, "DATABASE_URL": host.database.text},
        capture_output=True,
        text=True,
        check=False,
    )
    return CallResult(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("command", ["plugin list --json", "current", "upgrade heads --sql"])
def test_closed_stdout_is_told_in_a_sentence(host: Host, command: str) -> None:
    result = call(host, f"{command} >&-")
    assert result.exit_code == 0
    assert result.stderr.startswith("Standard output is closed: what this command prints is lost.")
    assert "Traceback" not in result.stderr


def test_nobody_can_be_asked_without_stdin(host: Host) -> None:
    host.revise("crm", "CREATE TABLE a ()", "DROP TABLE a")
    host.run("plugin", "install", "crm")
    result = call(host, "plugin uninstall crm <&-")
    assert "'alembic plugin uninstall crm' needs confirmation" in result.output, result
    assert call(host, "plugin uninstall crm --yes <&-").exit_code == 0


def test_command_without_stdout_does_its_work(host: Host) -> None:
    host.revise("crm", "CREATE TABLE a ()")
    assert call(host, "plugin install crm >&- 2>&-").exit_code == 0
    assert host.database.plugins() == ["crm"]


def test_failure_without_stdout_has_its_exit_code(host: Host) -> None:
    result = call(host, "plugin show nope >&-")
    assert result.exit_code != 0
    assert "Traceback" not in result.stderr


def test_warnings_without_stderr_are_not_among_the_answer(host: Host) -> None:
    host.write("plugins/crm/versions/a.py", "revision = 'a'\nraise SystemExit\n")
    host.write("plugins/crm/plugin.toml", "nonsense = 1\n")
    assert call(host, "plugin list --json 2>&-").stdout.strip().startswith("[")
