"""Record what commands show on a terminal of 80 columns, as SVG files in ``docs/recordings``.

    DATABASE_URL=postgresql://... python docs/record.py

The database has to be empty; nothing is left in it. A recording whose commands still show the same,
but for times and numbers of processes, is left as it is: a test tells of those that do not.
"""

import fcntl
import os
import pty
import re
import shlex
import shutil
import struct
import sys
import tempfile
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from xml.sax.saxutils import escape

import psycopg

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "recordings"
COLUMNS = 80
_ROWS = 50

_CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\r|\n|[^\x1b\r\n]")
_CLASSES = {"1": "b", "31": "r", "32": "g", "33": "y", "36": "c"}

_VARYING = (
    (re.compile(r"process \d+"), "process 1"),
    (re.compile(r"\d\d:\d\d:\d\d[+-]\d{4}"), "00:00:00+0000"),
    (re.compile(r"\d+(\.\d\d)? s\b"), "0 s"),
    (re.compile(r"\d+ bytes"), "0 bytes"),
)
"""What is another one each time."""

_SLOW = '''\
"""{message}"""

from alembic import op

revision = "{revision}"
down_revision = {below}


def upgrade():
    op.execute("{sql}")


def downgrade():
    pass
'''
_REPORTS = (
    ("create reports", "CREATE TABLE reports (post int)"),
    ("count views of posts", "LOCK TABLE posts.posts; INSERT INTO reports SELECT 1"),
)


@dataclass
class Screen:
    """What is to be seen on a terminal: characters, each with the class of its style."""

    lines: list[list[tuple[str, str]]] = field(default_factory=lambda: [[]])
    _column: int = 0
    _style: str = ""

    def feed(self, text: str) -> None:
        """Do what a terminal does with a text."""
        for match in _CONTROL.finditer(text):
            if match[2] == "m":
                self._style = _CLASSES.get(match[1], "")
            elif match[2] == "K":
                del self.lines[-1][self._column :]
            elif match[0] == "\r":
                self._column = 0
            elif match[0] == "\n":
                self.lines.append([])
                self._column = 0
            elif match[2] is None:
                self._put(match[0])

    def _put(self, character: str) -> None:
        if self._column == COLUMNS:
            self.lines.append([])
            self._column = 0
        self.lines[-1][self._column : self._column + 1] = [(character, self._style)]
        self._column += 1

    @property
    def text(self) -> str:
        """The characters, line by line."""
        return "\n".join("".join(character for character, _ in line) for line in self.lines)

    def to_svg(self, title: str) -> str:
        """Return a picture, in the colours of a light ground or of a dark one."""
        lines = self.lines if self.lines[-1] else self.lines[:-1]
        rows = "\n".join(_draw_row(number, line) for number, line in enumerate(lines))
        return _SVG.format(title=escape(title), height=len(lines) * 18 + 24, rows=rows)


