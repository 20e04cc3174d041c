"""Options that say yes or no, or to which plugins they say so."""

from collections.abc import Sequence

from .._base_errors import InvalidOption
from ..plugin import check_name

ALL = "*"
"""Stands for all plugins where plugins are named."""

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_FLAGS = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)


def read_flag(option: str, value: object, *, default: bool) -> bool:
    """Return a yes-or-no option.

    Raises:
        InvalidOption: `value` is neither.
    """
    if value is None:
        return default
    try:
        return _FLAGS[str(value).lower()]
    except KeyError as error:
        raise InvalidOption(option, str(value), "true or false") from error


def read_names(option: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return the plugins that an option names: yes is all, no is none.

    Raises:
        InvalidName: one can be no plugin's name.
    """
    if len(words) == 1 and words[0].lower() in _FLAGS:
        return (ALL,) if read_flag(option, words[0], default=False) else ()
    return tuple(map(check_name, words))
