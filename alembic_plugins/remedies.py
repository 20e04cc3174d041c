"""What can be done about an offence, besides correcting the revision."""

from collections.abc import Iterable

from .errors import InvalidName
from .guard import Offence
from .ownership import Ownership
from .plugin import HOST, Namespace, Prefix, Schema
from .written import PG_CLASS

_MAKING = "creates"
_LOOKING = ("reads", "refers to")


def find_remedies(
    offences: Iterable[Offence],
    name: str,
    namespace: Namespace | None,
    place: str,
    ownership: Ownership,
) -> tuple[str, ...]:
    """Return the ways out of offences of a branch, each once.

    Args:
        offences: what it has done.
        name: the branch.
        namespace: the plugin's; None for the host.
        place: where its declaration is.
        ownership: tells whose objects are.
    """
    found = dict.fromkeys(
        _find_remedy(offence, name, namespace, place, ownership) for offence in offences
    )
    return tuple(remedy for remedy in found if remedy)


def _find_remedy(
    offence: Offence, name: str, namespace: Namespace | None, place: str, ownership: Ownership
) -> str:
    item = offence.item
    if item is None:
        return "do that outside of migrations"
    if name == HOST or namespace is None:
        return _find_remedy_of_host(offence)
    if item.kind == "extension":
        return f'declare extensions = ["{item.identity}"] in {place}'
    if offence.verb in _LOOKING:
        return f'declare requires = ["{offence.owner}"] in {place}'
    if offence.verb == _MAKING or offence.destination:
        return _find_namespace(offence, namespace, place, ownership)
    is_another_plugins = offence.owner not in (None, HOST)
    if is_another_plugins and (offence.what != str(item) or (item.is_part and item.is_made)):
        return f"leave that to plugin '{offence.owner}'"
    if item.schema is None or item.kind == "schema" or item.root[0] != PG_CLASS:
        return _allow(offence)
    return f'declare writes = ["{_find_name(item.schema, item.name, ownership)}"] in {place}'


def _find_namespace(
    offence: Offence, namespace: Namespace, place: str, ownership: Ownership
) -> str:
    """Return what lets a plugin make an object: another place for it, or another namespace."""
    item = offence.item
    assert item is not None  # noqa: S101 - the caller has looked
    if item.schema is None or item.kind == "schema":
        return _allow(offence)
    if item.is_part:
        written = _find_name(item.schema, item.name, ownership)
        return f'declare writes = ["{written}"] in {place}'
    if isinstance(namespace, Prefix):
        if offence.owner in (None, HOST) and item.schema == ownership.host_schema:
            wider = Prefix(*namespace.names, str(item.name)) if _is_name(item.name) else None
            if wider:
                return f'declare namespace = "{wider}" in {place}'
        return f"give it a name that begins with '{namespace.names[0]}'"
    if isinstance(namespace, Schema) and offence.owner in (None, HOST) and namespace.create:
        return (
            f"make it in schema '{namespace.name}', or declare namespace = "
            f'"schema {item.schema} existing" in {place}'
        )
    return f"make it in schema '{namespace.name}', with a name that is no other plugin's"


def _is_name(name: str | None) -> bool:
    """Tell whether a namespace may have such a name."""
    try:
        Prefix(name or "")
    except InvalidName:
        return False
    return True


def _find_remedy_of_host(offence: Offence) -> str:
    if offence.verb in _LOOKING:
        return f"let it depend on a revision of plugin '{offence.owner}' by depends_on"
    return _allow(offence)


def _allow(offence: Offence) -> str:
    """Return how the host lets every branch do it."""
    item = offence.item
    assert item is not None  # noqa: S101 - the callers have looked
    is_inside = item.schema is not None and item.kind != "schema"
    named = f"{item.schema}.{item.name}" if is_inside else item.identity
    return f"set plugin_guard_allow = {named} in the host's configuration"


def _find_name(schema: str | None, name: str | None, ownership: Ownership) -> str:
    return str(name) if schema == ownership.host_schema else f"{schema}.{name}"
