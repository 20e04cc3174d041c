"""Warnings that are given once a command, however often it meets what they are about."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_TOLD: ContextVar[set[str]] = ContextVar("_TOLD")


@contextmanager
def tell_once() -> Iterator[None]:
    """Remember in the block what was told; a block inside remembers it with the one outside."""
    token = _TOLD.set(_TOLD.get(set()))
    try:
        yield
    finally:
        _TOLD.reset(token)


def is_untold(warning: object) -> bool:
    """Tell whether a warning was not told before in the block, and remember that it is, now."""
    told, words = _TOLD.get(set()), str(warning)
    is_new = words not in told
    told.add(words)
    return is_new
