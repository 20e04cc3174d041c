"""Run an ``alembic`` command that does not record what objects are after its steps.

It is the script of the contender "unrecorded": what these snapshots cost is measured against it. No
option of a user leaves them out.
"""

from argparse import Namespace

from alembic.config import CommandLine, Config

from alembic_plugins.execution.record_snapshots import UNRECORDED


class _CommandLine(CommandLine):
    def run_cmd(self, config: Config, options: Namespace) -> None:
        config.attributes[UNRECORDED] = True
        super().run_cmd(config, options)


if __name__ == "__main__":
    _CommandLine(prog="alembic").main()
