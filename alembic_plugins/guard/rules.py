"""Whether a branch keeps to what is its own: what there is to say of a transaction.

It guards against mistakes and not against malice: a plugin's Python runs in the host's process.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..catalog.objects import DatabaseObject
from ..catalog.oids import PG_CLASS
from ..catalog.transaction_rows import Key, Place
from ..plugin import HOST
from .changes import CHANGING, Change, Effect, Footprint, describe_owned
from .permissions import Permissions

_TABLES = ("table", "view", "materialized view", "foreign table")
_WITH_COLUMNS = ("table", "foreign table")
_RELATIONS = (*_TABLES, "sequence", "index")
_REMADE = ("index", "table constraint", "statistics object")
"""What PostgreSQL drops and makes again where the type of a column changes."""

_TELLING = {"RowExclusiveLock", "ShareLock", *CHANGING}
"""The locks of what changes a table or makes an index on it."""

_SHARED = ("role", "database", "tablespace", "subscription", "user mapping", "parameter acl")

_CREATES, _DROPS, _WRITES = "creates", "drops", "writes to"
_JOINS = "adds to an extension"
_REFERS, _READS = _WEAK = ("refers to", "reads")


@dataclass(frozen=True)
class Violation:
    """Something that a branch has done to what is not its own.

    Attributes:
        verb: what it has done.
        item: to what; None for what is in no schema.
        what: that in words.
        owner: whose it is: a plugin, the host, or None for what belongs to the whole database.
        is_prefixed: whether it has only the prefix of that plugin.
        destination: what it is called now, where it was moved to what is not the branch's own.
    """

    verb: str
    item: DatabaseObject | None
    what: str
    owner: str | None
    is_prefixed: bool = False
    destination: str = ""

    def __str__(self) -> str:
        what = f"{self.what} to {self.destination}" if self.destination else self.what
        if self.is_prefixed:
            return f"{self.verb} {what}, which has the prefix of plugin '{self.owner}'"
        return f"{self.verb} {describe_owned(what, self.owner)}"


@dataclass(frozen=True)
class Findings:
    """What there is to say of a transaction.

    Attributes:
        violations: what the branches must not do.
        reads: of what they have read rows that they have not declared.
        prefixed: what the host has made under the prefix of a plugin.
    """

    violations: tuple[Violation, ...] = ()
    reads: tuple[Violation, ...] = ()
    prefixed: tuple[Violation, ...] = ()


class Checker:
    """Check a footprint.

    Args:
        footprint: what the transaction has done.
        permissions: what its branches may do.
        explained: the relations that bear what foreign keys and the triggers of their owners do.
        descendants: the tables of others that bear what was done to a table that they inherit from.
    """

    def __init__(
        self,
        footprint: Footprint,
        permissions: Permissions,
        explained: Collection[Key] = (),
        descendants: Collection[Key] = (),
    ) -> None:
        self.footprint = footprint
        self._permissions = permissions
        self._explained = explained
        self._descendants = descendants

    @cached_property
    def remade(self) -> Mapping[Key, Key]:
        """What PostgreSQL has dropped and made again, by its identity before."""
        old = {str(c.before): c.key for c in self.footprint.changes if c.before and not c.after}
        return {
            old[str(change.after)]: change.key
            for change in self.footprint.changes
            if change.after
            and change.before is None
            and change.after.kind in _REMADE
            and str(change.after) in old
        }

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What was done, without what was only made again."""
        left_out = {*self.remade, *self.remade.values()}
        return tuple(c for c in self.footprint.changes if c.key not in left_out)

    def check(self) -> Findings:
        """Return the findings."""
        found = {violation for change in self.changes for violation in self._check(change)}
        told = set(_leave_out_repeated(found))
        reads = {violation for violation in told if violation.verb == _READS}
        # The host is never kept from a name by a plugin.
        is_host = HOST in self._permissions.branches
        prefixed = {violation for violation in told - reads if is_host and violation.is_prefixed}
        violations = told - reads - prefixed
        violations |= {Violation("changes", None, words, None) for words in self.footprint.shared}
        violations |= {
            Violation(_WRITES, None, f"system catalog {name}", None)
            for name in self.footprint.catalogs
        }
        return Findings(*(tuple(sorted(them, key=str)) for them in (violations, reads, prefixed)))

    def _check(self, change: Change) -> Iterator[Violation]:
        permissions, item = self._permissions, change.item
        if self._is_inherited(change) or (item.kind in _SHARED and self.footprint.shared):
            return  # That is told by what it was inherited from, or by what is shared.
        owner = permissions.find_owner(item)
        if self._joins_extension(change):
            yield Violation(_JOINS, item, str(item), None)
            return
        if owner in permissions.branches:
            yield from self._check_own(change)
            return
        # A foreign key refers to an index, and to its table as well.
        if change.is_referred and item.kind != "index" and not permissions.may_refer(owner):
            yield Violation(_REFERS, item, str(item), owner)
        if permissions.may_change(change):
            if not permissions.is_allowed(item):
                yield from self._check_parts(change, owner)
            return
        verb = self._find_verb(change)
        if verb is None or (verb == _READS and permissions.may_refer(owner)):
            return
        yield self._make_violation(verb, item, owner)

    def _check_own(self, change: Change) -> Iterator[Violation]:
        """Yield that an object of the branches' own was moved out, or a column of another's cut."""
        permissions, before, after = self._permissions, change.before, change.after
        if before and after and permissions.has_left(before, after):
            place = permissions.find_place(after)
            is_prefixed = place == permissions.find_prefix(after)
            yield Violation("moves", after, str(before), place, is_prefixed, after.identity)
        if not permissions.is_allowed(change.item):
            yield from self._check_columns(change)

    def _joins_extension(self, change: Change) -> bool:
        """Tell whether an object was made a member of an extension that was there before."""
        before, after = change.before, change.after
        if after is None or after.extension is None or after.extension in self._permissions.new:
            return False
        was_member = before is not None and before.extension == after.extension
        return not was_member and not self._permissions.is_allowed(after)

    def _make_violation(self, verb: str, item: DatabaseObject, owner: str) -> Violation:
        # Of the whole database is what no schema has, unless somebody has made it.
        permissions = self._permissions
        is_hosts = item.schema == permissions.ownership.host_schema
        is_nobodys = item.schema is None or (item.kind == "schema" and not is_hosts)
        whose = None if owner == HOST and is_nobodys else owner
        is_new = whose is not None and item.root in permissions.new
        is_prefixed = is_new and whose == permissions.find_prefix(item)
        return Violation(verb, item, str(item), whose, is_prefixed)

    def _is_inherited(self, change: Change) -> bool:
        """Tell whether a table of others, or a part of it, has become what it is by inheritance."""
        item, before, after = change.item, change.before, change.after
        if item.kind not in _TABLES:
            return item.is_part and _find_relation(item) in self._descendants
        stays = before is not None and after is not None and before.identity == after.identity
        return stays and item.key in self._descendants

    @cached_property
    def _altered_own(self) -> set[Key]:
        found = (c for c in self.changes if c.modes & {"AccessExclusiveLock", "ShareLock"})
        return {c.key for c in found if self._permissions.is_own(c.item)}

    def _check_parts(self, change: Change, owner: str) -> Iterator[Violation]:
        """Yield what was dropped of a relation that may be changed, and was another plugin's.

        To change a table is not to drop it, be it the host's.
        """
        item = change.item
        ours = (HOST, *self._permissions.branches)
        is_others = item.is_made and owner not in ours
        if change.after is None and (is_others or item.kind == "table"):
            yield Violation(_DROPS, item, str(item), owner)
        yield from self._check_columns(change)

    def _check_columns(self, change: Change) -> Iterator[Violation]:
        """Yield the columns that another plugin has made and that were dropped."""
        item = change.item
        for number, name in change.old_columns.items():
            maker = self._permissions.columns.get((*change.key, number), HOST)
            if maker not in (HOST, *self._permissions.branches):
                yield Violation(_DROPS, item, f"column {name} of {item}", maker)

    def _find_verb(self, change: Change) -> str | None:
        """Return what was done to what is not the branches' own."""
        before, after = change.before, change.after
        if before is None:
            return _CREATES
        if after is None:
            return _DROPS
        if before.identity != after.identity:
            is_moved = before.own_schema != after.own_schema and before.kind != "schema"
            return "moves" if is_moved else "renames"
        if change.is_reshaped:
            # PostgreSQL alters partitions and indexes along with a table of the branch's.
            is_along = not self._altered_own.isdisjoint(change.item.chain[1:])
            return None if is_along else "alters"
        if change.is_regranted:
            return "changes the privileges on"
        if before.kind not in _RELATIONS:
            return self._find_verb_of_other(change)
        return self._find_verb_of_relation(change)

    def _find_verb_of_other(self, change: Change) -> str | None:
        if "ShareUpdateExclusiveLock" in change.modes:
            return "comments on"
        if change.is_written:
            return "alters"
        return "alters" if change.modes - {"AccessShareLock"} else None

    def _find_verb_of_relation(self, change: Change) -> str | None:
        if change.item.kind == "index":
            return None  # Whoever reads or writes by it does so to its table.
        is_explained = change.item.key in self._explained
        if "RowExclusiveLock" in change.modes and not is_explained:
            return _WRITES
        if "ShareUpdateExclusiveLock" in change.modes and not (
            change.modes & {"AccessExclusiveLock", "ShareRowExclusiveLock"}
        ):
            return "comments on, or analyzes,"
        return _READS if self.is_read(change) and not is_explained else None

    def is_read(self, change: Change) -> bool:
        """Tell whether rows of a relation were read, be it by an index."""
        return bool(change.scans) or change.key in self._read_by_index

    @cached_property
    def _read_by_index(self) -> set[Key]:
        found = (c.item for c in self.changes if c.scans and c.item.kind == "index")
        return {key for item in found if (key := _find_relation(item)) is not None}

    def find_made(self) -> Mapping[Place, tuple[DatabaseObject, str, int]]:
        """Return what the transaction has made, with its identity and the number of the command.

        What hangs on a relation of the branches' own goes with it, without a record.
        """
        found = {}
        for change in self.changes:
            item = change.after
            if item is None or self._is_inherited(change):
                continue
            if change.before is None and not self._goes_along(item):
                found[(*change.key, 0)] = (item, item.identity, change.command)
            # A view cannot lose what it has got.
            new_columns = change.new_columns if item.kind in _WITH_COLUMNS else {}
            for number, name in new_columns.items():
                place = (*change.key, number)
                found[place] = (item, f"{item.identity}.{name}", change.command)
        return found

    def _goes_along(self, item: DatabaseObject) -> bool:
        hangs = item.is_part or item.kind == "domain constraint" or item.extension is not None
        return hangs and self._permissions.is_own(item)

    def find_permitted(self) -> Mapping[Key, DatabaseObject]:
        """Return the relations that the declaration names, and that were changed."""
        found = {}
        for change in self.changes:
            item = change.before
            if item is None or item.key[0] != PG_CLASS or item.is_part:
                continue
            is_new = self._permissions.branches.isdisjoint(change.item.permitted)
            if is_new and self._permissions.is_written_by_name(item) and self._find_verb(change):
                found[item.key] = item
        return found

    def find_written(self) -> Mapping[Key, Change]:
        """Return the tables of the branches' own, or that they may change, that were changed."""
        return {
            change.key: change
            for change in self.changes
            if change.key[0] == PG_CLASS and change.modes & _TELLING and self._may_touch(change)
        }

    def find_other_locks(self) -> Mapping[Key, frozenset[str]]:
        """Return the other tables that were changed, or parts of which were, with their locks."""
        changes = [c for c in self.changes if not self._may_touch(c)]
        found = {c.key: c.modes - {"AccessShareLock"} for c in changes if c.key[0] == PG_CLASS}
        parts = {key for c in changes if (key := _find_relation(c.item)) is not None}
        return {key: modes for key, modes in found.items() if modes} | {
            key: found.get(key, frozenset()) for key in parts
        }

    def _may_touch(self, change: Change) -> bool:
        return self._permissions.is_own(change.item) or self._permissions.may_change(change)

    def describe(self) -> tuple[Effect, ...]:
        """Return what was done, to whomever it was; parts of relations are left out."""
        found = set()
        for change in self.changes:
            verb = self._find_verb(change) or self._find_verb_of_own(change)
            item = change.item
            if verb and not item.is_part and item.kind != "default value":
                owner = self._permissions.find_owner(item)
                found.add(Effect(verb, item.kind, item.identity, owner))
        return tuple(sorted(found, key=str))

    def _find_verb_of_own(self, change: Change) -> str | None:
        """Return what was done to what is the branches' own, which was not compared."""
        is_relation = change.key[0] == PG_CLASS
        if is_relation and change.is_written and "AccessExclusiveLock" in change.modes:
            return "alters"
        return _REFERS if change.is_referred else None


