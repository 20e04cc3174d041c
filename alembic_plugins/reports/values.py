"""What plugins have stored, as a command sees it."""

from collections.abc import Mapping

from ..execution.migrator import Migrator
from ..json_values import JSON
from ..planning.targets import check_installed
from ..registry.renaming import find_recorded_name
from ..registry.tables import is_since
from ..store import PluginStore
from .errors import UnknownKey


def find_store(migrator: Migrator, name: str) -> Mapping[str, JSON]:
    """Return what a plugin has stored; nothing where the registry is of an earlier release."""
    if not is_since(migrator.tables.value, migrator.session.state.registry):
        return {}
    name = find_recorded_name(migrator.session.state, name)
    return PluginStore(migrator.connection, name, migrator.context.version_table_schema)


def read_values(migrator: Migrator, name: str) -> dict[str, JSON]:
    """Return what a plugin has stored that is installed or set aside, by key.

    Raises:
        NotInstalled: the database does not have it.
        UnknownPlugin: it is not on disk, either.
    """
    check_installed(migrator.session, [name], with_aside=True)
    values = dict(find_store(migrator, name).items())
    migrator.end_reading()
    return values


def read_value(migrator: Migrator, name: str, key: str) -> JSON:
    """Return a value that a plugin has stored; see `read_values`.

    Raises:
        UnknownKey: there is none.
    """
    check_installed(migrator.session, [name], with_aside=True)
    try:
        return find_store(migrator, name)[key]
    except (KeyError, ValueError) as error:
        raise UnknownKey(name, key) from error
    finally:
        migrator.end_reading()
