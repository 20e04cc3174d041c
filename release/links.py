"""Links of the README: relative in the repository, absolute in a distribution, or none at all."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#|mailto:)([^)\s]+)\)")
_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)

_PAGES = {
    "Documentation": "blob/{tag}/docs/index.md",
    "Source": "tree/{tag}",
    "Changelog": "blob/{tag}/CHANGELOG.md",
    "Issues": "issues",
    "Security": "blob/{tag}/SECURITY.md",
}
"""What a distribution links to, below the URL of the repository."""


def read_project() -> dict[str, Any]:
    """Return what `pyproject.toml` says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def read_home(project: Mapping[str, Any]) -> str:
    """Return the URL of the repository, which is kept in one place; empty, there is none yet."""
    home: str = project["tool"]["alembic_plugins_release"]["home"]
    return home.rstrip("/")


def make_urls(home: str, version: str) -> dict[str, str]:
    """Return the links of a distribution by their labels; without a home, there are none."""
    if not home:
        return {}
    return {label: f"{home}/{page.format(tag=f'v{version}')}" for label, page in _PAGES.items()}


def make_absolute(readme: str, home: str, version: str) -> str:
    """Return a README whose links work anywhere; without a home, their words alone are left."""
    target = rf"[\1]({home}/blob/v{version}/\2)" if home else r"\1"
    return _LINK.sub(target, _COMMENT.sub("", readme))
