"""Plugins whose files are checked, without a database."""

import shutil
import subprocess
from pathlib import Path
from textwrap import dedent

from alembic.config import Config

from alembic_plugins.checks.findings import CheckReport
from alembic_plugins.checks.run import check_files
from alembic_plugins.integration.disk import read_disk

from .hosts import INI, SITUATIONS

_REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {below!r}
depends_on = {depends_on!r}{phase}


def upgrade():
{up}


def downgrade():
{down}
"""


class Checked:
    """A host in a folder, with a plugin `tags` where a test writes its revisions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plugin = folder / "plugins" / "tags"
        self.versions = self.plugin / "versions"
        self.versions.mkdir(parents=True)
        (folder / "versions").mkdir()
        (folder / "alembic.ini").write_text(INI)

    def add(self, *situations: str) -> "Checked":
        """Give the host plugins from `tests/plugins`."""
        for name in situations:
            shutil.copytree(SITUATIONS / name, self.folder / "plugins" / name)
        return self

    def configure(self, line: str) -> "Checked":
        """Add a line to the configuration."""
        file = self.folder / "alembic.ini"
        file.write_text(f"{file.read_text()}{line}\n")
        return self

    def declare(self, *lines: str) -> "Checked":
        """Give the plugin a declaration."""
        (self.plugin / "plugin.toml").write_text("\n".join(lines))
        return self

    def revise(
        self,
        up: str = "pass",
        down: str = "op.execute('SELECT 1')",
        *,
        name: str = "tags_1",
        below: str | None = None,
        depends_on: str | None = None,
        phase: str | None = None,
    ) -> Path:
        """Write a revision of the plugin, by its functions; return its file."""
        file = self.versions / f"{name}.py"
        bodies = {"up": _indent(up), "down": _indent(down)}
        values = {
            "below": below,
            "depends_on": depends_on,
            "phase": f"\nphase = {phase!r}" if phase else "",
        }
        file.write_text(_REVISION.format(name=name, **values, **bodies))
        return file

    def check(self, *names: str, diff_base: str | None = None, lock: bool = False) -> CheckReport:
        """Check plugins, `tags` by default."""
        session = read_disk(Config(self.folder / "alembic.ini"))
        return check_files(session, names or ["tags"], diff_base=diff_base, lock=lock)

    def find(self, *names: str, diff_base: str | None = None) -> list[tuple[str, str, int]]:
        """Return the rules, files and lines of what a check finds."""
        findings = self.check(*names, diff_base=diff_base).findings
        return [(found.rule.name, found.file.name, found.line) for found in findings]

    def find_rules(self, *names: str) -> set[str]:
        """Return the rules of what a check finds."""
        return {rule for rule, _, _ in self.find(*names)}

    def git(self, *words: str) -> None:
        """Run git in the folder."""
        author = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *author, *words], cwd=self.folder, check=True, capture_output=True)

    def commit(self) -> None:
        """Commit all that is there, in a repository that is made first."""
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "all")


def _indent(body: str) -> str:
    return "\n".join(f"    {line}" for line in dedent(body).strip().splitlines())
