"""Run an ``alembic`` command that neither looks at what its revisions make nor records it.

It is the script of the contender "unwatched": what the guard and its records cost is measured
against it. No option of a user leaves the records out.
"""

from argparse import Namespace

from alembic.config import CommandLine, Config

from alembic_plugins.guard.monitor import UNWATCHED


class _CommandLine(CommandLine):
    def run_cmd(self, config: Config, options: Namespace) -> None:
        config.attributes[UNWATCHED] = True
        super().run_cmd(config, options)


if __name__ == "__main__":
    _CommandLine(prog="alembic").main()
