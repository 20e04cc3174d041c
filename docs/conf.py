"""The documentation site: ``sphinx-build -W docs build/site``, which needs no network."""

import sys
import tomllib
from pathlib import Path

_HERE = Path(__file__).parent
_PYPROJECT = tomllib.loads((_HERE.parent / "pyproject.toml").read_text("utf-8"))

sys.path.insert(0, str(_HERE / "_extensions"))

project = _PYPROJECT["project"]["name"]
release = version = _PYPROJECT["project"]["version"]
author = "the authors of alembic-plugins"
project_copyright = author

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "error_table"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_extensions"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

# What is documented is all public; the order is that of the file, where what belongs together is.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path: list[str] = []
html_copy_source = False
html_show_sphinx = False

# Where there is a home, each page links to its source there; without one, nothing does.
_home = _PYPROJECT["tool"]["alembic_plugins_release"]["home"]
html_theme_options = {"source_view_link": f"{_home}/blob/main/docs/{{filename}}"} if _home else {}
