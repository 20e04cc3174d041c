"""What each contender is told to do a job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from .shapes import Shape

_FEED = str(Path(__file__).with_name("feed.py"))
_WITHOUT = str(Path(__file__).with_name("without.py"))

Arguments = Callable[[Shape], tuple[str, ...]]


class Start(Enum):
    """The database that a job begins with."""

    NONE = "none"
    EMPTY = "a fresh one"
    INSTALLED = "one that has everything, and stays as it is"
    COPY = "a copy of one that has everything"


class Job(Enum):
    """Something that can be told in each contender's own words; the value is its beginning."""

    IMPORT = ("import alembic", Start.NONE)
    EVERYTHING = ("everything from empty", Start.EMPTY)
    ONE = ("one plugin from empty", Start.EMPTY)
    NOTHING = ("nothing to do", Start.INSTALLED)
    STARTUP = ("nothing to do, ten times by our function", Start.INSTALLED)
    CALLS = ("nothing to do, ten times by Alembic's function", Start.INSTALLED)
    HEADS = ("heads", Start.INSTALLED)
    CURRENT = ("current", Start.INSTALLED)
    DOWNGRADE = ("one plugin to base", Start.COPY)
    VERIFY = ("plugin verify", Start.INSTALLED)
    TESTS = ("all ready tests", Start.NONE)
    FRESH_TESTS = ("all ready tests, with templates made anew", Start.NONE)
    FIRST_TEST = ("a suite of one test", Start.NONE)
    DATABASES = ("a suite of 100 tests with a database each", Start.NONE)

    @property
    def start(self) -> Start:
        """The database that it begins with."""
        return self.value[1]


@dataclass(frozen=True)
class Contender:
    """A way to migrate plugins.

    Attributes:
        name: its name in results and options.
        project: whose files it works on, a key of `generate.WRITERS`.
        arguments: what its Python is told; a job that it cannot do is not there.
        extension: whether our extension is installed beside it.
        environment: the variables that it needs besides the database's.
    """

    name: str
    project: str
    arguments: Mapping[Job, Arguments]
    extension: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


_STARTUP = """
from alembic_plugins import upgrade_on_startup
for _ in range(10):
    upgrade_on_startup('alembic.ini')
"""
_CALLS = """
from alembic.command import upgrade
from alembic.config import Config
for _ in range(10):
    upgrade(Config('alembic.ini'), 'heads')
"""


# The rule that it breaks by intent is told, and the run succeeds.
_XFAIL = "alembic_plugins_xfail=* test_passes_check: what is made has no data to be locked"
_READY = ("suite/test_plain.py", "--alembic-plugins")
_LOADED = ("-p", "alembic_plugins.testing.plugin")


def _pytest(*arguments: str) -> Arguments:
    """Return the arguments of a run that no plugin takes part in that is not named."""
    return lambda _: ("-m", "pytest", "-q", "-c", "pytest.ini", *arguments)


def _tool(*configuration: str) -> Mapping[Job, Arguments]:
    alembic = ("-m", "alembic", *configuration)
    return {
        Job.IMPORT: lambda _: ("-c", "import alembic"),
        Job.EVERYTHING: lambda shape: (*alembic, "plugin", "install", *shape.names),
        Job.ONE: lambda shape: (*alembic, "-x", f"plugin={shape.target}", "upgrade", "head"),
        Job.NOTHING: lambda _: (*alembic, "upgrade", "heads"),
        Job.STARTUP: lambda _: ("-c", _STARTUP),
        Job.CALLS: lambda _: ("-c", _CALLS),
        Job.HEADS: lambda _: (*alembic, "heads"),
        Job.CURRENT: lambda _: (*alembic, "current"),
        Job.DOWNGRADE: lambda shape: (
            *(*alembic, "-x", f"plugin={shape.target}"),
            *("downgrade", "base"),
        ),
        Job.VERIFY: lambda _: (*alembic, "plugin", "verify"),
        Job.TESTS: _pytest(*_LOADED, "-o", _XFAIL, *_READY),
        Job.FRESH_TESTS: _pytest(*_LOADED, "-o", _XFAIL, *_READY, "--alembic-plugins-rebuild"),
        Job.FIRST_TEST: _pytest(*_LOADED, "suite/test_first.py"),
        Job.DATABASES: _pytest(*_LOADED, "suite/test_databases.py"),
    }


_STOCK: Mapping[Job, Arguments] = {
    Job.IMPORT: lambda _: ("-c", "import alembic"),
    Job.EVERYTHING: lambda _: ("-m", "alembic", "upgrade", "heads"),
    Job.ONE: lambda shape: ("-m", "alembic", "upgrade", f"{shape.target}@head"),
    Job.NOTHING: lambda _: ("-m", "alembic", "upgrade", "heads"),
    Job.CALLS: lambda _: ("-c", _CALLS),
    Job.HEADS: lambda _: ("-m", "alembic", "heads"),
    Job.CURRENT: lambda _: ("-m", "alembic", "current"),
    Job.DOWNGRADE: lambda shape: ("-m", "alembic", "downgrade", f"{shape.target}@base"),
}

_BARE: Mapping[Job, Arguments] = {
    Job.FIRST_TEST: _pytest("suite/test_plain.py"),
    Job.DATABASES: _pytest("suite/test_copies.py"),
}

_DJANGO: Mapping[Job, Arguments] = {
    Job.EVERYTHING: lambda _: ("-m", "django", "migrate"),
    Job.ONE: lambda shape: ("-m", "django", "migrate", shape.target),
    Job.NOTHING: lambda _: ("-m", "django", "migrate"),
    Job.DOWNGRADE: lambda shape: ("-m", "django", "migrate", shape.target, "zero"),
}

_PLAIN: Mapping[Job, Arguments] = {
    Job.EVERYTHING: lambda shape: ("-P", _FEED, *(f"{name}.sql" for name in shape.names)),
    Job.ONE: lambda shape: ("-P", _FEED, *(f"{name}.sql" for name in shape.needed)),
}

CONTENDERS: Mapping[str, Contender] = {
    contender.name: contender
    for contender in (
        Contender("tool", "tool", _tool(), extension=True),
        Contender("unguarded", "tool", _tool("-c", "unguarded.ini"), extension=True),
        Contender(
            "unwatched",
            "tool",
            {
                Job.ONE: lambda shape: (
                    *("-P", _WITHOUT, "watching", "-x", f"plugin={shape.target}"),
                    *("upgrade", "head"),
                )
            },
            extension=True,
        ),
        Contender(
            "unrecorded",
            "tool",
            {
                Job.EVERYTHING: lambda shape: (
                    *("-P", _WITHOUT, "recording", "plugin", "install"),
                    *shape.names,
                )
            },
            extension=True,
        ),
        Contender("stock", "stock", _STOCK),
        Contender("django", "django", _DJANGO, environment={"DJANGO_SETTINGS_MODULE": "settings"}),
        Contender("plain", "plain", _PLAIN),
        # It works on the tool's files: its suites ask for no fixture of the tool's.
        Contender("bare", "tool", _BARE, extension=True),
    )
}
