"""The statements that make one state of another, in an order in which they can be run.

Renames come first, by the numbers of objects: nothing that was renamed is dropped. Then each object
is dropped behind what depends on it, and made behind what it depends on. What that is, is known of
what is there; of what is only recorded, the order is that of kinds, and that in which objects were
made.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from .choices import Choices, Way, choose, find_users, goes_along
from .column_changes import (
    add_column,
    alter_column,
    alter_sequence,
    create_sequence,
    drop_column,
    is_serial,
    own_sequence,
)
from .drift import Key
from .nodes import Node, sort_nodes
from .note_changes import change_notes
from .object_changes import alter_object, create_object, drop_object, tell_refused
from .printed import split_on
from .renames import make_renames, rename_state
from .states import TABLES, VIEWS, Changes, State, Statement, Unexpressed, Verb, find_table, get
from .table_changes import alter_table, create_table, drop_table
from .type_changes import alter_type, create_type, replace_type

_DROPS = (
    *("trigger", "policy", "rule", "statistics object", "materialized view", "view"),
    *("foreign key", "index", "constraint"),
)
"""The order of kinds in which objects are dropped, before anything is made."""

_CREATES = (
    *("schema", "type", "sequence", "foreign table", "table", "column", "function", "procedure"),
    *("aggregate", "constraint", "foreign key", "view", "materialized view", "index", "trigger"),
    *("rule", "policy", "statistics object"),
)
"""The order of kinds in which objects are made and altered."""

_LATE = (
    "column",
    "table",
    "foreign table",
    "aggregate",
    "function",
    "procedure",
    "sequence",
    "type",
)
"""The order of kinds in which objects are dropped at last."""

_RANKS = {
    **{(Way.CREATE, kind): len(_DROPS) + rank for rank, kind in enumerate(_CREATES)},
    **{(Way.DROP, kind): len(_DROPS + _CREATES) + rank for rank, kind in enumerate(_LATE)},
    **{(Way.DROP, kind): rank for rank, kind in enumerate(_DROPS)},
}
_NOTES = len(_DROPS + _CREATES + _LATE)


def make_changes(before: State, after: State, renamed: Mapping[Key, Key] | None = None) -> Changes:
    """Return the statements that make one state of another.

    Args:
        before: what objects are.
        after: what they are to be.
        renamed: which objects of `before` have another name in `after`; see
            `alembic_plugins.catalog.drift.find_renamed`.
    """
    renamed = {**_find_owned(before, after), **(renamed or {})}
    renames = make_renames(before, renamed)
    reowned = {now for key, now in renamed.items() if is_reowned(key, now, renamed)}
    planner = _Planner(rename_state(before, renamed), after, reowned)
    planner.plan()
    return Changes((*renames, *sort_nodes(planner.nodes)), planner.unexpressed)


def _find_owned(before: State, after: State) -> dict[Key, Key]:
    """Return the sequences that are the same, and are owned by a table's column only by now."""
    gone, new = (
        {split_on(key[1])[0]: key for key in there if key[0] == "sequence" and key not in other}
        for there, other in (
            (before.definitions, after.definitions),
            (after.definitions, before.definitions),
        )
    )
    return {key: new[own] for own, key in gone.items() if own in new}


def is_reowned(key: Key, now: Key, renamed: Mapping[Key, Key]) -> bool:
    """Tell whether another table than before, or none, has the column that owns a sequence."""
    table, found = find_table(key), find_table(now)
    names = {old[1]: new[1] for old, new in renamed.items() if old[0] in TABLES}
    return key[0] == "sequence" and names.get(table, table) != found


_Make = Callable[[Key], None]


