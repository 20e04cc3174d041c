"""Whether a plugin has stayed at home: the verdict on what a transaction has touched.

It guards against mistakes and not against malice: a plugin's Python runs in the host's process.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .footprint import Thing, Touch
from .plugin import HOST, Schema
from .registry import InstalledPlugin

_COMMENTED = "commented on, or analyzed,"

_VERBS = (
    ("AccessExclusiveLock", "locked"),
    ("ExclusiveLock", "locked"),
    ("ShareLock", "indexed"),
    ("ShareUpdateExclusiveLock", _COMMENTED),
    ("RowExclusiveLock", "wrote to"),
    ("ShareRowExclusiveLock", "referenced"),
    ("RowShareLock", "read"),
    ("AccessShareLock", "read"),
)
"""What a lock on a relation tells, strongest word first."""

_RELATIONS = ("table", "view", "materialized view", "sequence", "index", "foreign table")
_TABLES = ("table", "view", "materialized view", "foreign table")
_MAKING = ("created", "dropped")
_HANGING = ("index", "table constraint", "trigger", "rule", "policy", "default value")
_READING = ("referenced", "read")
_HARMLESS = "locked"
"""A lock without a change: dropping a foreign key takes one on the table that was referenced."""


@dataclass(frozen=True)
class Offence:
    """Something that a branch has done to what is not its own."""

    verb: str
    thing: Thing
    owner: str

    def __str__(self) -> str:
        return f"{self.verb} {self.thing}{self.owner}".rstrip()


@dataclass(frozen=True)
class Territory:
    """What branches may do, and whose everything is.

    Attributes:
        branches: the names of the plugins that share the transaction, or the host's.
        plugins: all plugins that are installed or set aside, these too.
        host_schema: the schema of the host's tables.
        needed: the plugins that they may read and refer to.
        writes: the tables that it may change, by name, with their schema or without.
        extensions: the PostgreSQL extensions that it may make.
        made: by identity, the plugin that has made an object, for schemas that are shared.
    """

    branches: Collection[str]
    plugins: Mapping[str, InstalledPlugin]
    host_schema: str
    needed: Collection[str] = ()
    writes: Collection[str] = ()
    extensions: Collection[str] = ()
    made: Mapping[str, str] = field(default_factory=dict)

    def is_home(self, thing: Thing) -> bool:
        """Tell whether an object is the branches' own; the host's is all that is no plugin's."""
        return self.find_owner(thing) in self.branches

    def find_owner(self, thing: Thing) -> str:
        """Return the plugin that an object belongs to, or the host."""
        maker = self.made.get(str(thing))
        if maker is not None:
            return maker
        return next((p.name for p in self._plugins if self._holds(p, thing)), HOST)

    @cached_property
    def _plugins(self) -> Sequence[InstalledPlugin]:
        """The plugins, first of all the branches': a schema that several share is home to them."""
        return sorted(self.plugins.values(), key=lambda p: p.name not in self.branches)

    def _holds(self, plugin: InstalledPlugin, thing: Thing) -> bool:
        namespace = plugin.namespace
        if plugin.name in self.branches and isinstance(namespace, Schema):
            return thing.schema == namespace.name
        return plugin.holds(thing.schema, thing.relation, self.host_schema)

    def may_read(self, owner: str) -> bool:
        """Tell whether the branches may read and refer to what belongs to another."""
        return owner in (HOST, *self.branches, *self.needed)

    def may_change(self, thing: Thing) -> bool:
        """Tell whether the branches may change what is not their own."""
        if thing.kind == "extension":
            return thing.identity.strip('"') in self.extensions
        named = {str(thing.relation), f"{thing.schema}.{thing.relation}"}
        return thing.relation is not None and bool(named.intersection(self.writes))

    def describe(self, thing: Thing) -> str:
        """Return whose an object is, in words."""
        owner = self.find_owner(thing)
        if owner != HOST:
            return f", of plugin '{owner}'"
        if thing.schema == self.host_schema:
            return ", of the host"
        return "" if thing.schema is None or thing.kind == "schema" else f", of '{thing.schema}'"


