"""The standard streams that a process may have been started without."""

import logging
import os
import sys
from pathlib import Path

from alembic.config import Config

log = logging.getLogger(__name__)


def ensure_streams(config: Config) -> None:
    """Put something in the place of closed streams, to which Alembic would write, and say so."""
    is_lost = sys.stdout is None
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - until the end
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - until the end
    if is_lost:
        config.stdout = config.stdout or sys.stdout
        words = (
            "Standard output is closed: what this command prints is lost. Redirect it to a file."
        )
        log.warning(words)
