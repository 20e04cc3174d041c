"""Each error of `alembic_plugins._base_errors`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.InvalidOption("plugin_host_first", "maybe", "true or false"),
        "Option 'plugin_host_first' is 'maybe'. Set it to true or false.",
    ),
    (
        errors.NotWritable("audit.lock", "Permission denied"),
        "File 'audit.lock' cannot be written: Permission denied. See to that and run the command "
        "again.",
    ),
    (
        errors.WrongCombination("--all", "without --version-table", "Add --version-table PATTERN"),
        "Option '--all' cannot be given without --version-table. Add --version-table PATTERN.",
    ),
    (
        errors.InvalidName("Foo"),
        "'Foo' is no name for a plugin. Take 1 to 48 characters out of a-z, 0-9 and _ that begin "
        "with a letter, and none of the names that Alembic and PostgreSQL keep for themselves.",
    ),
    (
        errors.InvalidDeclaration("billing", "'plugin.toml'", "'colour' is unknown"),
        "The declaration of plugin 'billing' in 'plugin.toml' is wrong: 'colour' is unknown. "
        "Correct it there; other plugins are not affected.",
    ),
]
