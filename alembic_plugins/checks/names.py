"""The names that plugins had before: who claims them, and who still goes by them."""

from collections.abc import Iterator, Mapping

from .findings import Finding
from .rules import FORMER_NAME_TAKEN, FORMER_NAME_USED
from .sources import Files


def find_current_names(branches: Mapping[str, Files]) -> dict[str, str]:
    """Return what plugins are called by now, by names that they had before and nothing has now."""
    return {
        former: files.name
        for files in branches.values()
        for former in (files.declaration.formerly if files.declaration else ())
        if former not in branches
    }


def check_former_names(files: Files, branches: Mapping[str, Files]) -> Iterator[Finding]:
    """Find what one plugin claims of the names of others, and by which former names it requires."""
    if not files.declaration:
        return
    for former in files.declaration.formerly:
        for other in branches.values():
            claimed = other.declaration.formerly if other.declaration else ()
            if other.name == former or (other.name != files.name and former in claimed):
                words = "is another plugin" if other.name == former else "declares that, too"
                message = f"'{files.name}' was formerly '{former}', and '{other.name}' {words}"
                yield Finding(FORMER_NAME_TAKEN, files.name, files.declared_in, 1, message)
    current = find_current_names(branches)
    for requires in files.declaration.requirements:
        if requires.name in current:
            name = current[requires.name]
            message = f"'{files.name}' requires '{requires.text}', which is called '{name}' now"
            yield Finding(FORMER_NAME_USED, files.name, files.declared_in, 1, message)
