"""Statements of a command that fail, in this process, and revisions to try that with."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy.engine.default import DefaultDialect

from alembic_plugins.connection.pipeline import Pipeline
from alembic_plugins.errors import MigrationFailed, MigrationInterrupted

from .hosts import Host

REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {down}


def upgrade():
{body}


def downgrade():
    pass
"""


class Moment(StrEnum):
    """When a disturbance comes: before a statement is run, or when it is done and not heard of."""

    BEFORE = "before"
    AFTER = "after"


_OURS = re.compile(r"count\(|partition_ancestors")
"""What statements of the preview and of the guard have that have such words, too."""


@dataclass
class Disturbance:
    """Raise at one of the statements of revisions that have some words."""

    number: int
    moment: Moment = Moment.BEFORE
    words: str = "stor"
    error: type[BaseException] = RuntimeError
    seen: int = 0

    def wrap(self, run: Callable[..., None]) -> Callable[..., None]:
        """Return what is done in place of `run`, which executes or sends a statement."""

        def do(doer: object, *arguments: object) -> None:
            statement = next(item for item in arguments if isinstance(item, str))
            counts = self.words in statement and not _OURS.search(statement)
            self.seen += counts
            hit = counts and self.seen == self.number
            if hit and self.moment is Moment.BEFORE:
                raise self.error("disturbed")
            run(doer, *arguments)
            if hit:
                raise self.error("disturbed")

        return do

    @contextmanager
    def come(self) -> Iterator[None]:
        """Let it come while the block runs."""
        executions = patch.multiple(
            DefaultDialect,
            do_execute=self.wrap(DefaultDialect.do_execute),
            do_executemany=self.wrap(DefaultDialect.do_executemany),
            do_execute_no_params=self.wrap(DefaultDialect.do_execute_no_params),
        )
        with executions, patch.object(Pipeline, "send", self.wrap(Pipeline.send)):
            yield


def count_statements(run: Callable[[], object]) -> int:
    """Return how many statements about stories are run."""
    disturbance = Disturbance(0)
    with disturbance.come():
        run()
    return disturbance.seen


def disturb(
    run: Callable[[], object],
    number: int = 1,
    moment: Moment = Moment.BEFORE,
    words: str = "stor",
) -> None:
    """Run a command that fails since it is disturbed at a statement."""
    failed = (MigrationFailed, MigrationInterrupted)
    with Disturbance(number, moment, words).come(), pytest.raises(failed, match="disturbed"):
        run()


def tell(host: Host, body: str, name: str = "story_1", down: str = "None") -> Path:
    """Give plugin `teller` a revision whose upgrade is `body`."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = REVISION.format(name=name, down=down, body=lines)
    return host.write(f"plugins/teller/versions/{name}.py", text)
