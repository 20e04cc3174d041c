"""Hosts whose ``env.py`` is one of Alembic's templates, with our calls, on any driver."""

from importlib.resources import files

from .hosts import Host

DRIVERS = {
    "psycopg": "generic",
    "psycopg_async": "async",
    "asyncpg": "async",
    "psycopg2": "generic",
}
"""The drivers that migrations run on, with Alembic's template for them."""

OTHERS = tuple(driver for driver in DRIVERS if driver != "psycopg")
"""Those on which nothing is sent ahead, and results are kept as values."""

_CALLS = ("context.configure(", "context.run_migrations(")


_LOGS = "if config.config_file_name is not None:"
_LOGS_IF_TOLD = 'if config.file_config.has_section("loggers"):'


def drive(host: Host, driver: str, template: str | None = None) -> Host:
    """Give a host the ``env.py`` that ``alembic init`` writes, with our calls in it."""
    folder = files("alembic") / "templates" / (template or DRIVERS[driver])
    text = (folder / "env.py").read_text("utf-8")
    for call in _CALLS:
        text = text.replace(call, call.replace("context", "alembic_plugins"))
    text = text.replace("import asyncio\n", "import asyncio\nimport alembic_plugins\n", 1)
    if "import alembic_plugins" not in text:
        text = f"import alembic_plugins\n{text}"
    text = text.replace(_LOGS, _LOGS_IF_TOLD)
    host.write("migrations/env.py", text)
    host.write("migrations/script.py.mako", (folder / "script.py.mako").read_text("utf-8"))
    url = host.database.url.set(drivername=f"postgresql+{driver}")
    shown = url.render_as_string(hide_password=False).replace("%", "%%")
    ini = host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    host.ini.write_text(ini.replace("[alembic]\n", f"[alembic]\nsqlalchemy.url = {shown}\n"))
    return host
