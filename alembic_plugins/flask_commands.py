"""``flask db plugin ...``: our commands, for hosts that run Alembic by Flask-Migrate."""

import click
from alembic.config import CommandLine
from flask import current_app, g
from flask.cli import with_appcontext

from ._quoting import quoting_as
from .integration.flask import find_flask_program


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    short_help="Install, uninstall and show plugins.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@with_appcontext
def plugin(arguments: tuple[str, ...]) -> None:
    """Do what ``alembic plugin`` does, in the application's environment."""
    config = current_app.extensions["migrate"].migrate.get_config(g.get("directory"))
    arguments_of_env = getattr(config.cmd_opts, "x", None) or ()
    given = [word for argument in arguments_of_env for word in ("-x", argument)]
    command_line = CommandLine(prog="flask db")
    options = command_line.parser.parse_args([*given, "plugin", *arguments])
    config.cmd_opts = options
    with quoting_as(find_flask_program(config) or ("flask", "db")):
        command_line.run_cmd(config, options)
