"""Which of the plugins that a plugin requires count, and whether they are there."""

from collections.abc import Callable, Collection

from ..config.discovery import FoundPlugin
from ..config.errors import UnknownPlugin
from ..plugin import Requires
from .errors import MissingRequirement, UnmetRequirement


def find_required(
    plugin: FoundPlugin,
    installed: Collection[str],
    resolve: Callable[[Requires], str],
    find_plugin: Callable[[str], FoundPlugin],
) -> tuple[str, ...]:
    """Return the names of the plugins that a plugin requires, optional ones where installed.

    `resolve` tells what one is called now that is required by a former name.

    Raises:
        MissingRequirement: one is not there.
        UnmetRequirement: one has another version.
    """
    required = []
    for requires in plugin.declaration.requirements:
        if requires.optional and requires.name not in installed:
            continue
        name = resolve(requires)
        try:
            found = find_plugin(name)
        except UnknownPlugin as error:
            raise MissingRequirement(plugin.name, requires.text) from error
        if not requires.met_by(found.declaration.version):
            version = found.declaration.version
            raise UnmetRequirement(plugin.name, requires.text, version)
        required.append(name)
    return tuple(required)
