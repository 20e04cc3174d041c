"""What the SQL of revisions means for an application that runs meanwhile, by ``squawk``.

Its rules are written down here, those that others have are not asked for, and words of ours say
what is wrong: another version of it finds more or less, and changes no names. It reads one file a
transaction, as it does not know which statements are in one; and one file a revision, which tells
it what the revision has made itself. What it finds in both counts.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from .._base_errors import explain
from ..revisions.phases import CONTRACT, EXPAND
from .errors import LinterFailed
from .findings import Finding, Rule
from .rules import CANNOT_EXPAND, UNCHECKED
from .sources import RevisionFile
from .statements import Rendered, Statement

MISSING = (
    "The SQL of revisions has not been checked, since squawk-cli is not installed: "
    "pip install 'alembic-plugins[check]'"
)

_SYNTAX = "syntax-error"
_OLDEST_SERVER = "15.0"

_COMPATIBLE = (
    "An application's old version runs while the new one is rolled out, and may use what is no "
    "longer there."
)
_REWRITES = (
    "PostgreSQL writes the whole table anew, or reads all of it, and lets nobody read or write it "
    "meanwhile."
)
_BLOCKS = "Nobody writes to the table while PostgreSQL reads all of it."
_TWO_STEPS = (
    "Drop it in a later release, when no running version uses it any more, by a revision that is "
    'marked phase = "contract"'
)

_MESSAGES: Mapping[str, tuple[str, str, str]] = {
    "ban-drop-column": ("a column is dropped", _TWO_STEPS, _COMPATIBLE),
    "ban-drop-table": ("a table is dropped", _TWO_STEPS, _COMPATIBLE),
    "renaming-column": (
        "a column is renamed",
        "Add a new column, write to both, and drop the old one in a later release",
        _COMPATIBLE,
    ),
    "renaming-table": (
        "a table is renamed",
        "Leave a view of the old name, and drop it in a later release",
        _COMPATIBLE,
    ),
    "changing-column-type": (
        "a column's type is changed",
        "Add a column of the new type, copy in batches, and drop the old one in a later release",
        f"{_REWRITES} {_COMPATIBLE}",
    ),
    "adding-required-field": (
        "a column is added that is NOT NULL and has no default",
        "Add it with a server_default, or without NOT NULL",
        "It fails where the table has rows, and so do INSERTs of the application's old version.",
    ),
    "adding-not-nullable-field": (
        "a column is set NOT NULL",
        "Add CHECK (... IS NOT NULL) NOT VALID, validate it in another transaction, and set NOT "
        "NULL after that",
        f"{_REWRITES} {_COMPATIBLE}",
    ),
    "adding-field-with-default": (
        "a column is added whose default is computed for each row",
        "Add it without a default, set the default, and fill the rows in batches",
        _REWRITES,
    ),
    "adding-serial-primary-key-field": (
        "a primary key is added",
        "Create a unique index concurrently, and add the primary key with USING INDEX",
        _REWRITES,
    ),
    "adding-foreign-key-constraint": (
        "a foreign key is added to a table that is there",
        "Add it with postgresql_not_valid=True, and validate it in another transaction",
        _BLOCKS,
    ),
    "constraint-missing-not-valid": (
        "a constraint is added and validated in one transaction",
        "Add it with postgresql_not_valid=True, and validate it in another transaction",
        _BLOCKS,
    ),
    "disallowed-unique-constraint": (
        "a unique constraint is added to a table that is there",
        "Create a unique index concurrently, and add the constraint with USING INDEX",
        _REWRITES,
    ),
    "require-concurrent-index-creation": (
        "an index is created without CONCURRENTLY",
        "Pass postgresql_concurrently=True, inside 'with op.get_context().autocommit_block():'",
        _BLOCKS,
    ),
    "require-concurrent-index-deletion": (
        "an index is dropped without CONCURRENTLY",
        "Pass postgresql_concurrently=True, inside 'with op.get_context().autocommit_block():'",
        "Dropping an index waits for every transaction on the table, and keeps others waiting.",
    ),
    "ban-concurrent-index-creation-in-transaction": (
        "an index is created CONCURRENTLY in a transaction",
        "Put it inside 'with op.get_context().autocommit_block():'",
        "PostgreSQL refuses that.",
    ),
    "ban-truncate-cascade": (
        "TRUNCATE ... CASCADE empties every table that refers to it",
        "Name the tables, and leave out CASCADE",
        "Tables of the host or of other plugins may be among them.",
    ),
}

RULES = {name: Rule(name, advice, reason) for name, (_, advice, reason) in _MESSAGES.items()}

_MORE_SPECIAL = (
    "adding-foreign-key-constraint",
    "adding-serial-primary-key-field",
    "disallowed-unique-constraint",
)
_GENERAL = "constraint-missing-not-valid"
_SET_NOT_NULL = "adding-not-nullable-field"
_ONLY_IN_TRANSACTION = "ban-concurrent-index-creation-in-transaction"


_CONTRACTS = ("ban-drop-column", "ban-drop-table")
"""What is no fault of a revision that is run when no old version of an application runs."""

_NARROWS = (
    *(*_CONTRACTS, "renaming-column", "renaming-table", "changing-column-type"),
    *("adding-required-field", _SET_NOT_NULL),
)
"""What an application's old version cannot bear, so that a revision marked expand must not."""


