"""What can be done about a violation, besides correcting the revision."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from .._base_errors import InvalidName
from ..catalog.objects import DatabaseObject
from ..catalog.oids import PG_CLASS
from ..namespaces.ownership import Ownership
from ..plugin import (
    HOST,
    Namespace,
    Plugin,
    Prefix,
    Schema,
)
from .rules import Violation

_MAKING, _DROPPING = "creates", "drops"
_NAMELESS = ("large object", "default acl")
"""What cannot be named before it is there, or by one word."""

_LOOKING = ("reads", "refers to")


@dataclass(frozen=True)
class Violator:
    """The branch that has done something.

    Attributes:
        name: the branch.
        namespace: the plugin's; None for the host.
        find_place: tells where a key of its declaration is, or can be.
        declaration: what it declares; None where that is not known.
        is_downgrade: whether its revisions were downgraded.
        is_installed: whether the plugin was installed before, and so stays in its namespace.
    """

    name: str
    namespace: Namespace | None
    find_place: Callable[[str], str]
    declaration: Plugin | None = None
    is_downgrade: bool = False
    is_installed: bool = False


def find_remedies(
    violations: Iterable[Violation], violator: Violator, ownership: Ownership
) -> tuple[str, ...]:
    """Return what is to be done about violations of a branch; all of it, each once.

    Nothing is to be done for a downgrade that drops tables of others: that is not to be let.

    Args:
        violations: what it has done.
        violator: the branch.
        ownership: tells whose objects are.
    """
    violations = tuple(violations)
    if violator.is_downgrade and violator.name != HOST:
        violations = tuple(violation for violation in violations if not _is_loss(violation))
    schemas = {
        violation.item.identity
        for violation in violations
        if violation.verb == _MAKING and violation.item and violation.item.kind == "schema"
    }
    found = dict.fromkeys(_find_remedy(v, violator, ownership, schemas) for v in violations)
    alike: dict[_Remedy, list[str]] = {}
    for remedy in found:
        alike.setdefault(replace(remedy, value=""), []).append(remedy.value)
    return tuple(r.before + r.separator.join(values) + r.after for r, values in alike.items())


@dataclass(frozen=True)
class _Remedy:
    """What is to be done, in words around a value, of which there may be several."""

    before: str
    value: str = ""
    after: str = ""
    separator: str = ", "


def _declare(key: str, value: str, violator: Violator) -> _Remedy:
    """Return that a list of the declaration has to have a value, beside those that it has."""
    has = [item for item in getattr(violator.declaration, key, ()) if item != value]
    before = "".join(f'"{item}", ' for item in has)
    return _Remedy(f"declare {key} = [{before}", f'"{value}"', f"] in {violator.find_place(key)}")


def _find_remedy(
    violation: Violation, violator: Violator, ownership: Ownership, schemas: Collection[str]
) -> _Remedy:
    item = violation.item
    if item is None or item.kind in _NAMELESS:
        return _find_remedy_of_nameless(violation)
    if violator.name == HOST or violator.namespace is None:
        return _find_remedy_of_host(violation)
    if item.kind == "extension":
        return _declare("extensions", item.identity, violator)
    if violation.verb in _LOOKING:
        return _declare("requires", str(violation.owner), violator)
    if violation.verb == _MAKING or violation.destination:
        return _find_namespace(violation, violator.namespace, violator, ownership, schemas)
    is_another_plugins = violation.owner not in (None, HOST)
    is_let_by_none = item.is_made and (item.is_part or violation.verb == _DROPPING)
    if is_another_plugins and (violation.what != str(item) or is_let_by_none):
        return _leave_to_owner(violation)
    is_relation = item.schema is not None and item.kind != "schema" and item.root[0] == PG_CLASS
    if not is_relation or _is_loss(violation):
        return _allow(violation)
    return _declare("writes", _find_name(item.schema, item.name, ownership), violator)


def _find_remedy_of_nameless(violation: Violation) -> _Remedy:
    is_store = violation.item is None and violation.owner is not None
    return _leave_to_owner(violation) if is_store else _Remedy("do that outside of migrations")


def _leave_to_owner(violation: Violation) -> _Remedy:
    return _Remedy(f"leave that to plugin '{violation.owner}'")


def _is_loss(violation: Violation) -> bool:
    """Tell whether a table of others was dropped."""
    item = violation.item
    is_whole = item is not None and item.kind == "table" and str(item) == violation.what
    return violation.verb == _DROPPING and is_whole


def _find_namespace(
    violation: Violation,
    namespace: Namespace,
    violator: Violator,
    ownership: Ownership,
    schemas: Collection[str],
) -> _Remedy:
    """Return what lets a plugin make an object: another place for it, or another namespace.

    Args:
        violation: what it has made.
        namespace: the plugin's.
        violator: the plugin.
        ownership: tells whose objects are.
        schemas: the schemas that it has made itself.
    """
    item, place = violation.item, violator.find_place("namespace")
    assert item is not None  # noqa: S101 - the caller has looked
    own = item.identity if item.kind == "schema" else item.schema
    is_own = len(schemas) == 1 and own in schemas and not item.is_part
    if isinstance(namespace, Prefix) and is_own and not violator.is_installed:
        return _Remedy(f'declare namespace = "schema {own} existing" in {place}')
    if item.schema is None or item.kind in ("schema", "domain constraint"):
        return _allow(violation)
    if item.is_part:
        return _declare("writes", _find_name(item.schema, item.name, ownership), violator)
    if isinstance(namespace, Prefix):
        return _find_prefix(violation, item, namespace, violator, ownership)
    if isinstance(namespace, Schema) and violation.owner in (None, HOST) and namespace.create:
        here = f"make it in schema '{namespace.name}', or "
        if violator.is_installed:
            allow = _allow(violation)
            return replace(allow, before=here + allow.before)
        return _Remedy(f'{here}declare namespace = "schema {item.schema} existing" in {place}')
    return _Remedy(f"make it in schema '{namespace.name}', with a name that is no other plugin's")


def _find_prefix(
    violation: Violation,
    item: DatabaseObject,
    namespace: Prefix,
    violator: Violator,
    ownership: Ownership,
) -> _Remedy:
    """Return what lets a plugin with a prefix make an object."""
    is_free = violation.owner in (None, HOST) and item.schema == ownership.host_schema
    if is_free and violator.is_installed:
        return _allow(violation)
    if is_free and _is_name(item.name):
        before, after = f'declare namespace = "{namespace} ', violator.find_place("namespace")
        return _Remedy(before, str(item.name), f'" in {after}', separator=" ")
    rename = f"give it a name that begins with '{namespace.names[0]}'"
    if is_free:
        shared = f'declare namespace = "schema {item.schema} existing"'
        return _Remedy(f"{rename}, or {shared} in {violator.find_place('namespace')}")
    if item.schema == ownership.host_schema:
        return _Remedy(rename)
    move = f"make it in schema '{ownership.host_schema}'"
    return _Remedy(move if namespace.covers(item.name or "") else f"{move}, and {rename}")


def _is_name(name: str | None) -> bool:
    """Tell whether a namespace may have such a name."""
    try:
        Prefix(name or "")
    except InvalidName:
        return False
    return True


def _find_remedy_of_host(violation: Violation) -> _Remedy:
    if violation.verb in _LOOKING:
        return _Remedy(f"let it depend on a revision of plugin '{violation.owner}' by depends_on")
    return _allow(violation)


def _allow(violation: Violation) -> _Remedy:
    """Return how the host lets every branch do it."""
    item = violation.item
    assert item is not None  # noqa: S101 - the callers have looked
    is_inside = item.schema is not None and item.kind != "schema"
    named = f"{item.schema}.{item.name}" if is_inside else item.identity
    return _Remedy("set plugin_guard_allow = ", named, " in the host's configuration")


def _find_name(schema: str | None, name: str | None, ownership: Ownership) -> str:
    return str(name) if schema == ownership.host_schema else f"{schema}.{name}"
