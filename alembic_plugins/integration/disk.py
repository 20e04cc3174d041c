"""What there is on disk, without a database.

It imports nothing that runs revisions: suites of tests that find their database made, and
applications that ask for the names of tables, have no use for that.
"""

import sys
from dataclasses import replace

from alembic.config import Config
from alembic.script import ScriptDirectory

from .._detection import is_host
from ..config.phases import PHASE, check_phase
from ..config.settings import read_settings
from ..config.sources import ConfigSource, keep_config
from ..loading.session import Session
from ..registry.state import State
from .errors import NotAHost

_SCRIPT = "alembic_plugins.script"


def find_script(config: Config) -> ScriptDirectory:
    """Return the script directory of a host.

    Raises:
        NotAHost: its ``env.py`` does not name us.
    """
    script = ScriptDirectory.from_config(config)
    if len({*sys.path}) < len(sys.path):
        # It has put ``prepend_sys_path`` there, and a health check asks again and again.
        sys.path[:] = dict.fromkeys(sys.path)
    if not is_host(config, script):
        raise NotAHost(script.env_py_location)
    return script


def read_disk(source: ConfigSource, phase: str | None = None) -> Session:
    """Return what there is on disk, without a database.

    It may be asked for again and again: a script directory, which Alembic keeps until the process
    ends, is made once for a configuration, and what is in it is looked at each time.

    Args:
        source: the host's configuration, or where it is.
        phase: the phase, in the place of the configuration's.

    Raises:
        InvalidOption: there is no such phase.
        NotAHost: the ``env.py`` does not name us.
    """
    config = keep_config(source)
    if _SCRIPT not in config.attributes:
        config.attributes[_SCRIPT] = find_script(config)
    settings = read_settings(config)
    if phase is not None:
        settings = replace(settings, phase=check_phase(PHASE, phase))
    return Session(config, config.attributes[_SCRIPT], State(), settings)
