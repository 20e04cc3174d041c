"""What a plugin has, and what would be lost with it: for those who are to decide."""

from collections.abc import Mapping
from dataclasses import dataclass

from .archive import read_irreversible
from .catalog import CatalogObject, count_objects, read_leaning
from .leaning import Leanings, read_branch_objects, sort_leaning
from .migrator import Migrator
from .plan import Direction, Plan


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
    connection, state = migrator.connection, migrator.session.state
    found = {}
    for name in names:
        objects = read_branch_objects(connection, migrator.tables, state, name)
        leaning = sort_leaning(connection, state, read_leaning(connection, objects))
        found[name] = Holdings(
            tuple(count_objects(connection, objects)),
            {other: items for other, items in leaning.items() if other not in names},
            _find_irreversible(migrator, plan, name),
        )
    migrator.end_reading()
    return found


def _find_irreversible(migrator: Migrator, plan: Plan, name: str) -> Mapping[str, str]:
    """Return why revisions of a plugin that the plan takes back may not be taken back."""
    version = migrator.session.state.registry
    downgrades = [step for step in plan.steps if step.direction is Direction.DOWNGRADE]
    revisions = [step.revision for step in downgrades if step.plugin == name]
    if not version or not revisions:
        return {}
    orphaned = migrator.session.declaration(name) is None
    known = read_irreversible(
        migrator.connection, migrator.tables, name, version, orphaned=orphaned
    )
    return {revision: known[revision] for revision in revisions if revision in known}
