"""The text of every error of setting data aside, whole."""

import pickle
from pathlib import Path

import pytest

from alembic_plugins import custody_errors
from alembic_plugins.errors import PluginError

from .test_errors import describe, find_leaves

BACKUP = Path("billing.dump")

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        custody_errors.ProgramMissing("pg_dump", 18, ("/usr/bin/pg_dump of 15",)),
        "A backup of PostgreSQL 18 needs its 'pg_dump', and there is /usr/bin/pg_dump of 15. "
        "Install the client programs of PostgreSQL 18, and put their folder on PATH; nothing was "
        "changed.",
    ),
    (
        custody_errors.BackupExists(BACKUP),
        "Backup 'billing.dump' exists already. Name another file; nothing was changed.",
    ),
    (
        custody_errors.BackupFailed(BACKUP, "Permission denied"),
        "Backup 'billing.dump' cannot be written: Permission denied. See to that and run the "
        "command again; nothing was changed.",
    ),
    (
        custody_errors.RestoreFailed(BACKUP, "No such file or directory"),
        "Backup 'billing.dump' cannot be restored: No such file or directory. See to that and run "
        "the command again; nothing was changed.",
    ),
]

NAMED = [
    (error, getattr(error, fact))
    for error, _ in EXAMPLES
    for fact in ("name", "path")
    if hasattr(error, fact)
]


@pytest.mark.parametrize(("error", "text"), EXAMPLES, ids=describe)
def test_error_words_itself(error: PluginError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(("error", "name"), NAMED, ids=describe)
def test_error_puts_names_in_single_quotes(error: PluginError, name: str | Path) -> None:
    assert f"'{name}'" in str(error)


@pytest.mark.parametrize("error", [error for error, _ in EXAMPLES], ids=describe)
def test_error_survives_pickling(error: PluginError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), vars(copy), str(copy)) == (type(error), vars(error), str(error))


def test_every_error_has_an_example() -> None:
    leaves = find_leaves(PluginError)
    here = {leaf for leaf in leaves if leaf.__module__ == custody_errors.__name__}
    assert here == {type(error) for error, _ in EXAMPLES}


def test_missing_program_reads_well_where_there_is_none() -> None:
    assert "and there is none." in str(custody_errors.ProgramMissing("pg_dump", 18, ()))
