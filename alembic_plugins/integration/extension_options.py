"""A plugin's own options of autogenerate's extensions, in place of the host's for a while."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

from .._base_errors import explain
from ..config.discovery import FoundPlugin
from .errors import WrongOptions

_PG_AUTOGEN = ("pg_functions", "pg_triggers", "pg_views")
_ENTITIES = "alembic_utils.replaceable_entity"
_ENUMS = "alembic_postgresql_enum"
_KNOWN = {
    "autogenerate_plugins": None,
    "entities": _ENTITIES,
    "entity_types": _ENTITIES,
    "enums": _ENUMS,
    **dict.fromkeys(_PG_AUTOGEN, "alembic_pg_autogen"),
}
"""The options, with the module that has to be there for each."""


def load_options(found: FoundPlugin) -> Mapping[str, Any]:
    """Return the mapping that a plugin's `autogenerate` names; an empty one where it names none.

    Raises:
        ReferenceFailed: it cannot be imported or is not there.
        WrongOptions: it is no mapping, has an unknown key, or needs what is not installed.
    """
    reference = found.declaration.autogenerate
    if not reference:
        return {}
    options = found.load("autogenerate", reference)
    problem = _find_problem(options)
    if problem:
        raise WrongOptions(found.name, reference, problem)
    return dict(options)


def _find_problem(options: object) -> str | None:
    if not isinstance(options, Mapping):
        return f"it is a {type(options).__name__} and no mapping"
    for key in options:
        if key not in _KNOWN:
            return f"'{key}' is not one of {', '.join(_KNOWN)}"
        module = _KNOWN[key]
        try:
            if module:
                import_module(module)
        except ImportError as error:
            return f"'{key}' needs an extension: {explain(error)}"
    return None


@contextmanager
def use_options(
    options: Mapping[str, Any], configured: dict[str, Any], schema: str
) -> Iterator[None]:
    """Let extensions see a plugin's options, and none of the host's entities, for a while.

    Args:
        options: the plugin's.
        configured: what the host has given to ``configure()``; it is changed in place.
        schema: the plugin's, or the one that it shares.
    """
    given = dict(configured)
    for key in _PG_AUTOGEN:
        configured.pop(key, None)
    configured |= {key: options[key] for key in options if key in _PG_AUTOGEN}
    if "autogenerate_plugins" in options:
        configured["autogenerate_plugins"] = options["autogenerate_plugins"]
    with ExitStack() as stack:
        stack.callback(_restore, configured, given)
        stack.enter_context(_use_entities(options, schema))
        stack.enter_context(_use_enums(options))
        yield


def _restore(configured: dict[str, Any], given: Mapping[str, Any]) -> None:
    configured.clear()
    configured.update(given)


@contextmanager
def _use_entities(options: Mapping[str, Any], schema: str) -> Iterator[None]:
    """Let alembic_utils, where it was imported, have a registry of entities of the plugin alone."""
    utils: Any = sys.modules.get(_ENTITIES)
    if utils is None:
        yield
        return
    given, utils.registry = utils.registry, utils.ReplaceableEntityRegistry()
    try:
        if "entities" in options or "entity_types" in options:
            entities = list(options.get("entities", ()))
            types = options.get("entity_types") or {type(entity) for entity in entities}
            utils.registry.register(entities, schemas=[schema], entity_types=types)
        yield
    finally:
        utils.registry = given


@contextmanager
def _use_enums(options: Mapping[str, Any]) -> Iterator[None]:
    """Let alembic-postgresql-enum have the plugin's settings, where it gives some."""
    if "enums" not in options:
        yield
        return
    configuration = import_module(f"{_ENUMS}.configuration")
    given = configuration.get_configuration()
    configuration.set_configuration(options["enums"])
    try:
        yield
    finally:
        configuration.set_configuration(given)
