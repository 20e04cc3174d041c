"""A second process that installs a plugin at the same moment; this module is what it runs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import StringIO

from alembic.config import Config
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import URL

from .. import commands
from .failures import describe


@contextmanager
def installing_beside(config: Config, url: URL, name: str) -> Iterator["SecondProcess"]:
    """Start a process that waits to install a plugin; it is ended at the end of the block."""
    words = StringIO()
    config.file_config.write(words)
    facts = {
        "ini": words.getvalue(),
        "files": [config.config_file_name, config.toml_file_name, config.config_ini_section],
        "url": url.render_as_string(hide_password=False),
        "name": name,
        "path": sys.path,
    }
    process = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield SecondProcess(process, json.dumps(facts))
    finally:
        process.kill()
        process.communicate()


class SecondProcess:
    """A process that is ready to install a plugin."""

    def __init__(self, process: "subprocess.Popen[str]", facts: str) -> None:
        self._process = process
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        process.stdin.write(f"{facts}\n")
        process.stdin.flush()
        process.stdout.readline()

    def start(self) -> None:
        """Let it install the plugin, now."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write("now\n")
        self._process.stdin.flush()

    def wait(self) -> str:
        """Wait for its end; return what it says of its failure, or nothing."""
        output, _ = self._process.communicate()
        return output.strip() if self._process.returncode else ""


def main() -> int:
    """Install a plugin when told so, by what comes on stdin; return the exit code."""
    facts = json.loads(sys.stdin.readline())
    sys.path[:] = facts["path"]
    # What the command itself imports, so that it need not when it is told to begin.
    for module in ("..connection.locking", "..execution.executor"):
        import_module(module, __package__)
    ini, toml, section = facts["files"]
    config = Config(ini, toml, section)
    config.file_config.read_string(facts["ini"])
    with create_engine(facts["url"], poolclass=NullPool).connect() as connection:
        config.attributes["connection"] = connection
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            commands.install(config, facts["name"])
        except Exception as error:  # noqa: BLE001 - it is told to the other process
            print("\n".join(describe(error)))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
