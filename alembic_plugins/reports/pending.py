"""Whether a database is at the heads of what is on disk, and what is to be done if not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .._base_errors import PluginError
from ..loading.session import Session
from ..planning.operations import find_plugins
from ..planning.phases import find_missed, group_held
from ..planning.projection import plan_catch_up, simulate
from ..planning.targets import upgrade_installed
from ..planning.upkeep import find_unknown_rows
from ..plugin import HOST
from ..registry.renaming import find_renamed
from ..registry.state import State


@dataclass(frozen=True)
class PendingRevision:
    """A revision that an upgrade would apply, of a plugin or ``host``, and what it says it does."""

    plugin: str
    revision: str
    message: str


@dataclass(frozen=True)
class Pending:
    """How a database differs from the heads of the host and of the plugins that it has.

    A branch is the name of a plugin, or ``host``. Plugins that are on disk and not installed, that
    are set aside, or whose files are gone, are not missed.

    Attributes:
        revisions: those that ``alembic upgrade heads`` would apply, by branch, in its order.
        ahead: the heads that are applied, and that the files of their branch do not have.
        interrupted: the revision of a branch that has committed a part of itself and did not end.
        installing: the plugins whose hook after the install is still to be called.
        problems: why branches cannot be upgraded that would have to be.
        unknown_rows: the rows of the version table that neither a file nor the registry explains.
            They hinder nothing.
        waiting: the revisions that phase expand leaves out, by branch; none without that phase.
            Those that are marked expand are missed: there is a problem of their branch.
        renamed: the plugins that the database has by a former name, each with that.
    """

    revisions: Mapping[str, tuple[str, ...]]
    ahead: Mapping[str, tuple[str, ...]]
    interrupted: Mapping[str, str]
    installing: tuple[str, ...]
    problems: Mapping[str, PluginError]
    unknown_rows: tuple[str, ...]
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_up_to_date(self) -> bool:
        """Whether the database is at the heads: nothing is pending, ahead, half done or broken."""
        half_done = self.interrupted or self.installing
        return not (self.revisions or self.ahead or half_done or self.problems or self.renamed)


def find_pending(session: Session, state: State) -> Pending:
    """Return how a database in `state` differs from what is on disk.

    Raises:
        PluginError: the host's own revisions cannot be read.
    """
    session.update(state)
    caught_up = plan_catch_up(session)
    if caught_up.transactions:
        session.update(simulate(session, caught_up, schema_created=False))
    plan = upgrade_installed(session)
    revisions: dict[str, list[str]] = {}
    for step in plan.steps:
        revisions.setdefault(step.plugin, []).append(step.revision)
    branches = map(session.remembered_branch, (HOST, *session.state.plugins))
    return Pending(
        {name: tuple(them) for name, them in revisions.items()},
        {branch.name: branch.ahead for branch in branches if branch.ahead},
        {name: known.revision for name, known in session.state.interruptions.items()},
        find_plugins(op for item in plan.transactions if not item.steps for op in item.operations),
        {**plan.problems, **find_missed(plan.held)},
        find_unknown_rows(session),
        {n: tuple(item.revision for item in them) for n, them in group_held(plan.held).items()},
        {plugin.name: plugin.recorded_name for plugin in find_renamed(session.state)},
    )


def describe_pending(session: Session, found: Pending) -> tuple[PendingRevision, ...]:
    """Return what an upgrade of all would apply, in its order, with what revisions say."""
    return tuple(
        PendingRevision(name, revision, session.find_script(name, revision).doc)
        for name, revisions in found.revisions.items()
        for revision in revisions
    )
