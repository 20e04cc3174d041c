"""What there is to know of a host that runs Alembic by Flask-Migrate, which is imported by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.config import Config


def find_flask_program(config: Config) -> Sequence[str] | None:
    """Return what leads to the commands of Flask-Migrate, as it was called: ``flask db``.

    Args:
        config: the host's; of another than Flask-Migrate's, None is returned.
    """
    if type(config).__module__.partition(".")[0] != "flask_migrate":
        return None
    import click
    from click.core import ParameterSource
    from flask import current_app, g

    context = click.get_current_context(silent=True)
    root = context.find_root() if context else None
    words = (root.info_name if root and root.info_name else "flask").split()[-1:]
    if root and root.get_parameter_source("app") is ParameterSource.COMMANDLINE:
        words += ["--app", root.obj.app_import_path]
    words.append(current_app.extensions["migrate"].migrate.command)
    directory = g.get("directory")
    return [*words, "-d", directory] if directory else words
