"""What commands return that is no plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .._base_errors import PluginError
from ..planning.plan import Plan
from .preview import Preview


@dataclass(frozen=True)
class Removal:
    """What an uninstall takes away: its plan, and what each plugin has, by name."""

    plan: Plan
    previews: Mapping[str, Preview]


@dataclass(frozen=True)
class Repair:
    """What a repair accepts.

    Attributes:
        plan: what is recorded.
        changes: the lines of a diff between a revision's file as it was applied and as it is
            now, by plugin and revision; none where the file as it was is not remembered.
        unknown_rows: the rows of the version table that nothing explains, and that are deleted.
        problems: what else is wrong, and has to be seen to by hand.
        claims: what is recorded as made by plugins, though nobody is known to have made it.
        drift: what was changed by hand and is accepted, in words, by branch.
    """

    plan: Plan
    changes: Mapping[tuple[str, str], tuple[str, ...]]
    unknown_rows: tuple[str, ...]
    problems: tuple[PluginError, ...] = ()
    claims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drift: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Restoration:
    """What is back: the names of the plugins, and the backup that had them, if one did."""

    plugins: tuple[str, ...]
    path: Path | None = None


@dataclass(frozen=True)
class Leaving:
    """What is left when the database is handed back to stock Alembic.

    Attributes:
        rows: those of the version table.
        locations: the version locations that stock Alembic has to be given.
    """

    rows: tuple[str, ...]
    locations: tuple[str, ...]
