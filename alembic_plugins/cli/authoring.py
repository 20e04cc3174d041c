"""What ``alembic plugin new`` and ``init-host`` run, and the like for authors of files."""

import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config

from .. import commands
from .._base_errors import PluginError, printable
from .._quoting import find_program, join_command
from ..config.flags import read_seconds
from .output import print_json, print_line

# What only a capture needs is imported when one is made.
if TYPE_CHECKING:
    from ..capture.results import Capture


def new_plugin(
    config: Config,
    plugin: str,
    as_folder: bool,
    path: str | None,
    package: str | None,
    namespace: str | None,
) -> None:
    """Write a new plugin: a package, or a folder of the host's."""
    files = commands.new_plugin(
        config, plugin, as_folder=as_folder, path=path, package=package, namespace=namespace
    )
    _print_files(config, files)
    install = f"{find_program()} plugin install {plugin}"
    if as_folder:
        print_line(config, f"next: {install}")
    else:
        print_line(config, f"next: pip install -e {join_command([path or plugin])}")
        print_line(config, f"next, in the folder of a host: {install}")


def revision(
    config: Config,
    plugin: str,
    autogenerate: bool,
    splice: bool,
    message: str | None,
    head: str | None,
    branch_label: str | None,
    version_path: str | None,
    rev_id: str | None,
    depends_on: list[str] | None,
) -> None:
    """Write a new revision of a plugin, or of the host, at the end of its branch."""
    commands.revision(
        config,
        plugin,
        message,
        autogenerate=autogenerate,
        splice=splice,
        head=head or "head",
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        depends_on=depends_on,
    )


def squash(
    config: Config, plugin: str, scope: str | None, message: str | None, rev_id: str | None
) -> None:
    """Write a revision that does what several do, and stands for them from then on."""
    from ..authoring.squash import write_squash
    from ..integration.disk import read_disk

    file, replaced = write_squash(read_disk(config), plugin, scope, message, revision=rev_id)
    _print_files(config, (file,))
    print_line(config, f"it replaces {', '.join(replaced)}")


def capture(
    config: Config,
    plugin: str,
    dry_run: bool,
    as_json: bool,
    message: str | None,
    rev_id: str | None,
) -> None:
    """Write a revision of what was changed by hand in the database, recorded as applied."""
    from ..checks.formats import find_path, to_line
    from ..reports.verification import Rule

    found = commands.capture(config, plugin, message, rev_id=rev_id, dry_run=dry_run)
    if as_json:
        print_json(config, _to_json(found))
        return
    if found.file is None:
        print_line(config, "nothing to capture")
        return
    for difference in found.differences if dry_run else ():
        is_note = difference.rule is Rule.NOTE
        print_line(config, f"{'note: ' if is_note else ''}{difference}")
    if dry_run:
        print_line(config, f"would write {find_path(found.file)}:")
        print_line(config, "")
        for line in found.text.splitlines():
            print_line(config, line)
    else:
        _print_written(config, found)
    for remark in found.remarks:
        print(printable(remark), file=sys.stderr)
    for finding in found.findings:
        print(printable(f"{to_line(finding)}"), file=sys.stderr)


def watch(config: Config, plugins: Sequence[str], interval: str | None, pause: str | None) -> None:
    """Write a revision of each change by hand in the database, while one works there."""
    waits = (read_seconds("--interval", interval), read_seconds("--pause", pause))
    try:
        for found in commands.watch(config, plugins, interval=waits[0], pause=waits[1]):
            if isinstance(found, PluginError):
                print(printable(f"{found}"), file=sys.stderr, flush=True)
            else:
                _print_written(config, found)
                for remark in found.remarks:
                    print(printable(remark), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        # That is how one ends it.
        sys.exit(128 + signal.SIGINT)


def _print_written(config: Config, found: "Capture") -> None:
    from ..checks.formats import find_path

    assert found.file is not None  # noqa: S101 - there was something to capture
    print_line(config, f"wrote {find_path(found.file)}")
    print_line(config, f"recorded {found.revision} of {found.plugin} as applied")


def _to_json(found: "Capture") -> dict[str, object]:
    """Return a capture as JSON can have it."""
    from ..checks.formats import to_json

    return {
        "plugin": found.plugin,
        "revision": found.revision,
        "file": None if found.file is None else str(found.file),
        "text": found.text,
        "differences": [asdict(item) for item in found.differences],
        "remarks": list(found.remarks),
        "findings": [to_json(item) for item in found.findings],
        "plan": found.plan.to_json(),
    }


def init_host(config: Config, folder: str, is_async: bool, pyproject: bool) -> None:
    """Write the configuration and the environment of a new host."""
    files = commands.init_host(folder, is_async=is_async, pyproject=pyproject)
    _print_files(config, files)
    print_line(config, f"next: cd {join_command([folder])}")
    print_line(config, 'next: alembic revision -m "begin"')
    print_line(config, "next: alembic upgrade heads")


def _print_files(config: Config, files: tuple[Path, ...]) -> None:
    for file in files:
        print_line(config, f"wrote {file}")
