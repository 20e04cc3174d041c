"""Which bytecode is kept: that of modules and tests, since many interpreters are started.

That of the files of hosts is not: one that is written twice within a second, with as many
characters, would be taken for what it was.
"""

import os
import sys
from compileall import compile_dir
from pathlib import Path

import alembic_plugins

_VARIABLE = "PYTHONDONTWRITEBYTECODE"


def compile_modules() -> None:
    """Compile our modules, of which an editable installation has no bytecode."""
    compile_dir(Path(str(alembic_plugins.__file__)).parent, quiet=2)


def keep_some() -> None:
    """Let this process, and those that it starts, keep bytecode, whatever the environment says."""
    os.environ.pop(_VARIABLE, None)
    sys.dont_write_bytecode = False


def keep_none() -> None:
    """Let this process, and those that it starts, keep no bytecode from now on."""
    os.environ[_VARIABLE] = "1"
    sys.dont_write_bytecode = True
