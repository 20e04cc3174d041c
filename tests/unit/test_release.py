"""What a release is made of: links, and what is told of it."""

import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from release.check import find_package_files, find_problems
from release.links import make_absolute, make_urls

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
HOME = "https://code.example/shop/plugins"

README = """\
See [the guard](docs/guard.md), [Alembic](https://alembic.sqlalchemy.org) and [below](#limits).

<!-- not run: it takes a server -->

    alembic upgrade heads
"""


def test_links_are_absolute_where_there_is_a_home() -> None:
    assert make_absolute(README, HOME, "1.0").partition("\n")[0] == (
        f"See [the guard]({HOME}/blob/v1.0/docs/guard.md), "
        "[Alembic](https://alembic.sqlalchemy.org) and [below](#limits)."
    )


def test_no_link_is_dead_where_there_is_none() -> None:
    assert make_absolute(README, "", "1.0").partition("\n")[0] == (
        "See the guard, [Alembic](https://alembic.sqlalchemy.org) and [below](#limits)."
    )
    assert make_urls("", "1.0") == {}


def test_comments_stay_in_the_repository() -> None:
    assert "<!--" not in make_absolute(README, HOME, "1.0")


def test_links_of_a_distribution_lead_to_its_version() -> None:
    urls = make_urls(HOME, "1.0")
    assert urls["Changelog"] == f"{HOME}/blob/v1.0/CHANGELOG.md"
    paths = [url.partition("v1.0/")[2] for url in urls.values()]
    assert [path for path in paths if path and not (ROOT / path).exists()] == []


def test_readme_has_no_relative_link_left() -> None:
    text = make_absolute((ROOT / "README.md").read_text("utf-8"), HOME, "1.0")
    assert re.findall(r"\]\((?!https://|#)", text) == []


def test_missing_files_and_what_does_not_belong_there_are_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "alembic_plugins-0.1.0-py3-none-any.whl", "w") as wheel:
        for name in sorted(find_package_files() - {"alembic_plugins/py.typed"}):
            wheel.writestr(name, "")
        wheel.writestr("tests/test_it.py", "")
        version = PROJECT["project"]["version"]
        wheel.writestr("alembic_plugins-0.1.0.dist-info/METADATA", f"Version: {version}\n\nText\n")
    (tmp_path / "alembic_plugins-0.1.0.tar.gz").write_bytes(EMPTY_TAR)
    found = [problem for problem in find_problems(tmp_path) if "wheel" in problem]
    assert found[:2] == [
        "The wheel has no alembic_plugins/py.typed.",
        "The wheel has tests/test_it.py.",
    ]


EMPTY_TAR = b"\0" * 10240


@pytest.mark.parametrize("fragment", sorted((ROOT / "changes").glob("*.md")), ids=lambda p: p.name)
def test_changes_are_named_as_they_have_to_be(fragment: Path) -> None:
    kinds = {kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]}
    assert fragment.name == "README.md" or fragment.name.split(".")[-2] in kinds


def test_extras_are_tried_by_the_check_of_a_release() -> None:
    script = (ROOT / ".ci" / "release").read_text()
    tried = re.findall(r"for extra in (.*); do", script)[0].split()
    extras = PROJECT["project"]["optional-dependencies"].keys()
    assert sorted(extras - {"dev", "bench", "release"}) == sorted(tried)
