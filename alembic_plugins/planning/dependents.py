"""What could not stay without something else: by revision, by requirement, by its objects."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..loading.session import Session
from ..namespaces.errors import ObjectsInUse
from ..plugin import HOST, parse_requirement
from ..registry.state import AppliedRevision, InstalledPlugin
from .operations import Direction, QuarantinePlugin, RemovePlugin
from .plan import Plan
from .transactions import find_dependents

if TYPE_CHECKING:
    from ..namespaces.ownership import Dependents


def find_using_plugins(session: Session, name: str, *, drops: bool = True) -> "Dependents":
    """Return the plugins that use a plugin's objects without saying that they need it.

    Where the plugin itself needs the other one, it has made that itself, and takes it away.

    Raises:
        ObjectsInUse: what is set aside of a plugin uses them, and they are to be dropped.
    """
    found = session.find_users(name)
    aside = found.keys() & session.state.quarantined.keys()
    if drops and aside:
        other = min(aside)
        words = tuple(f"{item}, set aside of '{other}'" for item in found[other])
        raise ObjectsInUse(name, words, other)
    return {
        other: items
        for other, items in found.items()
        if other not in ("", HOST, name, *aside)
        and name not in find_plugin_dependents(session, other)
    }


def find_all_dependents(session: Session, going: set[str]) -> tuple[AppliedRevision, ...]:
    """Find what depends on revisions that go, by revision or because its plugin requires theirs."""
    applied = session.state.applied
    gone: set[str] = set()
    grown = set(going)
    while gone != grown:
        gone = set(grown)
        grown |= {item.revision for item in find_dependents(gone, applied)}
        for name in session.state.plugins:
            if grown & _find_needed(session, name):
                grown |= find_revisions(session, name)
    return tuple(item for item in applied if item.revision in gone - going)


def _find_needed(session: Session, name: str) -> set[str]:
    """Return the revisions of other plugins that a plugin needs because it requires them.

    It was written for what they had when it was installed, and did without what came later.
    """
    state = session.state
    begun = next((state.positions[item.revision] for item in state.of(name)), 0)
    return {
        item.revision
        for required in find_required(state.plugins[name])
        for item in state.of(required)
        if state.positions[item.revision] < begun
    }


def find_required(plugin: InstalledPlugin) -> set[str]:
    """Return the plugins that an installed one requires, but for those that it can do without."""
    requirements = map(parse_requirement, plugin.requires)
    return {requires.name for requires in requirements if not requires.optional}


def find_revisions(session: Session, name: str) -> set[str]:
    """Return the applied revisions of a branch."""
    return {applied.revision for applied in session.state.of(name)}


def find_requiring(session: Session, names: Iterable[str]) -> tuple[str, ...]:
    """Return the installed plugins that require one of `names`, directly or through others.

    One that is at base has nothing for which it would need them.
    """
    gone = set(names)
    found: list[str] = []
    grown = True
    while grown:
        grown = False
        for name, plugin in session.state.plugins.items():
            if name in session.state.at_base:
                continue
            if name not in gone and gone & find_required(plugin):
                gone.add(name)
                found.append(name)
                grown = True
    return tuple(found)


def find_host_dependents(session: Session, name: str) -> tuple[str, ...]:
    """Return the host's revisions that could not stay without a plugin."""
    dependents = find_all_dependents(session, find_revisions(session, name))
    return tuple(item.revision for item in dependents if item.plugin == HOST)


def find_plugin_dependents(session: Session, name: str) -> tuple[str, ...]:
    """Return the branches that could not stay without `name`, by requirement or by revision."""
    dependents = find_all_dependents(session, find_revisions(session, name))
    by_revision = [applied.plugin for applied in dependents]
    found = dict.fromkeys((*find_requiring(session, [name]), *by_revision))
    return tuple(other for other in found if other != name)


def find_going(session: Session, plan: Plan) -> list[str]:
    """Return the plugins that go by a plan, which has to know what they have made."""
    gone = (RemovePlugin, QuarantinePlugin)
    going = [name for name, op in plan.outcomes.items() if isinstance(op, gone)]
    reverted = {s.revision for s in plan.steps if s.runs and s.direction is Direction.DOWNGRADE}
    going += [
        name
        for name in session.state.plugins
        if reverted and {item.revision for item in session.state.of(name)} <= reverted
    ]
    return going
