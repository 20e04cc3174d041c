"""From the keys and values of a configuration file to what a plugin declares."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from .._base_errors import InvalidDeclaration, InvalidName
from ..plugin import LISTS, Plugin, check_name, parse_namespace


def declare(name: str, values: Mapping[str, Any], source: str) -> Plugin:
    """Return the plugin that a configuration file's keys and values declare.

    Raises:
        InvalidName: `name` is not allowed.
        InvalidDeclaration: a key is unknown, or a value has the wrong type.
    """
    check_name(name)
    known = {field.name for field in fields(Plugin)} - {"name"}
    for key in values:
        if key not in known:
            raise InvalidDeclaration(
                name, source, f"'{key}' is not one of {', '.join(sorted(known))}"
            )
    try:
        return Plugin(name, **_convert(values))
    except InvalidDeclaration as error:
        raise InvalidDeclaration(name, source, error.problem) from error
    except (ValueError, TypeError, InvalidName) as error:
        raise InvalidDeclaration(name, source, str(error)) from error


def _convert(values: Mapping[str, Any]) -> dict[str, Any]:
    converted = dict(values)
    for key in LISTS:
        # In an ini file a list may be words, too: none has blanks in it.
        value = converted.get(key)
        if isinstance(value, str):
            if value.startswith(("[", '"', "'")):
                raise ValueError(f"'{key}' is no list that can be read: {value}")
            converted[key] = value.replace(",", " ").split()
    if "namespace" in converted:
        converted["namespace"] = parse_namespace(str(converted["namespace"]))
    return converted
