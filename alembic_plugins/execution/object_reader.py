"""What plugins have while a command runs: what is recorded, and what has come since."""

from collections.abc import Collection

from ..catalog.objects import DatabaseObject
from ..catalog.queries import Column, Dependent
from ..connection.writer import RegistryWriter
from ..loading.dependencies import find_users
from ..namespaces.ownership import Ownership, PluginObjects, read_plugin_objects
from ..namespaces.recorded import RecordedObject, read_recorded
from ..registry.state import InstalledPlugin
from ..registry.tables import VERSION


class ObjectReader:
    """Read whose the objects in the database are, as it is while a command runs.

    Args:
        writer: of the command's registry, whose connection is asked.
    """

    def __init__(self, writer: RegistryWriter) -> None:
        self._writer = writer

    @property
    def plugins(self) -> Collection[InstalledPlugin]:
        """The plugins that are installed or set aside."""
        writer = self._writer
        return {**writer.session.state.quarantined, **writer.pending.plugins}.values()

    def read_recorded(self) -> tuple[RecordedObject, ...]:
        """Return what is recorded of objects."""
        writer = self._writer
        version = VERSION if writer.has_tables else writer.session.state.registry
        return read_recorded(
            writer.connection, writer.tables, version, self.plugins, writer.host_schema
        )

    def read_ownership(self) -> Ownership:
        """Return what tells whose an object is."""
        writer = self._writer
        inferred = (row for found in writer.session.inferred.values() for row in found.rows)
        recorded = (*inferred, *self.read_recorded())
        return Ownership(self.plugins, writer.host_schema, recorded)

    def read_plugin_objects(self, name: str) -> PluginObjects:
        """Return what a plugin has."""
        return read_plugin_objects(self._writer.connection, self.read_ownership(), name)

    def find_dependents(
        self,
        items: Collection[DatabaseObject],
        going: Collection[str],
        columns: Collection[Column] = (),
    ) -> list[Dependent]:
        """Return what would be lost of others if objects and columns were dropped.

        Args:
            items: the objects.
            going: the plugins that go, whose objects are not missed.
            columns: the columns.
        """
        users = find_users(self._writer.connection, self.read_ownership(), items, going, columns)
        return [item for them in users.values() for item in them]