def _leave_out_repeated(found: Collection[Violation]) -> Iterator[Violation]:
    """Yield violations, but for those on a table and on what hangs on it that tell the same."""
    of_tables = [violation for violation in found if _is_table(violation)]
    # What was done to a table says more than that it was referred to, too.
    of_tables.sort(key=lambda violation: violation.verb not in _WEAK)
    tables = {table.item.key: table.verb for table in of_tables if table.item is not None}
    parts = [v for v in found if v.item is not None and v.item.is_part and not _is_table(v)]
    told = [part for part in parts if not _is_repeated(part, _find_verb_of_whole(part, tables))]
    whole = {_find_relation(part.item) for part in told}
    for violation in found:
        if _is_table(violation):
            is_more = violation.verb not in ("alters", "comments on, or analyzes,", _REFERS, _READS)
            key = violation.item.key if violation.item else None
            if is_more or key not in whole or violation.what != str(violation.item):
                yield violation
        elif violation in told or violation not in parts:
            yield violation


def _find_verb_of_whole(part: Violation, tables: Mapping[Key, str]) -> str | None:
    """Return what was done to the relation on which something hangs."""
    relation = _find_relation(part.item)
    return None if relation is None else tables.get(relation)


def _is_table(violation: Violation) -> bool:
    return violation.item is not None and violation.item.kind in _TABLES


def _find_relation(item: DatabaseObject | None) -> Key | None:
    """Return the relation on which an object hangs by itself."""
    above = item.chain[1:] if item else ()
    return next((key for key in above if key[0] == PG_CLASS), None)


def _is_repeated(part: Violation, verb: str | None) -> bool:
    """Tell whether what was done to a table, if anything, says all about a part of it."""
    if verb is None or verb in _WEAK:
        return False
    # Another default comes as one that is dropped and one that is created.
    is_made = part.verb in (_CREATES, _DROPS) and (
        part.item is None or part.item.kind != "default value"
    )
    return not is_made or verb in (_CREATES, _DROPS)
