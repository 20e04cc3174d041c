"""An Alembic extension: each plugin of a host has its own version branch and its own namespace."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._base_errors import PluginError as PluginError
    from .inspection import is_up_to_date as is_up_to_date
    from .inspection import pending as pending
    from .integration.runtime import configure as configure
    from .integration.runtime import run_migrations as run_migrations
    from .locations import find_namespace as find_namespace
    from .locations import translate_map as translate_map
    from .plugin import Plugin as Plugin
    from .plugin import Prefix as Prefix
    from .plugin import Schema as Schema
    from .startup import upgrade_on_startup as upgrade_on_startup

    __version__: str

__all__ = ["Plugin", "PluginError", "Prefix", "Schema", "configure", "find_namespace"]
__all__ += ["is_up_to_date", "pending", "run_migrations", "translate_map", "upgrade_on_startup"]

_MODULES = {
    "Plugin": "plugin",
    "PluginError": "_base_errors",
    "Prefix": "plugin",
    "Schema": "plugin",
    "configure": "integration.runtime",
    "find_namespace": "locations",
    "is_up_to_date": "inspection",
    "pending": "inspection",
    "run_migrations": "integration.runtime",
    "translate_map": "locations",
    "upgrade_on_startup": "startup",
}


# A type checker that sees this would take every name for one that is there.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # Lazy, since Alembic imports this package inside `import alembic`, before it is complete.
        if name == "__version__":
            return import_module("importlib.metadata").version("alembic-plugins")
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
