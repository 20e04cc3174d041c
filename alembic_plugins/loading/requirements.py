"""Which of the plugins that a plugin requires count, and whether they are there."""

from collections.abc import Callable, Collection

from ..config.discovery import FoundPlugin
from ..config.errors import UnknownPlugin
from .errors import MissingRequirement, UnmetRequirement


def find_required(
    plugin: FoundPlugin, installed: Collection[str], find_plugin: Callable[[str], FoundPlugin]
) -> tuple[str, ...]:
    """Return the names of the plugins that a plugin requires, optional ones where installed.

    Raises:
        MissingRequirement: one is not there.
        UnmetRequirement: one has another version.
    """
    required = []
    for requires in plugin.declaration.requirements:
        if requires.optional and requires.name not in installed:
            continue
        try:
            found = find_plugin(requires.name)
        except UnknownPlugin as error:
            raise MissingRequirement(plugin.name, requires.text) from error
        if not requires.met_by(found.declaration.version):
            version = found.declaration.version
            raise UnmetRequirement(plugin.name, requires.text, version)
        required.append(requires.name)
    return tuple(required)
