"""What plugins store, as functions: a `Config` comes in, data goes out; see `commands`."""

from functools import partial

from ._base_errors import first_line
from .config.sources import ConfigSource
from .execution.migrator import Migrator
from .integration.running import run_work
from .json_values import JSON, encode_entries
from .loading.session import Session
from .planning.operations import DeleteValue, Operation, StoreValue
from .planning.plan import Plan, Transaction
from .planning.targets import check_installed
from .reports.errors import InvalidValue
from .reports.values import read_value, read_values


def list_values(config: ConfigSource, name: str) -> dict[str, JSON]:
    """Return what a plugin has stored, by key.

    Raises:
        NotInstalled: the database does not have it.
        UnknownPlugin: it is not on disk, either.
    """
    return run_work(config, partial(read_values, name=name), finishes_transfer=False)


def get_value(config: ConfigSource, name: str, key: str) -> JSON:
    """Return a value that a plugin has stored.

    Raises:
        UnknownKey: there is none.
        NotInstalled: the database does not have the plugin.
        UnknownPlugin: it is not on disk, either.
    """
    return run_work(config, partial(read_value, name=name, key=key), finishes_transfer=False)


def set_value(config: ConfigSource, name: str, key: str, value: JSON) -> None:
    """Store a value of a plugin, in place of the one that is there.

    Raises:
        InvalidValue: the value is no JSON, or PostgreSQL cannot keep it or its key.
        NotInstalled: the database does not have the plugin.
        Quarantined: the plugin is set aside.
        UnknownPlugin: it is not on disk, either.
    """
    try:
        encode_entries({key: value})
    except (TypeError, ValueError) as error:
        raise InvalidValue(name, key, first_line(error)) from error
    run_work(config, lambda migrator: migrator.run(partial(_plan, StoreValue(name, key, value))))


def delete_value(config: ConfigSource, name: str, key: str) -> None:
    """Delete a value that a plugin has stored.

    Raises:
        UnknownKey: there is none.
        NotInstalled: the database does not have the plugin.
        Quarantined: the plugin is set aside.
        UnknownPlugin: it is not on disk, either.
    """

    def run(migrator: Migrator) -> None:
        read_value(migrator, name, key)
        migrator.run(partial(_plan, DeleteValue(name, key)))

    run_work(config, run)


def _plan(operation: StoreValue | DeleteValue, session: Session) -> Plan:
    check_installed(session, [operation.plugin])
    operations: tuple[Operation, ...] = (operation,)
    return Plan((Transaction(operations, "store"),))
