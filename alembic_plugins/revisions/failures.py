"""What the failure of a revision means: in words, and whether it is worth another try."""

import random
import sys
import traceback
from collections.abc import Callable, Iterator
from types import ModuleType

from sqlalchemy.exc import DBAPIError

from .._base_errors import (
    PluginError,
    explain,
    find_field,
    find_sqlstate,
    first_line,
)

_TRANSIENT = {"55P03": "lock not available", "40P01": "deadlock", "40001": "serialization failure"}
"""SQLSTATEs after which the same transaction may well succeed: it met another one."""

_DUPLICATE_SCHEMA = "42P06"

_DUPLICATE = (_DUPLICATE_SCHEMA, "42P07", "42701", "42710", "42723")
"""SQLSTATEs of schemas, tables, columns, other objects and functions that are there already."""

_CONCURRENTLY = "tuple concurrently "
"""What PostgreSQL says, as an internal error, where two sessions GRANT or alter the same."""

_ATTEMPTS = 5
_FIRST_DELAY_SECONDS = 0.25


def find_transient(error: BaseException) -> str | None:
    """Return in words what the transaction of `error` met, or None where trying again is no use."""
    cause = error if isinstance(error, DBAPIError) else error.__cause__
    if not isinstance(cause, DBAPIError):
        return None
    if _CONCURRENTLY in str(cause.orig):
        return first_line(cause.orig)
    return _TRANSIENT.get(find_sqlstate(cause.orig) or "")


def is_duplicate(error: BaseException) -> bool:
    """Tell whether PostgreSQL has refused to make what is there already."""
    return _find_cause_state(error) in _DUPLICATE


def is_duplicate_schema(error: BaseException) -> bool:
    """Tell whether PostgreSQL has refused to make a schema that is there already."""
    return _find_cause_state(error) == _DUPLICATE_SCHEMA


def is_lock_timeout(error: BaseException) -> bool:
    """Tell whether `error` is that a lock was waited for until there was no more time."""
    return _find_cause_state(error) == "55P03"


def _find_cause_state(error: BaseException) -> str | None:
    cause = error.__cause__
    return find_sqlstate(cause.orig) if isinstance(cause, DBAPIError) else None


def find_dependents_in_words(error: BaseException) -> str | None:
    """Return PostgreSQL's list of what depends on an object that `error` was about to drop."""
    cause = error.__cause__
    if not isinstance(cause, DBAPIError) or find_sqlstate(cause.orig) != "2BP01":
        return None
    return find_field(cause.orig, "detail")


def is_ours(error: BaseException) -> bool:
    """Tell whether an error comes from a line of ours, or of Python's library that we have called.

    Whatever a revision executes passes through us, but ends in its own code or in a library's.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    names = [str(frame.f_globals.get("__name__", "")).partition(".")[0] for frame in frames]
    deepest = next((name for name in reversed(names) if name not in sys.stdlib_module_names), "")
    return deepest == __name__.partition(".")[0]


def make_delays() -> Iterator[float]:
    """Yield the seconds to wait before each further try: doubled each time, with jitter.

    The jitter keeps those that met once from meeting again.
    """
    for attempt in range(1, _ATTEMPTS):
        longest = _FIRST_DELAY_SECONDS * 2**attempt
        yield longest * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret


def describe_refusal(error: BaseException | None) -> str:
    """Return what PostgreSQL says of an error, with its DETAIL and HINT, without a full stop.

    A driver that does not keep these apart has only its first line.
    """
    parts = [find_field(error, name) for name in ("detail", "hint")]
    more = [" ".join(part.split()).rstrip(".") for part in parts if part]
    return "; ".join([first_line(error), *more])


def describe_failure(error: BaseException) -> str:
    """Return what the event log says of a failure."""
    if isinstance(error, DBAPIError):
        return describe_refusal(error.orig)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted by the user"
    return str(error) if isinstance(error, PluginError) else explain(error)


def explain_loading(error: BaseException) -> str:
    """Return what went wrong in Python, with the way out where another file has to be imported."""
    is_missing = isinstance(error, AttributeError) and isinstance(error.obj, ModuleType)
    hint = "; set plugin_load = all where it takes what other revision files import"
    return explain(error) + (hint if is_missing else "")


def explain_failure(
    error: BaseException,
    path: str,
    line: int | None = None,
    *,
    describe: Callable[[BaseException], str] = explain_loading,
) -> str:
    """Return what went wrong in a revision, in PostgreSQL's words or Python's, and where.

    Args:
        error: what was raised.
        path: the revision's file, or another one.
        line: where in the file; None where the traceback of `error` tells.
        describe: returns what Python says.
    """
    reason = describe_refusal(error.orig) if isinstance(error, DBAPIError) else describe(error)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    where = line or (lines[-1] if lines else None)
    return f"{reason} ('{path}', line {where})" if where else reason
