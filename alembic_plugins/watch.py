"""Watch what the revisions of a transaction touch, and judge it before it is committed."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from .archive import read_made
from .footprint import (
    Thing,
    Touch,
    begin_outside,
    find_end,
    find_locks,
    find_xid,
    read_footprint,
    read_outside,
)
from .guard import Territory, describe_touches, detect_offences, find_made, find_renamed
from .guard_errors import NamespaceViolation, TransactionEnded
from .pipeline import Pipeline
from .plan import Direction, Plan, Step
from .plugin import HOST, Prefix
from .records import record_objects, record_renamed
from .scribe import Scribe
from .sent import Answer
from .tables import BACKUP_SCHEMA, VERSION
from .written import select_commands

log = logging.getLogger(__name__)


class Watch:
    """Watch one transaction after the other.

    PostgreSQL is asked once a transaction. Where it tells of an offence, the transaction is run
    again, and PostgreSQL asked after each revision, which tells the guilty one.

    Args:
        scribe: whose connection is watched.
        pipeline: by which that connection is asked.
        witness: another connection, which sees what is committed; None where there is none, or
            where the transaction is the caller's: then nothing is watched.
    """

    def __init__(self, scribe: Scribe, pipeline: Pipeline, witness: Connection | None) -> None:
        self._scribe = scribe
        self._pipeline = pipeline
        self._witness = witness
        self._begun: Answer | None = None
        self._outside: str | None = None
        self._steps: list[Step] = []
        self._needed: dict[str, set[str]] = {}
        self._plan = Plan()
        self._made: dict[str, list[str]] = {}
        self.is_close = False
        """Whether to ask after each revision."""

    @property
    def is_on(self) -> bool:
        """Whether what is touched can be told."""
        return self._witness is not None

    def begin(self, plan: Plan) -> None:
        """Begin to watch the transaction that begins with this."""
        self._steps, self._plan, self._made, self._needed = [], plan, {}, {}
        self._begun = find_xid(self._pipeline) if self.is_on else None

    def begin_again(self) -> None:
        """Go on with another transaction, after an `autocommit_block()`."""
        if self._begun is not None:
            self._begun = find_xid(self._pipeline)

    def begin_outside(self) -> None:
        """Take note of the moment before an `autocommit_block()`."""
        self._outside = begin_outside(self._scribe.connection) if self.is_on else None

    def look_outside(self) -> None:
        """Tell what was changed elsewhere meanwhile, which nobody can take back."""
        if self._outside is None or self._scribe.session.settings.guard == "off":
            return
        territory = self._make_territory()
        things = read_outside(self._scribe.connection, self._outside)
        abroad = [
            f"{t}{territory.describe(t)}" for t in things if not self._may_change(t, territory)
        ]
        if abroad:
            name, revisions = self._name_steps()
            words = (
                "%s changed while revision '%s' of '%s' ran outside of a transaction, by it or not."
            )
            log.warning(words, "; ".join(sorted(abroad)), revisions[-1], name)

    def _may_change(self, thing: Thing, territory: Territory) -> bool:
        return self._is_ours(thing) or territory.is_home(thing) or territory.may_change(thing)

    def add(self, step: Step) -> None:
        """Take note that a revision is going to run."""
        if step.plugin not in self._needed:
            # What is taken back is needed no more when it is judged.
            self._needed[step.plugin] = set(self._scribe.find_needed(step.plugin, self._plan))
        self._steps.append(step)

    def remember(self, revision: str, made: Iterable[str]) -> None:
        """Take note of what a revision had made before it was interrupted."""
        self._made[revision] = list(made)

    def find_made(self, revision: str) -> tuple[str, ...]:
        """Return what a revision has made until now that is not recorded with it."""
        return tuple(self._made.get(revision, ()))

    def check_closely(self) -> None:
        """Judge a single revision, where the guilty one is looked for."""
        if self.is_close:
            self._judge()

    def check(self) -> None:
        """Judge what was touched since `begin`, and record what was made.

        It is done before each COMMIT: that of the transaction, and those of `autocommit_block()`s.

        Raises:
            NamespaceViolation: something that is not the plugins'.
            TransactionEnded: nothing of it is left, since a revision has taken it back.
        """
        made, commands = self._judge()
        upgraded = {s.revision for s in self._steps if s.direction is Direction.UPGRADE}
        if not upgraded or not (made or self._made):
            return
        rows = sorted((n, revision) for revision, n in commands if revision in upgraded)
        for thing, command in made.items():
            # A revision's row comes right after what it has made.
            owner = next((r for n, r in rows if n >= command), self._steps[-1].revision)
            self._made.setdefault(owner, []).append(str(thing))
        for _, revision in rows:
            objects = self._made.pop(revision, None)
            if objects:
                statement = record_objects(self._scribe.tables, revision, sorted(objects))
                self._scribe.execute(statement)

    def _judge(self) -> tuple[Mapping[Thing, int], Sequence[Any]]:
        """Judge what was touched.

        Return what was made, with the numbers of the commands, and those that recorded revisions.
        """
        if self._begun is None or not self._steps:
            return {}, ()
        running = find_xid(self._pipeline)
        locks = find_locks(self._pipeline)
        revisions = [step.revision for step in self._steps]
        commands = self._pipeline.ask(select_commands(self._scribe.tables.revision, revisions))
        if running.scalar != self._begun.scalar:
            self._check_committed(self._begun.scalar)
            self._begun = running
        touches = self._read_touches(locks)
        territory = self._make_territory()
        offences = detect_offences(touches, territory)
        if offences and self._scribe.session.settings.guard != "off":
            self._tell([str(offence) for offence in offences])
        for before, after in find_renamed(touches).items():
            self._scribe.execute(record_renamed(self._scribe.tables, before, after))
        return find_made(touches, territory), commands.rows

    def _check_committed(self, xid: str) -> None:
        """Check that a transaction that a revision has ended was not taken back."""
        name, revisions = self._name_steps()
        if find_end(self._scribe.connection, xid) == "aborted":
            raise TransactionEnded(name, revisions)
        words = "Revision %s of '%s' has ended its transaction; what it did before is kept."
        log.warning(words, " or ".join(revisions), name)

    def _is_ours(self, thing: Thing) -> bool:
        """Tell whether something is bookkeeping."""
        names = {self._scribe.versions.name, *self._scribe.tables.names}
        schema = self._scribe.versions.schema or self._scribe.host_schema
        return (thing.schema == schema and thing.relation in names) or thing.schema == BACKUP_SCHEMA

    def _read_touches(self, locks: Answer) -> tuple[Touch, ...]:
        """Return what was touched since `begin`, but for bookkeeping."""
        if self._begun is None or self._witness is None:
            return ()
        xid = self._begun.scalar
        touches = read_footprint(self._scribe.connection, self._pipeline, self._witness, xid, locks)
        return tuple(
            touch
            for touch in touches
            if (thing := touch.before or touch.after) and not self._is_ours(thing)
        )

    def describe(self) -> tuple[str, ...]:
        """Return what was touched since `begin`, in words."""
        touches = self._read_touches(find_locks(self._pipeline))
        return describe_touches(touches, self._make_territory()) if touches else ()

    def _make_territory(self) -> Territory:
        scribe = self._scribe
        names = tuple(dict.fromkeys(step.plugin for step in self._steps))
        declared = [d for name in names if name != HOST and (d := scribe.session.declaration(name))]
        needed = {other for name in names for other in scribe.find_needed(name, self._plan)}
        needed.update(*(self._needed.get(name, ()) for name in names))
        return Territory(
            names,
            {**scribe.session.state.quarantined, **scribe.ledger.plugins},
            scribe.host_schema,
            needed,
            [table for item in declared for table in item.writes],
            [extension for item in declared for extension in item.extensions],
            self._read_made(),
        )

    def _read_made(self) -> Mapping[str, str]:
        """Return who has made what, which matters where plugins share a schema."""
        namespaces = (plugin.namespace for plugin in self._scribe.ledger.plugins.values())
        if all(isinstance(namespace, Prefix) or namespace.create for namespace in namespaces):
            return {}
        return read_made(self._scribe.connection, self._scribe.tables, VERSION)

    def _tell(self, offences: Sequence[str]) -> None:
        name, revisions = self._name_steps()
        error = NamespaceViolation(name, revisions, offences)
        orphaned = name != HOST and self._scribe.session.declaration(name) is None
        # What a plugin may do that is gone, nobody can tell any more.
        if self._scribe.session.settings.guard == "enforce" and not orphaned:
            raise error
        log.warning("Revision %s of '%s' %s.", " or ".join(revisions), name, "; ".join(offences))

    def _name_steps(self) -> tuple[str, tuple[str, ...]]:
        steps = self._steps[-1:] if self.is_close else self._steps
        return steps[-1].plugin, tuple(step.revision for step in steps)
