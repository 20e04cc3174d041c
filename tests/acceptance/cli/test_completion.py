"""What shells offer: commands, options, and plugins that are on disk."""

import subprocess
import sys

import pytest
from support.hosts import Host


@pytest.fixture
def billed(host: Host) -> Host:
    """A host whose plugins nobody may import, and whose database cannot be reached."""
    host.write("plugins/crm/versions/a.py", "raise SystemExit('imported')\n")
    return host.add("billing")


def complete(host: Host, line: str) -> list[str]:
    """Return what is offered at the end of a line, as the function of a shell asks."""
    file = host.folder / "offered"
    env = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SHELL": "fish",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(file),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    result = host.alembic(env=env, fresh=True)
    assert (result.exit_code, result.output) == (0, "")
    return sorted(file.read_text().splitlines())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("alembic plug", ["plugin"]),
        ("alembic plugin hist", ["history", "history-sync"]),
        ("alembic plugin install ", ["billing", "crm", "host"]),
        ("alembic plugin install billing c", ["crm"]),
        ("alembic plugin upgrade --wa", ["--wait"]),
        ("alembic plugin downgrade billing b", ["base"]),
        ("alembic plugin completion ", ["bash", "fish", "zsh"]),
        ("alembic -x plugin=", ["plugin=billing", "plugin=crm"]),
        ("alembic upgrade crm", ["crm@head"]),
        ("alembic -c no_such.ini -n other plugin show b", []),
    ],
)
def test_line_is_completed(billed: Host, line: str, words: list[str]) -> None:
    offered = complete(billed, line)
    assert [word for word in offered if word[:2] != "--" or line.endswith("--wa")] == words


@pytest.mark.parametrize(
    ("shell", "end"),
    [
        ("bash", "complete -o nospace -o default -o bashdefault -F _python_argcomplete alembic"),
        ("zsh", "compdef _python_argcomplete alembic"),
        ("fish", "complete --command alembic -f -a '(__fish_alembic_complete)'"),
    ],
)
def test_code_of_each_shell_registers_alembic(host: Host, shell: str, end: str) -> None:
    lines = host.succeed("plugin", "completion", shell).lines
    assert end in [line.strip() for line in lines]


def test_bash_takes_its_code(host: Host) -> None:
    code = f'eval "$({sys.executable} -m alembic plugin completion bash)"; complete -p alembic'
    done = subprocess.run(
        ["bash", "-c", code], cwd=host.folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("-F _python_argcomplete alembic\n")
