"""Where the tables of plugins are: for applications that read and write them."""

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike

from alembic.config import Config
from sqlalchemy import Connection

from .config.sources import ConfigSource
from .connection.visits import visit
from .integration.disk import read_disk
from .loading.errors import Quarantined
from .planning.errors import NotInstalled
from .plugin import HOST, Namespace, Schema, check_name, list_names, name_table
from .registry.reading import read_places
from .registry.state import State
from .registry.tables import make_tables


@dataclass(frozen=True)
class PluginNamespace:
    """Where the tables of a plugin are.

    Attributes:
        plugin: its name, or ``host``.
        namespace: what it has: a `Schema` or, in the host's schema, a `Prefix`; None for the host.
        schema: the schema that its tables are in; None is the first one on the search path, where
            the host's is not known.
    """

    plugin: str
    namespace: Namespace | None
    schema: str | None

    def name_table(self, name: str) -> str:
        """Return what a table is called: with the prefix, where the plugin has one.

        A name that has it already is returned as it is.
        """
        return name_table(self.namespace, name)


def find_namespace(
    plugin: str,
    source: Connection | ConfigSource,
    *,
    version_table_schema: str | None = None,
) -> PluginNamespace:
    """Return where the tables of a plugin are.

    Args:
        plugin: its name; ``host`` is the host.
        source: a connection, where what is installed counts, and which is left as it was; or a
            configuration, where it is what the plugin declares, be it installed or not.
        version_table_schema: where the registry is, as ``env.py`` gives it to `configure`; None is
            the search path. Of a configuration it does not matter.

    Raises:
        NotInstalled: the database does not have the plugin.
        Quarantined: it is set aside.
        WrongConnection: `source` is neither.
        DamagedRow: what the database remembers of it cannot be.
        UnknownPlugin: it is not on disk.
        PluginError: what else is wrong with the registry, or with the declaration.
    """
    [found] = _find_all([plugin], source, version_table_schema)
    return found


def translate_map(
    plugins: str | Iterable[str],
    source: Connection | ConfigSource,
    *,
    version_table_schema: str | None = None,
) -> dict[str | None, str | None]:
    """Return the ``schema_translate_map`` by which models reach the tables of plugins.

    Models whose schema is the name of a plugin, or ``host``, are in that one's. Models without a
    schema are those of the plugin, where a single one is named as a string, and else the host's.

    Args:
        plugins: the names; ``host`` needs not be among them.
        source: see `find_namespace`.
        version_table_schema: likewise.

    Raises:
        PluginError: see `find_namespace`.
    """
    names = dict.fromkeys((HOST, *list_names(plugins)))
    found: dict[str | None, str | None] = {
        place.plugin: place.schema for place in _find_all(names, source, version_table_schema)
    }
    return {None: found[plugins if isinstance(plugins, str) else HOST], **found}


def _find_all(
    names: Iterable[str], source: Connection | ConfigSource, version_table_schema: str | None
) -> list[PluginNamespace]:
    if not isinstance(source, Config | str | PathLike):
        with visit(source):
            state = read_places(source, make_tables(version_table_schema))
        return [_find_installed(name, state) for name in names]
    session = read_disk(source)
    spaces = ((n, None if n == HOST else session.find_plugin(n).namespace) for n in names)
    return [_place(name, space, None) for name, space in spaces]


def _find_installed(name: str, state: State) -> PluginNamespace:
    if name == HOST:
        return _place(name, None, state.host_schema)
    check_name(name)
    if name in state.damaged:
        raise state.damaged[name]
    aside = state.quarantined.get(name)
    if aside and aside.quarantine:
        raise Quarantined(name, aside.quarantine)
    if name not in state.plugins:
        raise NotInstalled(name)
    return _place(name, state.plugins[name].namespace, state.host_schema)


def _place(name: str, space: Namespace | None, host_schema: str | None) -> PluginNamespace:
    return PluginNamespace(name, space, space.name if isinstance(space, Schema) else host_schema)
