"""Whether what is in a plugin's namespace is what its revisions make."""

from .drift import find_differences
from .migrator import Migrator
from .picture import read_picture
from .plugin import Schema
from .traces import Trace, place_rows
from .upkeep_errors import Different, NothingToAdopt


def check_made(migrator: Migrator, name: str, revision: str) -> None:
    """Check that what is in a plugin's namespace is what its revisions make, up to one.

    What they make is recorded when the plugin is.

    Raises:
        NothingToAdopt: the namespace is empty.
        Different: it has something else.
        ScratchFailed: the revisions could not be run in a database of their own.
    """
    namespace = migrator.session.find_plugin(name).namespace
    found = read_picture(migrator.connection, namespace)
    migrator.end_reading()
    if not found:
        raise NothingToAdopt(name, str(namespace))
    with migrator.build(name, [revision]) as other:
        expected = read_picture(other.connection, namespace)
        rows = other.read_made(name)
    differences = find_differences(expected, found)
    if isinstance(namespace, Schema) and not namespace.create:
        # What else is in a schema that is shared is not the plugin's.
        made = {row.identity for row in rows}
        differences = tuple(item for item in differences if item.is_about(made))
    if differences:
        raise Different(name, str(namespace), tuple(str(item) for item in differences))
    migrator.session.traces[name] = Trace(place_rows(migrator.connection, rows))
    migrator.end_reading()
