"""Let what is being done be finished before a signal ends the process."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def finishing_first() -> Iterator[None]:
    """Put off what Ctrl-C and SIGTERM do until the block has ended; a second one ends it at once.

    Only the main thread gets signals: in another one, nothing is put off.
    """
    if current_thread() is not main_thread():
        yield
        return
    received: list[int] = []

    def put_off(number: int, _frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    before = {number: signal.signal(number, put_off) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            # Somebody's handler that was not set from Python cannot be set again by it.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if received:
            signal.raise_signal(received[0])