class _Planner:
    """Find the statements, and what they have to come behind.

    Args:
        before: what objects are, by the names that they are to have.
        after: what they are to be.
        reowned: the sequences that another column is to own, or none.

    Attributes:
        nodes: what was found by `plan`.
    """

    def __init__(self, before: State, after: State, reowned: Collection[Key]) -> None:
        self._before = before
        self._after = after
        self._reowned = set(reowned)
        self._choices: Choices = choose(before, after)
        self._unexpressed = [*self._choices.unexpressed]
        self.nodes: list[Node] = []
        self._drops: dict[Key, int] = {}
        self._creates: dict[Key, int] = {}
        self._alters: dict[Key, list[int]] = {}

    @property
    def unexpressed(self) -> tuple[Unexpressed, ...]:
        """What no statement makes of the one state the other."""
        return tuple(self._unexpressed)

    def plan(self) -> None:
        """Find the statements, and in which order they can be run."""
        ways = self._choices.ways
        keys = sorted(ways, key=lambda key: (self._rank(Way.CREATE, key), self._find_order(key)))
        for key in keys:
            if self._choices.is_going(key):
                self._drop(key)
        for key in keys:
            if self._choices.is_coming(key) and key not in self._creates:
                self._try(key, self._create)
        altered = {key for key, way in ways.items() if way is Way.ALTER}
        for key in (*keys, *(self._choices.retyped - altered - set(keys))):
            if key in altered | self._choices.retyped:
                self._try(key, self._alter)
            elif ways.get(key) is Way.REPLACE:
                self._try(key, self._replace)
        self._clear_defaults()
        self._own_sequences()
        self._note()
        self._connect()

    def _try(self, key: Key, make: _Make) -> None:
        try:
            make(key)
        except LookupError as error:
            self._unexpressed.append(Unexpressed(key, str(error.args[0])))

    def _add(
        self, way: Way, key: Key, statements: Collection[Statement], rank: int | None = None
    ) -> int:
        """Add statements, and return their number."""
        order = self._find_order(key)
        if way is Way.DROP:
            order = tuple(-it for it in order)
        rank = self._rank(way, key) if rank is None else rank
        members = chain.from_iterable(it.members for it in statements)
        self.nodes.append(Node(rank, order, (key, *members), tuple(statements)))
        return len(self.nodes) - 1

    def _rank(self, way: Way, key: Key) -> int:
        state = self._after if key in self._after.definitions else self._before
        kind = "foreign key" if _is_foreign_key(state, key) else key[0]
        if way is Way.DROP and self._choices.is_coming(key):
            way = Way.DROP if kind in _DROPS else Way.CREATE
        return _RANKS.get((way, kind), len(_DROPS))

    def _find_order(self, key: Key) -> tuple[int, ...]:
        state = self._after if key in self._after.definitions else self._before
        return state.find_order(key)

    def _drop(self, key: Key) -> None:
        before = self._before
        if goes_along(before, self._after, self._choices, key):
            return
        if key[0] == "column":
            statement = drop_column(before, key)
        elif key[0] in TABLES:
            statement = drop_table(key)
        else:
            lost = f"how far sequence {key[1]} is" if key[0] == "sequence" else None
            sql = drop_object(key, before.definitions[key])
            statement = Statement(Verb.DROP, key, sql, lost=lost)
        self._drops[key] = self._add(Way.DROP, key, [statement])

    def _create(self, key: Key) -> None:
        after = self._after
        if key[0] in TABLES:
            statements = list(create_table(after, key, self._find_inline(key[1])))
        elif key[0] == "column":
            statements = list(add_column(after, key))
        elif key[0] == "sequence":
            owner = after.find_owner(key)
            if owner is not None and self._is_made_with(owner):
                return
            statements = [_create(key, create_sequence(key, after.definitions[key]))]
        elif key[0] == "type":
            statements = [_create(key, create_type(key, after.definitions[key]))]
        else:
            first, *rest = create_object(after, key)
            made = replace(_create(key, first), refused=tell_refused(after, key))
            statements = [made, *(Statement(Verb.ALTER, key, sql, "enabled") for sql in rest)]
        node = self._add(Way.CREATE, key, statements)
        self._creates.update(dict.fromkeys(self.nodes[node].keys, node))

    def _is_made_with(self, column: Key) -> bool:
        """Tell whether a sequence is made with the column that owns it."""
        is_coming = self._choices.is_coming(column)
        return "identity" in get(self._after, column) or (
            is_coming and is_serial(self._after, column)
        )

    def _find_inline(self, table: str) -> list[Key]:
        """Return the constraints that a table can be made with."""
        after = self._after
        found = [key for key in after.find_parts(table) if key[0] == "constraint"]
        valid = (key for key in found if "validity" not in after.definitions[key])
        return sorted((key for key in valid if self._is_early(table, key)), key=after.find_order)

    def _is_early(self, table: str, key: Key) -> bool:
        """Tell whether all is there that a constraint of a new table needs."""
        after = self._after
        if not _is_foreign_key(after, key):
            return True
        found = {after.find_table_key(find_table(it) or it[1]) for it in after.needs.get(key, ())}
        own = after.find_table_key(table)
        coming = [it for it in found if it not in (None, own) and self._choices.is_coming(it)]
        place = after.find_order(own or key)
        return key in after.needs and all(after.find_order(it) < place for it in coming)

    def _alter(self, key: Key) -> None:
        before, after = self._before, self._after
        if key[0] in TABLES:
            found = alter_table(before, after, key)
        elif key[0] == "column":
            retyped = key in self._choices.retyped
            found = alter_column(before, after, key, retyped=retyped)
        elif key[0] == "sequence":
            found = alter_sequence(before, after, key)
        elif key[0] == "type":
            found = alter_type(key, get(before, key), get(after, key))
        else:
            found = alter_object(after, key)
        self._add_alter(key, list(found))

    def _add_alter(
        self, key: Key, statements: Collection[Statement], rank: int | None = None
    ) -> None:
        if statements:
            self._alters.setdefault(key, []).append(self._add(Way.CREATE, key, statements, rank))

    def _replace(self, key: Key) -> None:
        made, dropped = replace_type(key, self._after.definitions[key])
        statements = [Statement(Verb.ALTER, key, sql, "definition") for sql in made]
        self._creates[key] = self._add(Way.CREATE, key, statements)
        rank = _RANKS[Way.DROP, "type"]
        self._add(Way.DROP, key, [Statement(Verb.ALTER, key, dropped, "definition")], rank)
        self._drops[key] = len(self.nodes) - 1

    def _clear_defaults(self) -> None:
        """Let columns have no default while the functions are made anew that these use."""
        for key in sorted(self._choices.cleared - self._choices.retyped):
            parts = self._after.definitions[key]
            if "default" not in get(self._before, key) or key in self._alters:
                continue
            table, _, name = key[1].rpartition(".")
            head = f"ALTER TABLE {table} ALTER COLUMN {name}"
            clear = Statement(Verb.ALTER, key, f"{head} DROP DEFAULT", "default")
            self._drops[key] = self._add(Way.DROP, key, [clear], 0)
            if "default" in parts:
                again = Statement(Verb.ALTER, key, f"{head} SET {parts['default']}", "default")
                self._add_alter(key, [again])

    def _own_sequences(self) -> None:
        after = self._after
        made = {key for key in self._creates if key[0] == "sequence"}
        for key in sorted(made | self._reowned):
            owner = after.find_owner(key)
            if owner is None and key in made:
                continue
            if owner is not None and key in made and self._creates.get(owner) == self._creates[key]:
                continue
            sql = own_sequence(after, key)
            self._add_alter(key, [Statement(Verb.ALTER, key, sql, "owner column")], _NOTES - 1)
            if owner is not None and owner in self._creates:
                self.nodes[-1].behind.add(self._creates[owner])

    def _note(self) -> None:
        """Add what changes notes."""
        before, after = self._before, self._after
        for key in after.definitions:
            notes = before.notes.get(key, {})
            if self._choices.is_coming(key):
                owner = after.notes.get(key, {}).get("owner")
                is_new = owner is not None and key not in before.definitions
                notes = {"owner": owner} if is_new and owner else {}
            try:
                found = list(change_notes(after, key, notes, after.notes.get(key, {})))
            except LookupError as error:
                self._unexpressed.append(Unexpressed(key, str(error.args[0])))
                continue
            if found:
                node = self._add(Way.CREATE, key, found, _NOTES)
                made = {self._creates[key]} if key in self._creates else set()
                self.nodes[node].behind |= made | {*self._alters.get(key, ())}

    def _connect(self) -> None:
        """Find what comes behind what."""
        users = find_users(self._before)
        for number, node in enumerate(self.nodes):
            if node.rank == _NOTES:
                continue
            for key in node.keys:
                is_drop = self._drops.get(key) == number
                found = self._behind_users(users.get(key, ()), key, is_drop=is_drop)
                node.behind.update(found)
                if not is_drop:
                    node.behind.update(self._behind_needed(key))
                    node.behind.update(self._behind_names(key))
            node.behind.discard(number)

    def _behind_users(self, users: Collection[Key], key: Key, *, is_drop: bool) -> Iterator[int]:
        """Yield where what depends on something is dropped or altered before that is."""
        for user in users:
            table = self._before.find_table_key(find_table(user)) or user
            dropped = self._drops.get(user, self._drops.get(table) if user != table else None)
            if dropped is not None and dropped != self._drops.get(key):
                yield dropped
            elif is_drop and dropped is None:
                still = self._after.needs.get(user, frozenset())
                yield from self._alters.get(user, ()) if key not in still else ()
                if self._choices.ways.get(key) is Way.REPLACE:
                    yield from self._alters.get(user, ())

    def _behind_needed(self, key: Key) -> Iterator[int]:
        """Yield where what something depends on is made or altered before it."""
        table = self._after.find_table_key(find_table(key))
        needed = {*self._after.needs.get(key, ()), *((table,) if table else ())}
        for other in needed:
            if other in self._creates:
                yield self._creates[other]
            yield from self._alters.get(other, ()) if other != key else ()

    def _behind_names(self, key: Key) -> Iterator[int]:
        """Yield where something of the same name is dropped, or what is made anew."""
        if self._choices.ways.get(key) is Way.REPLACE:
            return
        if key in self._drops:
            yield self._drops[key]
        if key[0] in (*TABLES, *VIEWS, "sequence", "index", "type") and key in self._creates:
            own = split_on(key[1])[0]
            for other, number in self._drops.items():
                if other != key and split_on(other[1])[0] == own:
                    yield number


def _create(key: Key, sql: str) -> Statement:
    return Statement(Verb.CREATE, key, sql)


def _is_foreign_key(state: State, key: Key) -> bool:
    definition = state.definitions.get(key, {}).get("definition", "")
    return key[0] == "constraint" and definition.startswith("FOREIGN KEY ")
