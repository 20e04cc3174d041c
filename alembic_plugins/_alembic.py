"""Every private name of Alembic that we touch, each in a function of its own with the reason.

So is what is replaced of a `MigrationContext` while a command runs.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.config import CommandLine
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import Table


COMPARED = "alembic_plugins_compared"
"""The option of a migration context that tells whose objects a comparison is about; None is one
that knows by itself. Without it, it is taken for the host's."""


def current_environment() -> EnvironmentContext:
    """Return the `EnvironmentContext` whose ``env.py`` is being run.

    `alembic.context` publishes its methods, `config` and `script`, but not the object itself,
    whose `context_opts` tell which command is run.
    """
    from alembic import context

    return context._proxy  # type: ignore[attr-defined,no-any-return]


def stock_command(work: Callable[..., Any]) -> str | None:
    """Return the name of the stock command that made a work function, None for another's.

    A command hands ``env.py`` nothing but a closure. Only its qualified name, for example
    ``upgrade.<locals>.upgrade``, tells ``upgrade`` from ``downgrade``.
    """
    if getattr(work, "__module__", None) != "alembic.command":
        return None
    return work.__qualname__.partition(".")[0]


def find_config_files(command_line: CommandLine, options: Namespace) -> tuple[str, str]:
    """Return the ``pyproject.toml`` and the ini file that a command line with `options` reads.

    `CommandLine.main` finds them for a command that it runs, and tells nobody.
    """
    given = Namespace(config=getattr(options, "config", None))
    return command_line._inis_from_config(given)


def version_table(context: MigrationContext) -> Table:
    """Return the version table, which hosts may name, place and shape by several options.

    `DefaultImpl.version_table_impl` is public but needs these options again.
    """
    return context._version


def transaction(context: MigrationContext) -> AbstractContextManager[Any]:
    """Begin a transaction of the context's own: BEGIN and COMMIT in offline mode.

    `begin_transaction` without the argument is the outer one, which covers the whole command and
    which ``transaction_per_migration`` switches off. `autocommit_block` needs one made here.
    """
    return context.begin_transaction(_per_migration=True)


def begin_again(context: MigrationContext) -> None:
    """Roll back what came behind an `autocommit_block()`, and begin the transaction anew.

    The context begins one where the block ends, and commits that one, whatever becomes of it.
    """
    connection = context.connection
    assert connection is not None  # noqa: S101 - a configured context has one
    connection.rollback()
    context._transaction = connection.begin()


def in_external_transaction(context: MigrationContext) -> bool:
    """Tell whether the caller had begun a transaction, which is then theirs to end."""
    return context._in_external_transaction


def list_revision_files(script: ScriptDirectory, location: Path) -> Iterator[str]:
    """Find the revision files in a version location, by their paths in it, in Alembic's order.

    Honours ``recursive_version_locations`` and ``sourceless``, whose rules are in no public place.
    """
    from alembic.script import Script, base

    if not location.is_dir():
        return
    if not script.sourceless and not script.recursive_version_locations:
        # As most often, and without a `Path` for each file.
        with os.scandir(location) as entries:
            names = sorted(entry.name for entry in entries if not _is_folder(entry))
        yield from filter(base._only_source_rev_file.match, names)
        return
    pattern = base._sourceless_rev_file if script.sourceless else base._only_source_rev_file
    for path in Script._list_py_dir(script, location):
        match = pattern.match(path.name)
        if match and not (path.suffix != ".py" and path.with_suffix(".py").exists()):
            yield str(path.relative_to(location))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a folder; a link that leads to itself is told of when it is read."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def version_locations(script: ScriptDirectory) -> list[Path]:
    """Return the absolute version locations of a script directory.

    `ScriptDirectory.version_locations` is what the configuration says: it may be empty, relative
    or name a package.
    """
    return list(script._version_locations)


def set_version_locations(script: ScriptDirectory, locations: Iterable[Path]) -> None:
    """Let a script directory have other version locations.

    It resolves them once, and keeps the paths, which are forgotten here.
    """
    script.version_locations = [str(location) for location in locations]
    for name in ("_version_locations", "_singular_version_location"):
        script.__dict__.pop(name, None)


@contextmanager
def replaced_context(context: MigrationContext, other: MigrationContext) -> Iterator[None]:
    """Let ``alembic.context`` answer for `other`, where a revision asks that and not ``op``.

    An `EnvironmentContext` has one migration context, set by `configure()`, which cannot be undone.
    """
    environment = context.environment_context
    if environment is None:
        yield
        return
    as_sql = environment.context_opts.get("as_sql", False)
    environment._migration_context = other
    environment.context_opts["as_sql"] = other.as_sql
    try:
        yield
    finally:
        environment._migration_context = context
        environment.context_opts["as_sql"] = as_sql


@contextmanager
def replaced_autocommit_block(
    context: MigrationContext, other: Callable[[], AbstractContextManager[None]]
) -> Iterator[None]:
    """Let revisions that ask a context for its `autocommit_block()` get another one.

    Alembic asks nobody before it commits what comes before such a block.
    """
    original = context.autocommit_block
    context.autocommit_block = other  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        context.autocommit_block = original  # type: ignore[method-assign]


@contextmanager
def silenced_context_log() -> Iterator[None]:
    """Let Alembic not log that a context is made, as "Generating static SQL" for one that renders.

    The logger's name is in no public place, though every ``alembic.ini`` knows its parent.
    """
    from alembic.runtime.migration import log

    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def narrow_heads(context: MigrationContext, rows: tuple[str, ...]) -> None:
    """Let a command see only `rows` of the version table.

    ``current --check-heads`` asks the context again for what it was given as an argument.
    """
    context.get_current_heads = lambda: rows  # type: ignore[method-assign]


def add_filters(
    context: AutogenContext,
    include_name: Callable[..., bool],
    include_object: Callable[..., bool],
) -> None:
    """Let a comparison ask these filters before those of ``env.py``.

    It takes its filters from its options, which may be the very dictionary of the migration
    context: what is written there stays for the next comparison.
    """
    context._name_filters.insert(0, include_name)
    context._object_filters.insert(0, include_object)
