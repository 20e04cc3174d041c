"""Two Python environments that differ only in whether the extension is installed."""

import compileall
import shutil
import sysconfig
import venv
from importlib.util import find_spec
from pathlib import Path

_PACKAGE = "alembic_plugins"


def make_interpreter(folder: Path, *, extension: bool) -> Path:
    """Make an environment of links to the packages of this one, and return its interpreter.

    Alembic loads every extension that is installed, so that stock Alembic has to be run where
    ours is not. Both environments are made the same way, for a fair start: no ``.pth`` file is
    taken, and an editable install becomes a package among others, a copy of what is there now.
    """
    venv.create(folder, symlinks=True)
    here = Path(sysconfig.get_path("purelib"))
    there = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    for entry in here.iterdir():
        if entry.suffix != ".pth" and not entry.name.startswith((_PACKAGE, "__editable__")):
            _link(there / entry.name, entry)
    if extension:
        shutil.copytree(_find_package(), there / _PACKAGE)
        compileall.compile_dir(there / _PACKAGE, quiet=2)
        for entry in here.glob(f"{_PACKAGE}-*.dist-info"):
            _link(there / entry.name, entry)
    return folder / "bin" / "python"


def _find_package() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(_PACKAGE)
    return Path(spec.origin).parent


def _link(link: Path, target: Path) -> None:
    link.symlink_to(target.resolve())
