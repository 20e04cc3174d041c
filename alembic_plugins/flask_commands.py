"""``flask db plugin ...``: our commands, for hosts that run Alembic by Flask-Migrate."""

import click
from alembic.config import CommandLine
from flask import current_app
from flask.cli import with_appcontext


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    short_help="Install, uninstall and show plugins.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@with_appcontext
def plugin(arguments: tuple[str, ...]) -> None:
    """Do what ``alembic plugin`` does, in the application's environment."""
    config = current_app.extensions["migrate"].migrate.get_config()
    command_line = CommandLine(prog="flask db")
    config.cmd_opts = options = command_line.parser.parse_args(["plugin", *arguments])
    command_line.run_cmd(config, options)