_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 {height}" width="700" role="img">
<title>{title}</title>
<style>
.p {{ fill: #fff; stroke: #ccc }}
text {{ font: 14px/18px monospace; fill: #222; white-space: pre }}
.b {{ font-weight: bold }} .r {{ fill: #b3261e }} .g {{ fill: #1b6e33 }}
.y {{ fill: #7a5500 }} .c {{ fill: #00677d }}
@media (prefers-color-scheme: dark) {{
.p {{ fill: #1b1b1f; stroke: #444 }} text {{ fill: #ddd }}
.r {{ fill: #ff8a80 }} .g {{ fill: #7fd894 }} .y {{ fill: #f0c24b }} .c {{ fill: #6fd3e7 }}
}}
</style>
<rect class="p" x="0.5" y="0.5" width="699" height="{height}" rx="6"/>
{rows}
</svg>
"""


def _draw_row(number: int, line: list[tuple[str, str]]) -> str:
    runs: list[tuple[str, str]] = []
    for character, style in line:
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + character, style)
        else:
            runs.append((character, style))
    spans, column = [], 0
    for text, style in runs:
        place = f'x="{14 + column * 8.4:.1f}" textLength="{len(text) * 8.4:.1f}"'
        name = f' class="{style}"' if style else ""
        spans.append(f"<tspan {place}{name}>{escape(text)}</tspan>")
        column += len(text)
    return f'<text y="{26 + number * 18}">{"".join(spans)}</text>'


def record(recording: str, url: str, folder: Path) -> Screen:
    """Return what the commands of a recording show, in a folder that is made a host."""
    shutil.copy(ROOT / "alembic.ini", folder)
    for name in ("versions", "plugins"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    screen = Screen()
    RECORDINGS[recording](screen, url, folder)
    return screen


def _show_install(screen: Screen, url: str, folder: Path) -> None:
    for command in ("install posts", "list", "list --tree"):
        _type(screen, f"alembic plugin {command}", url, folder)


def _show_uninstall(screen: Screen, url: str, folder: Path) -> None:
    _type(Screen(), "alembic plugin install posts", url, folder)
    _type(screen, "alembic plugin downgrade posts -1 --yes", url, folder)
    _type(screen, "alembic plugin list --pending", url, folder)
    _type(screen, "alembic plugin uninstall posts --dry-run", url, folder)


def _show_waiting(screen: Screen, url: str, folder: Path) -> None:
    versions = folder / "plugins" / "reports" / "versions"
    versions.mkdir(parents=True)
    declaration = 'requires = ["posts"]\nwrites = ["posts.posts"]\n'
    (versions.parent / "plugin.toml").write_text(declaration)
    below = None
    for number, (message, sql) in enumerate(_REPORTS, 1):
        revision = f"7e90a75{number:05}"
        text = _SLOW.format(message=message, revision=revision, below=repr(below), sql=sql)
        (versions / f"{revision}.py").write_text(text)
        below = revision
    _type(Screen(), "alembic plugin install posts", url, folder)
    with psycopg.connect(url, application_name="psql") as other:
        other.execute("LOCK TABLE posts.posts IN SHARE MODE")

        def is_seen() -> bool:
            if "waiting for 2 s" not in screen.text.splitlines()[-1]:
                return False
            seen.extend(list(line) for line in screen.lines)
            other.rollback()
            return True

        seen: list[list[tuple[str, str]]] = []
        _type(screen, "alembic plugin install reports", url, folder, is_seen)
    screen.lines[:] = seen


RECORDINGS: dict[str, Callable[[Screen, str, Path], None]] = {
    "install": _show_install,
    "uninstall": _show_uninstall,
    "waiting": _show_waiting,
}
"""What shows each recording."""


def _type(
    screen: Screen,
    command: str,
    url: str,
    folder: Path,
    is_seen: Callable[[], bool] = lambda: True,
) -> None:
    """Run a command on a terminal of its own; stop looking when something is seen."""
    screen.feed(f"$ {command}\r\n")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, COLUMNS, 0, 0))
    unwanted = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    env = {**kept, "TERM": "xterm-256color", "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", *shlex.split(command)]
    with Popen(words, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        seen = False
        for text in _read(ours):
            screen.feed(text)
            seen = seen or is_seen()
    os.close(ours)
    if process.returncode or not seen:
        raise SystemExit(f"'{command}' did not show what it should:\n{screen.text}")


def _read(terminal: int) -> Iterator[str]:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says so where nobody has the other end any more.
            return
        if not data:
            return
        yield data.decode()


def make_comparable(svg: str) -> str:
    """Return what a recording shows, without times and what else varies, and without blanks.

    A long number may break a line elsewhere.
    """
    text = re.sub(r"<style>.*</style>", "", svg, flags=re.DOTALL)
    text = re.sub(r' (?:x|y|textLength|height|viewBox)="[^"]*"', "", text)
    text = re.sub(r"</tspan></text>\n<text><tspan>", "", text)
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return "".join(text.split())


@contextmanager
def _make_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _empty(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'"
        )
        for (schema,) in found.fetchall():
            name = psycopg.sql.Identifier(schema)
            connection.execute(psycopg.sql.SQL("DROP SCHEMA {} CASCADE").format(name))
        connection.execute("CREATE SCHEMA public")


def main() -> None:
    """Record what is not any more as it was recorded."""
    url = os.environ["DATABASE_URL"]
    for name in RECORDINGS:
        _empty(url)
        with _make_folder() as folder:
            svg = record(name, url, folder).to_svg(f"A terminal: {name}")
        file = FOLDER / f"{name}.svg"
        if file.exists() and make_comparable(file.read_text("utf-8")) == make_comparable(svg):
            continue
        file.write_text(svg, "utf-8")
        print(f"recorded {file.relative_to(ROOT)}")
    _empty(url)


if __name__ == "__main__":
    main()
