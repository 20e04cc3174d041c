"""What can go wrong between us and the driver, in words."""

from .errors import PluginError


class OwnFailure(PluginError):
    """Our own code has raised while a revision ran."""

    words = (
        "alembic-plugins has failed in {function}() of revision '{revision}' of '{plugin}': "
        "{reason}. The revision is not to blame; run the command again as 'alembic --raiseerr ...' "
        "and report what it shows."
    )

    plugin: str
    revision: str
    function: str
    reason: str


class UnsupportedDriver(PluginError):
    """The environment connects by a driver that migrations do not run on."""

    words = (
        "The environment '{environment}' connects by {driver}, on which migrations of plugins do "
        "not run. Use postgresql+psycopg, sync or async, postgresql+asyncpg or "
        "postgresql+psycopg2 in its URL."
    )

    environment: str
    driver: str


class DriverChanged(PluginError):
    """A revision is carried on by another driver than that which has kept its results."""

    words = (
        "Revision '{revision}' of '{plugin}' was interrupted, and what its statements have "
        "returned was kept by another driver than '{driver}'. Run the command once more on the "
        "engine that it was begun with."
    )

    plugin: str
    revision: str
    driver: str
