"""Each error of `alembic_plugins.authoring`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.FilesExist(("audit/pyproject.toml",)),
        "These files are there already: audit/pyproject.toml. Remove them, or name another folder.",
    ),
    (
        errors.PackageTaken("email", "Python has a module of that name"),
        "A package cannot be called 'email': Python has a module of that name. Pass another name "
        "by --package.",
    ),
    (
        errors.CannotSquash("billing", "'b2' uses __file__", "Write the file by hand"),
        "The revisions of 'billing' cannot be squashed: 'b2' uses __file__. Write the file by "
        "hand.",
    ),
]
