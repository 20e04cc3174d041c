"""Run an ``alembic`` command without a part of what it does after its revisions.

It is the script of the contenders "unwatched" and "unrecorded": what the guard with its records,
and the snapshots of objects, cost is measured against them. No option of a user leaves these out.

By hand: ``python -P benchmarks/without.py watching plugin install NAME``, or ``recording``.
"""

import sys
from argparse import Namespace

from alembic.config import CommandLine, Config

from alembic_plugins.execution.record_snapshots import UNRECORDED
from alembic_plugins.guard.monitor import UNWATCHED

_ATTRIBUTES = {"watching": UNWATCHED, "recording": UNRECORDED}


class _CommandLine(CommandLine):
    def run_cmd(self, config: Config, options: Namespace) -> None:
        config.attributes[_ATTRIBUTES[sys.argv[1]]] = True
        super().run_cmd(config, options)


if __name__ == "__main__":
    _CommandLine(prog="alembic").main(sys.argv[2:])
