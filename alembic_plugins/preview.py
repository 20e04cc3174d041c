"""What a plugin has, and what would be lost with it: for those who are to decide."""

from collections.abc import Mapping
from dataclasses import dataclass

from .catalog import CatalogObject, count_objects, read_objects
from .leaning import Leanings, find_leaning
from .migrator import Migrator
from .plan import Direction, Plan
from .registry import read_irreversible
from .tables import make_tables


@dataclass(frozen=True)
class Holdings:
    """What a plugin has.

    Attributes:
        objects: what stands in its namespace, with rows and bytes.
        leaning: what elsewhere leans on that, by the plugin that it belongs to; ``""`` for what
            belongs to none.
        irreversible: the revisions that cannot be taken back, and why.
    """

    objects: tuple[CatalogObject, ...]
    leaning: Leanings
    irreversible: Mapping[str, str]


def read_holdings(migrator: Migrator, plan: Plan) -> Mapping[str, Holdings]:
    """Return what plugins have of which a plan makes something, by name."""
    names = tuple(plan.fates)
    state = migrator.session.state
    irreversible = _find_irreversible(migrator, plan)
    found = {}
    for name in names:
        plugin = state.plugins.get(name) or state.quarantined[name]
        objects = read_objects(migrator.connection, plugin.place)
        leaning = find_leaning(migrator.connection, state, name)
        own = {item.revision for item in state.of(name)}
        found[name] = Holdings(
            tuple(count_objects(migrator.connection, objects)),
            {other: items for other, items in leaning.items() if other not in names},
            {revision: why for revision, why in irreversible.items() if revision in own},
        )
    migrator.end_reading()
    return found


def _find_irreversible(migrator: Migrator, plan: Plan) -> Mapping[str, str]:
    """Return why revisions that the plan takes back may not be taken back."""
    if not migrator.session.state.registry:
        return {}
    tables = make_tables(migrator.context.version_table_schema)
    known = read_irreversible(migrator.connection, tables)
    steps = (step for step in plan.steps if step.direction is Direction.DOWNGRADE)
    return {step.revision: known[step.revision] for step in steps if step.revision in known}
