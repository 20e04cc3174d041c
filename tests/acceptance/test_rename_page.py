"""What the page on renames shows is what happens."""

import re
import shlex
from pathlib import Path

from support.hosts import Host

PAGE = (Path(__file__).parents[2] / "docs" / "rename.md").read_text("utf-8")


def find_commands() -> list[tuple[str, str]]:
    """Return the commands that the page shows, with what they print, and the file between them."""
    blocks = re.findall(r"```(?:console|toml)\n(.*?)```", PAGE, re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^(?:\$|#) ", block, flags=re.M)[1:]]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def follow(host: Host, command: str, text: str) -> str:
    """Do what one line of the page says; return what the page has after it."""
    words = shlex.split(command)
    if words[0] == "mv":
        (host.folder / words[1]).rename(host.folder / words[2])
    elif words[0] == "alembic":
        return host.alembic(*words[1:]).output.replace(f"{host.folder}/", "")
    else:
        host.write(command, text)
    return text


def test_commands_do_what_is_shown(example: Host) -> None:
    shown = find_commands()
    assert [(command, follow(example, command, text)) for command, text in shown] == shown
