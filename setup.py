"""What `pyproject.toml` cannot say: links that are made of the one URL of the project."""

import sys
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))

from release.links import make_absolute, make_urls, read_home, read_project  # noqa: E402

project = read_project()
home, version = read_home(project), project["project"]["version"]
setup(
    long_description=make_absolute((ROOT / "README.md").read_text("utf-8"), home, version),
    long_description_content_type="text/markdown",
    project_urls=make_urls(home, version),
)
