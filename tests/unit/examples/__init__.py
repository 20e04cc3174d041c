"""An example of each error and its text, whole, by the room that it is in."""

from collections.abc import Mapping, Sequence

from alembic_plugins.errors import PluginError

from . import (
    authoring,
    backup,
    base,
    capture,
    checks,
    config,
    connection,
    declared,
    execution,
    guard,
    integration,
    loading,
    namespaces,
    planning,
    registry,
    reports,
    revisions,
)

EXAMPLES: Mapping[str, Sequence[tuple[PluginError, str]]] = {
    "authoring.errors": authoring.EXAMPLES,
    "backup.errors": backup.EXAMPLES,
    "_base_errors": base.EXAMPLES,
    "capture.errors": capture.EXAMPLES,
    "checks.errors": checks.EXAMPLES,
    "config.errors": config.EXAMPLES,
    "connection.errors": connection.EXAMPLES,
    "declared.errors": declared.EXAMPLES,
    "execution.errors": execution.EXAMPLES,
    "guard.errors": guard.EXAMPLES,
    "integration.errors": integration.EXAMPLES,
    "loading.errors": loading.EXAMPLES,
    "namespaces.errors": namespaces.EXAMPLES,
    "planning.errors": planning.EXAMPLES,
    "registry.errors": registry.EXAMPLES,
    "reports.errors": reports.EXAMPLES,
    "revisions.errors": revisions.EXAMPLES,
}
