"""Each error of `alembic_plugins.capture`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.CannotCapture(
            "audit", "revisions are not applied: a2", "Run 'alembic plugin upgrade audit' first"
        ),
        "What was changed of 'audit' cannot be captured: revisions are not applied: a2. Run "
        "'alembic plugin upgrade audit' first.",
    ),
    (
        errors.CaptureDiffers("audit", ("operator -: there is no definition of it",)),
        "What was changed of 'audit' cannot be written as a revision that makes the same "
        "elsewhere: operator -: there is no definition of it. Change that back, or write the "
        "revision by hand; nothing was written or recorded.",
    ),
]
