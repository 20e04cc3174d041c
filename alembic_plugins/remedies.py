"""What can be done about an offence, besides correcting the revision."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from .errors import InvalidName
from .guard import Offence
from .objects import DatabaseObject
from .ownership import Ownership
from .plugin import HOST, Namespace, Plugin, Prefix, Schema
from .written import PG_CLASS

_MAKING, _DROPPING = "creates", "drops"
_NAMELESS = ("large object", "default acl")
"""What cannot be named before it is there, or by one word."""

_LOOKING = ("reads", "refers to")


@dataclass(frozen=True)
class Offender:
    """The branch that has done something.

    Attributes:
        name: the branch.
        namespace: the plugin's; None for the host.
        place: where its declaration is.
        declaration: what it declares; None where that is not known.
        is_downgrade: whether its revisions were downgraded.
        is_installed: whether the plugin was installed before, and so stays in its namespace.
    """

    name: str
    namespace: Namespace | None
    place: str
    declaration: Plugin | None = None
    is_downgrade: bool = False
    is_installed: bool = False


def find_remedies(
    offences: Iterable[Offence], offender: Offender, ownership: Ownership
) -> tuple[str, ...]:
    """Return what is to be done about offences of a branch; all of it, each once.

    Nothing is to be done for a downgrade that drops tables of others: that is not to be let.

    Args:
        offences: what it has done.
        offender: the branch.
        ownership: tells whose objects are.
    """
    offences = tuple(offences)
    if offender.is_downgrade and offender.name != HOST:
        offences = tuple(offence for offence in offences if not _is_loss(offence))
    schemas = {
        offence.item.identity
        for offence in offences
        if offence.verb == _MAKING and offence.item and offence.item.kind == "schema"
    }
    found = dict.fromkeys(_find_remedy(o, offender, ownership, schemas) for o in offences)
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


def _declare(key: str, value: str, offender: Offender) -> _Remedy:
    """Return that a list of the declaration has to have a value, beside those that it has."""
    has = [item for item in getattr(offender.declaration, key, ()) if item != value]
    before = "".join(f'"{item}", ' for item in has)
    return _Remedy(f"declare {key} = [{before}", f'"{value}"', f"] in {offender.place}")


def _find_remedy(
    offence: Offence, offender: Offender, ownership: Ownership, schemas: Collection[str]
) -> _Remedy:
    item = offence.item
    if item is None or item.kind in _NAMELESS:
        return _Remedy("do that outside of migrations")
    if offender.name == HOST or offender.namespace is None:
        return _find_remedy_of_host(offence)
    if item.kind == "extension":
        return _declare("extensions", item.identity, offender)
    if offence.verb in _LOOKING:
        return _declare("requires", str(offence.owner), offender)
    if offence.verb == _MAKING or offence.destination:
        return _find_namespace(offence, offender.namespace, offender, ownership, schemas)
    is_another_plugins = offence.owner not in (None, HOST)
    is_let_by_none = item.is_made and (item.is_part or offence.verb == _DROPPING)
    if is_another_plugins and (offence.what != str(item) or is_let_by_none):
        return _Remedy(f"leave that to plugin '{offence.owner}'")
    is_relation = item.schema is not None and item.kind != "schema" and item.root[0] == PG_CLASS
    if not is_relation or _is_loss(offence):
        return _allow(offence)
    return _declare("writes", _find_name(item.schema, item.name, ownership), offender)


def _is_loss(offence: Offence) -> bool:
    """Tell whether a table of others was dropped."""
    item = offence.item
    is_whole = item is not None and item.kind == "table" and str(item) == offence.what
    return offence.verb == _DROPPING and is_whole


def _find_namespace(
    offence: Offence,
    namespace: Namespace,
    offender: Offender,
    ownership: Ownership,
    schemas: Collection[str],
) -> _Remedy:
    """Return what lets a plugin make an object: another place for it, or another namespace.

    Args:
        offence: what it has made.
        namespace: the plugin's.
        offender: the plugin.
        ownership: tells whose objects are.
        schemas: the schemas that it has made itself.
    """
    item, place = offence.item, offender.place
    assert item is not None  # noqa: S101 - the caller has looked
    own = item.identity if item.kind == "schema" else item.schema
    is_own = len(schemas) == 1 and own in schemas and not item.is_part
    if isinstance(namespace, Prefix) and is_own and not offender.is_installed:
        return _Remedy(f'declare namespace = "schema {own} existing" in {place}')
    if item.schema is None or item.kind in ("schema", "domain constraint"):
        return _allow(offence)
    if item.is_part:
        return _declare("writes", _find_name(item.schema, item.name, ownership), offender)
    if isinstance(namespace, Prefix):
        return _find_prefix(offence, item, namespace, offender, ownership)
    if isinstance(namespace, Schema) and offence.owner in (None, HOST) and namespace.create:
        here = f"make it in schema '{namespace.name}', or "
        if offender.is_installed:
            allow = _allow(offence)
            return replace(allow, before=here + allow.before)
        return _Remedy(f'{here}declare namespace = "schema {item.schema} existing" in {place}')
    return _Remedy(f"make it in schema '{namespace.name}', with a name that is no other plugin's")


def _find_prefix(
    offence: Offence,
    item: DatabaseObject,
    namespace: Prefix,
    offender: Offender,
    ownership: Ownership,
) -> _Remedy:
    """Return what lets a plugin with a prefix make an object."""
    is_free = offence.owner in (None, HOST) and item.schema == ownership.host_schema
    if is_free and offender.is_installed:
        return _allow(offence)
    if is_free and _is_name(item.name):
        before = f'declare namespace = "{namespace} '
        return _Remedy(before, str(item.name), f'" in {offender.place}', separator=" ")
    rename = f"give it a name that begins with '{namespace.names[0]}'"
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


def _find_remedy_of_host(offence: Offence) -> _Remedy:
    if offence.verb in _LOOKING:
        return _Remedy(f"let it depend on a revision of plugin '{offence.owner}' by depends_on")
    return _allow(offence)


def _allow(offence: Offence) -> _Remedy:
    """Return how the host lets every branch do it."""
    item = offence.item
    assert item is not None  # noqa: S101 - the callers have looked
    is_inside = item.schema is not None and item.kind != "schema"
    named = f"{item.schema}.{item.name}" if is_inside else item.identity
    return _Remedy("set plugin_guard_allow = ", named, " in the host's configuration")


def _find_name(schema: str | None, name: str | None, ownership: Ownership) -> str:
    return str(name) if schema == ownership.host_schema else f"{schema}.{name}"