def detect_offences(touches: Iterable[Touch], territory: Territory) -> tuple[Offence, ...]:
    """Return what was done to what is not the branch's, and that it may not do."""
    found = {offence for touch in touches if (offence := _judge(touch, territory))}
    return tuple(sorted(_leave_out_echoes(found), key=str))


def describe_touches(touches: Iterable[Touch], territory: Territory) -> tuple[str, ...]:
    """Return in words what was touched, whosever it is; parts of tables go without saying."""
    found = set()
    for touch in touches:
        thing = touch.after or touch.before
        verb = _find_verb(touch, territory)
        if thing and not _hangs(thing) and verb != _HARMLESS:
            found.add(str(Offence(verb, thing, territory.describe(thing))))
    return tuple(sorted(found))


def _leave_out_echoes(found: Collection[Offence]) -> Iterator[Offence]:
    """Yield offences, but for those on a table and on what hangs on it that tell the same."""
    tables = {_find_place(o): o.verb for o in found if o.thing.kind in _TABLES}
    parts = [o for o in found if o.thing.kind not in _TABLES and _hangs(o.thing)]
    told = [part for part in parts if not _is_echo(part, tables.get(_find_place(part)))]
    places = {_find_place(part) for part in told}
    for offence in found:
        if offence.thing.kind in _TABLES:
            if (
                offence.verb in (*_MAKING, "wrote to", "moved")
                or _find_place(offence) not in places
            ):
                yield offence
        elif offence in told or offence not in parts:
            yield offence


def _is_echo(part: Offence, verb: str | None) -> bool:
    """Tell whether what was done to a table, if anything, says all about a part of it."""
    if verb is None or verb in _READING:
        return verb is not None and part.verb in _READING
    # Another default comes as one that is dropped and one that is created.
    is_made = part.verb in _MAKING and part.thing.kind != "default value"
    return not is_made or verb in _MAKING


def _find_place(offence: Offence) -> tuple[str | None, str | None]:
    return (offence.thing.schema, offence.thing.relation)


def find_made(touches: Iterable[Touch], territory: Territory) -> Mapping[Thing, int]:
    """Return what the transaction has made, with the commands; what hangs on it goes with it."""
    return {
        touch.after: touch.command
        for touch in touches
        if touch.after
        and touch.before is None
        and not (_hangs(touch.after) and territory.is_home(touch.after))
    }


def _hangs(thing: Thing) -> bool:
    return thing.is_part or thing.kind in _HANGING


def find_renamed(touches: Iterable[Touch]) -> Mapping[str, str]:
    """Return what objects are called now, by what they were called before."""
    return {
        str(touch.before): str(touch.after)
        for touch in touches
        if touch.before and touch.after and touch.before.identity != touch.after.identity
    }


def _judge(touch: Touch, territory: Territory) -> Offence | None:
    things = [thing for thing in (touch.before, touch.after) if thing]
    abroad = next((thing for thing in things if not territory.is_home(thing)), None)
    if abroad is None or territory.may_change(abroad):
        return None
    verb = _find_verb(touch, territory)
    if verb in _READING and abroad.kind == "index":
        return None  # Whoever reads it reads its table, and who drops a foreign key opens it.
    if verb == _HARMLESS or (verb in _READING and territory.may_read(territory.find_owner(abroad))):
        return None
    return Offence(verb, abroad, territory.describe(abroad))


def _find_verb(touch: Touch, territory: Territory) -> str:
    if touch.before is None:
        return "created"
    if touch.after is None:
        return "dropped"
    if territory.is_home(touch.before) != territory.is_home(touch.after):
        return "moved"
    if touch.before.identity != touch.after.identity:
        return "renamed"
    if touch.is_reshaped:
        return "altered"
    told = next((verb for mode, verb in _VERBS if mode in touch.modes), None)
    if told == _COMMENTED and touch.before.kind not in _RELATIONS:
        return "commented on"
    if told is None or (told == _HARMLESS and touch.before.kind not in _RELATIONS):
        return "altered"
    return told
