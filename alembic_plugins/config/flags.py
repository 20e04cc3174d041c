"""Options that say yes or no, to which plugins they say so, or how long something may take."""

from collections.abc import Sequence

from .._base_errors import InvalidOption
from ..plugin import check_name

ALL = "*"
"""Stands for all plugins where plugins are named."""

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_LEAST_SECONDS, _MOST_SECONDS = 0.001, 2_147_483
"""What PostgreSQL, which counts milliseconds, takes for a timeout."""

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


def read_names(option: str, words: Sequence[str], *others: str) -> tuple[str, ...]:
    """Return the plugins that an option names: yes is all, no is none.

    Args:
        option: its name.
        words: its value, word by word.
        others: names that are no plugins', and are meant as well.

    Raises:
        InvalidName: one can be no plugin's name.
    """
    if len(words) == 1 and words[0].lower() in _FLAGS:
        return (ALL,) if read_flag(option, words[0], default=False) else ()
    return tuple(word if word in others else check_name(word) for word in words)


def read_seconds(option: str, value: object) -> float | None:
    """Return a number of seconds, or None where the option is not set.

    Raises:
        InvalidOption: `value` is none, or none that PostgreSQL takes.
    """
    if value is None:
        return None
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1
    if not (seconds == 0 or _LEAST_SECONDS <= seconds <= _MOST_SECONDS):  # nor is NaN
        expected = f"0 or a number of seconds from {_LEAST_SECONDS} to {_MOST_SECONDS}"
        raise InvalidOption(option, str(value), expected)
    return seconds