def find_linter() -> Path | None:
    """Return the program ``squawk``, that of this Python's environment first; None without one."""
    beside = Path(sys.executable).parent
    found = which("squawk", path=os.pathsep.join((str(beside), os.environ.get("PATH", ""))))
    return Path(found) if found else None


def lint(
    linter: Path,
    revisions: Iterable[Rendered],
    read_earlier: Callable[[RevisionFile], Iterable[Rendered]],
) -> Iterator[Finding]:
    """Find what the upgrades of revisions do to an application that runs.

    Args:
        linter: the program.
        revisions: the revisions.
        read_earlier: returns those of its branch that come before one, the first one first.

    Raises:
        LinterFailed: `linter` cannot be run.
    """
    there = [revision for revision in revisions if revision.statements]
    if not there:
        return
    with TemporaryDirectory() as folder:
        parts = [_write(Path(folder), number, each) for number, each in enumerate(there)]
        found = _run(linter, Path(folder))
    for revision, written in zip(there, parts, strict=True):
        # What stands in one part alone is about what another part knows better.
        whole, *transactions = (
            {(owners[line], rule) for line, rule in found.get(name, ()) if line < len(owners)}
            for name, owners in written.items()
        )
        both = whole.intersection(set().union(*transactions)) if transactions else whole
        yield from _tell(revision, both - _find_prepared(linter, revision, both, read_earlier))


def _find_prepared(
    linter: Path,
    revision: Rendered,
    found: set[tuple[Statement, str]],
    read_earlier: Callable[[RevisionFile], Iterable[Rendered]],
) -> set[tuple[Statement, str]]:
    """Return what is no fault after earlier revisions: a NOT NULL that a CHECK of theirs keeps."""
    doubted = {item for item in found if item[1] == _SET_NOT_NULL}
    earlier = [
        statement
        for before in (read_earlier(revision.file) if doubted else ())
        for statement in before.statements
        if not statement.is_of_new_table and "CONSTRAINT" in statement.text.upper()
    ]
    if not earlier:
        return set()
    with TemporaryDirectory() as folder:
        owners = _write_file(Path(folder, "all.sql"), [*earlier, *revision.statements])
        told = _run(linter, Path(folder)).get("all.sql", ())
    return doubted - {(owners[line], rule) for line, rule in told if line < len(owners)}


def _write(folder: Path, number: int, revision: Rendered) -> dict[str, list[Statement]]:
    """Write the files of a revision; return, by their names, which statement each line is of.

    The first one has all statements; where there are several transactions, each has another.
    """
    parts = {f"{number}.sql": list(revision.statements)}
    if len({statement.segment for statement in revision.statements}) > 1:
        for statement in revision.statements:
            parts.setdefault(f"{number}-{statement.segment}.sql", []).append(statement)
    return {name: _write_file(folder / name, statements) for name, statements in parts.items()}


def _write_file(path: Path, statements: Sequence[Statement]) -> list[Statement]:
    """Write statements; return which of them each line is of."""
    texts = {statement: f"{statement.text}\n;\n" for statement in statements}
    path.write_text("".join(texts[each] for each in statements), "utf-8")
    return [each for each in statements for _ in range(texts[each].count("\n"))]


def _run(linter: Path, folder: Path) -> dict[str, list[tuple[int, str]]]:
    """Return the lines, from 0, and rules that squawk tells of each file in a folder."""
    settings = folder / "squawk.toml"
    settings.touch()  # Else it looks for one of the user's.
    options = ("--config", settings.name, "--assume-in-transaction", "--reporter", "json")
    done = subprocess.run(  # noqa: S603 - without a shell
        [linter, *options, "--pg-version", _OLDEST_SERVER, "*.sql"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    try:
        told = [(each["file"], each["line"], each["rule_name"]) for each in json.loads(done.stdout)]
    except (ValueError, TypeError, KeyError) as error:
        lines = done.stderr.strip().splitlines()
        raise LinterFailed(lines[0] if lines else explain(error)) from error
    found: dict[str, list[tuple[int, str]]] = {}
    for file, line, rule in told:
        found.setdefault(Path(file).name, []).append((line, rule))
    return found


def _tell(revision: Rendered, found: set[tuple[Statement, str]]) -> Iterator[Finding]:
    for statement, name in found:
        if name == _SYNTAX:
            message = "squawk cannot read the SQL"
            yield revision.file.find(UNCHECKED, statement.line, message)
        elif name in RULES and not _is_told_otherwise(statement, name, found):
            yield from _tell_in_phase(revision.file, statement.line, name)


def _tell_in_phase(file: RevisionFile, line: int, name: str) -> Iterator[Finding]:
    """Tell what is found by a rule, as far as it is a fault in the phase that the file names."""
    phase, message = file.info and file.info.phase, _MESSAGES[name][0]
    if phase == CONTRACT and name in _CONTRACTS:
        return
    yield file.find(RULES[name], line, message)
    if phase == EXPAND and name in _NARROWS:
        yield file.find(CANNOT_EXPAND, line, f"it is marked expand, and {message}")


def _is_told_otherwise(statement: Statement, name: str, found: set[tuple[Statement, str]]) -> bool:
    """Tell whether a finding is none, or another one of the same statement says more."""
    if name == _ONLY_IN_TRANSACTION:
        return statement.commits_itself
    if statement.is_of_new_table:
        return True  # Nobody uses it yet.
    return name == _GENERAL and any((statement, other) in found for other in _MORE_SPECIAL)
