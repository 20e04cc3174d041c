"""The commands of those who write plugins, as functions; see `commands`.

What only they need is imported when one is called: most processes write no files.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ._base_errors import InvalidOption, PluginError, WrongCombination
from .config.phases import open_in_phase
from .config.settings import read_settings
from .config.sources import ConfigSource, open_config
from .integration.disk import read_disk
from .integration.running import run_work
from .plugin import list_names

if TYPE_CHECKING:
    from .capture.results import Capture
    from .checks.findings import CheckReport, Finding
    from .integration.syncing import SyncResult


def init_host(
    folder: str | Path, *, is_async: bool = False, pyproject: bool = False
) -> tuple[Path, ...]:
    """Write the configuration and the environment of a new host; return the files.

    Args:
        folder: where to; it is made.
        is_async: let ``env.py`` connect by an async engine.
        pyproject: write the configuration into ``pyproject.toml`` instead of ``alembic.ini``.

    Raises:
        FilesExist: there is a file already, or the configuration.
        BrokenConfiguration: the ``pyproject.toml`` that is there cannot be read.
        NotWritable: a file cannot be written.
    """
    from .authoring import scaffold

    return scaffold.write_host(Path(folder), is_async=is_async, pyproject=pyproject)


def new_plugin(
    config: ConfigSource,
    name: str,
    *,
    as_folder: bool = False,
    path: str | Path | None = None,
    package: str | None = None,
    namespace: str | None = None,
) -> tuple[Path, ...]:
    """Write a new plugin with one table; return the files.

    Args:
        config: the host's, which says where folders of plugins are.
        name: the plugin's name.
        as_folder: write a folder of the host's, instead of a package with a ``pyproject.toml``.
        path: where to; by default into the first of ``plugin_folders``, or for a package into a
            folder of the plugin's name, beneath that of the process.
        package: the name of the package; by default the plugin's.
        namespace: as ``plugin.toml`` has it; by default a schema of the plugin's name.

    Raises:
        InvalidName: a plugin cannot be called so.
        InvalidOption: `namespace` is none, or the host has no ``plugin_folders``.
        PackageTaken: a package cannot be called so, or another module is.
        FilesExist: there is a file already.
        NotWritable: a file cannot be written.
    """
    from .authoring import scaffold

    if not as_folder:
        folder = Path(path or name)
        return scaffold.write_package(folder, name, package=package, namespace=namespace)
    if package:
        raise WrongCombination("--package", "with --folder", "Leave out one of them")
    folder = Path(path) if path else _find_folder(config) / name
    return scaffold.write_folder(folder, name, namespace=namespace)


def _find_folder(config: ConfigSource) -> Path:
    folders = read_settings(open_config(config)).folders
    if not folders:
        raise InvalidOption("plugin_folders", "", "a folder for plugins, or pass --path")
    return folders[0]


def revision(
    config: ConfigSource,
    name: str,
    message: str | None = None,
    *,
    autogenerate: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: str | None = None,
    rev_id: str | None = None,
    depends_on: str | Sequence[str] | None = None,
    phase: str | None = None,
) -> tuple[Path, ...]:
    """Write a new revision of a plugin, or of ``host``; return its file.

    Where ``env.py`` makes several files of it, or none, these are returned. `autogenerate` compares
    the plugin's models with the database. The file is marked with the `phase` of a release, be it
    ``expand`` or ``contract``. The other options mean what they mean for
    `alembic.command.revision`.

    Raises:
        UnknownPlugin: there is no such plugin on disk.
        WrongCombination: `head` is of another branch.
        UndeclaredDependency: `depends_on` is of a plugin that this one does not require.
        PluginError: what else cannot be done, in words.
    """
    from .integration.new_revisions import write_revision

    return write_revision(
        open_in_phase(config, phase),
        name,
        message,
        autogenerate=autogenerate,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        depends_on=depends_on,
    )


def check(
    config: ConfigSource,
    names: str | Sequence[str] = (),
    *,
    diff_base: str | None = None,
    lock: bool = False,
    database: bool = False,
) -> "CheckReport":
    """Check the files of plugins, or of ``host``, for mistakes; return what was found.

    Args:
        config: the host's.
        names: whose; none are the host's and those of all plugins that are no installed packages.
        diff_base: report only on files that are new or changed since that commit, branch or tag.
        lock: write the lock files, so that the files are as they have them.
        database: run each revision up, down and up, too, in a database of its own.

    Raises:
        UnknownPlugin: there is no plugin of one of the names.
        InvalidOption: the configuration silences a rule that there is not.
        NoRepository: git does not tell what has changed since `diff_base`.
        LinterFailed: squawk is installed, and cannot be run.
        NotWritable: a lock file cannot be written.
        NoScratchDatabase: the server gives no database of its own.
    """
    from .checks.run import check_files

    names, config = list_names(names), open_config(config)
    session = read_disk(config)
    tried: tuple[Finding, ...] = ()
    if database:
        from .checks.trial import try_revisions

        tried = run_work(config, partial(try_revisions, names=names), finishes_transfer=False)
    return check_files(session, names, diff_base=diff_base, lock=lock, tried=tried)


def sync(config: ConfigSource, name: str, *, dry_run: bool = False) -> "SyncResult":
    """Make the tables that a plugin declares, and change those that are there, losing nothing.

    `alembic_plugins.sync.sync_tables`, which this is for the tables that the declaration names,
    takes tables and a connection, too.

    Raises:
        SyncError: what is wrong with the tables, in words.
        PluginError: what else cannot be done.
    """
    from .sync import sync_tables

    return sync_tables(open_config(config), name, dry_run=dry_run)


def capture(
    config: ConfigSource,
    name: str,
    message: str | None = None,
    *,
    rev_id: str | None = None,
    dry_run: bool = False,
) -> "Capture":
    """Write a revision of what was changed by hand, and record it as applied; return it.

    Args:
        config: the host's.
        name: the plugin, or ``host``.
        message: what the revision is about.
        rev_id: its id.
        dry_run: write and record nothing.

    Raises:
        NotInstalled: the database does not have the plugin.
        CannotCapture: it is not recorded, or not where its files are, or something is wrong.
        CaptureDiffers: no revision makes what is there.
        NotWritable: its files cannot be written.
        PluginError: what else cannot be done, in words.
    """
    from .capture.checking import check_capture
    from .capture.run import capture

    config = open_config(config)
    work = partial(capture, name=name, message=message, revision=rev_id, dry_run=dry_run)
    result = run_work(config, work, finishes_transfer=False)
    return check_capture(read_disk(config), result) if result.file else result


def watch(
    config: ConfigSource,
    names: str | Sequence[str] = (),
    *,
    interval: float | None = None,
    pause: float | None = None,
) -> "Iterator[Capture | PluginError]":
    """Capture what is changed by hand while somebody works in the database; yield each revision.

    It ends when the caller ends it. What cannot be captured, and a database that is not reached any
    more, is yielded once, as an error, and it goes on.

    Args:
        config: the host's.
        names: whose; none are those that ``plugin_automigrate`` names, or else all.
        interval: how many seconds are between two looks; 1 by default.
        pause: for how many seconds nothing must have changed; 3 by default.

    Raises:
        AutomigrateForbidden: the environment is marked as production.
        NotInstalled: the database does not have one of the plugins.
        PluginError: what else is wrong from the beginning, in words.
    """
    from .integration.watching import INTERVAL_SECONDS, PAUSE_SECONDS, watch_changes

    return watch_changes(
        config,
        list_names(names),
        interval=INTERVAL_SECONDS if interval is None else interval,
        pause=PAUSE_SECONDS if pause is None else pause,
    )
