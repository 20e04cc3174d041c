"""An example of each error and its text, whole, by the room that it is in."""

from collections.abc import Mapping, Sequence

from alembic_plugins.errors import PluginError

from . import (
    custody_errors,
    driver_errors,
    errors,
    guard_errors,
    refusals,
    revision_errors,
    upkeep_errors,
)

EXAMPLES: Mapping[str, Sequence[tuple[PluginError, str]]] = {
    "errors": errors.EXAMPLES,
    "refusals": refusals.EXAMPLES,
    "upkeep_errors": upkeep_errors.EXAMPLES,
    "custody_errors": custody_errors.EXAMPLES,
    "driver_errors": driver_errors.EXAMPLES,
    "guard_errors": guard_errors.EXAMPLES,
    "revision_errors": revision_errors.EXAMPLES,
}
