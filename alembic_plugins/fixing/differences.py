"""What differs from what was recorded, and what an object has to be that it does not."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ..catalog.changes import is_reowned
from ..catalog.diff import WHOLES
from ..catalog.drift import Change, Drift, Key
from ..catalog.renames import find_slot, rename_state
from ..catalog.states import State, find_table
from ..namespaces.comparisons import BranchComparison
from ..planning.fixes import Part
from ..reports.verify_objects import find_changed_notes


class Aspect(StrEnum):
    """What of an object differs."""

    DEFINITION = "definition"
    NOTE = "note"
    VALIDITY = "validity"


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was recorded.

    Attributes:
        drift: what it is.
        aspect: what of the object it is about.
    """

    drift: Drift
    aspect: Aspect = Aspect.DEFINITION

    @property
    def key(self) -> Key:
        """The object, by today's name."""
        return self.drift.key

    def __str__(self) -> str:
        if self.aspect is not Aspect.VALIDITY:
            return str(self.drift)
        kind, identity = self.key
        if kind == "index":
            return f"index {identity} is INVALID"
        name = f"NOT NULL of column {identity}" if kind == "column" else f"{kind} {identity}"
        return f"{name} is NOT VALID"


def find_differences(it: BranchComparison, drift: Sequence[Drift]) -> Iterator[Difference]:
    """Yield all that differs of a branch.

    Args:
        it: what was recorded, and what is there.
        drift: what differs of definitions, in the database's own words.
    """
    for item in drift:
        is_other = item.change is Change.GONE and item.key in it.unknown
        yield Difference(replace(item, change=Change.REPLACED) if is_other else item)
    told = {item.key for item in drift}
    for key in it.unknown:
        if key not in told:
            yield Difference(Drift(Change.NEW, *key))
    yield from (Difference(item, Aspect.NOTE) for item in find_changed_notes(it, drift))
    new = {item.key for item in drift if item.change is Change.NEW}
    for key in it.invalid:
        is_known = "validity" in it.expected.get(key, {}) or not it.expected
        if key not in new and (key[0] == "index" or not is_known):
            yield Difference(Drift(Change.CHANGED, *key, "validity"), Aspect.VALIDITY)


@dataclass(frozen=True)
class Goal:
    """What the objects of a branch were, and what of that they can be made again.

    Attributes:
        live: what they are, by the names that they are to have.
        recorded: what they were.
        back: the names that renamed objects are to have, by today's.
        replaceable: the views that have had the columns that they have, or more.
        kept: the names that renamed objects have had and others have by now, by today's, with
            those of what is on them.
    """

    live: State
    recorded: State
    back: Mapping[Key, Key]
    replaceable: Collection[Key] = ()
    kept: Mapping[Key, Key] = field(default_factory=dict)

    def make(self, chosen: Sequence[Difference]) -> State:
        """Return what the objects are to be where some differences are undone."""
        reowned = {
            item.key: (item.key[0], str(item.drift.expected))
            for item in chosen
            if item.drift.change is Change.RENAMED and item.key not in self.back
        }
        definitions, notes = (
            {reowned.get(key, key): dict(parts) for key, parts in found.items()}
            for found in (self.live.definitions, self.live.notes)
        )
        columns = dict(self.live.view_columns)
        for item in chosen:
            key = self.back.get(item.key, item.key)
            if item.drift.change in (Change.GONE, Change.REPLACED):
                for other in self.find_along(key):
                    definitions[other] = dict(self.recorded.definitions[other])
                    notes[other] = dict(self.recorded.notes.get(other, {}))
                self._leave_columns(columns, key)
            elif item.aspect is Aspect.NOTE:
                _set(notes.setdefault(key, {}), item.drift)
            elif item.aspect is Aspect.VALIDITY:
                definitions[key].pop("validity", None)
            elif item.drift.change is Change.CHANGED:
                _set(definitions[key], item.drift)
                self._leave_columns(columns, key)
                for other in self._find_sequence(item, key):
                    definitions.setdefault(other, dict(self.recorded.definitions[other]))
        places = {**self.recorded.places, **self.live.places}
        return replace(
            self.live, definitions=definitions, notes=notes, view_columns=columns, places=places
        )

    def _leave_columns(self, columns: dict[Key, tuple[str, ...]], key: Key) -> None:
        """Leave out the columns of a view, but where they were those that they are."""
        if key not in self.replaceable:
            columns.pop(key, None)

    def name_parts(self, item: Difference) -> Iterator[Part]:
        """Yield what of objects is brought back where a difference is undone."""
        key = self.back.get(item.key, item.key)
        if item.drift.change in (Change.GONE, Change.REPLACED):
            yield from (Part(other) for other in self.find_along(key))
        elif item.drift.change is Change.CHANGED:
            is_note = item.aspect is Aspect.NOTE
            yield Part(key, item.drift.part, is_note=is_note)
            yield from map(Part, self._find_sequence(item, key))

    def find_along(self, key: Key) -> list[Key]:
        """Return an object that is gone, with what was on it and comes back with it."""
        found = self.recorded.definitions
        if key[0] not in WHOLES | {"foreign table"}:
            return [key] if key in found else []
        return [other for other in found if other == key or find_table(other) == key[1]]

    def _find_sequence(self, item: Difference, key: Key) -> list[Key]:
        """Return the sequence of an identity that is to be there again."""
        if item.drift.part != "identity" or item.drift.expected is None or item.drift.found:
            return []
        sequence = self.recorded.find_sequence(key)
        return [sequence] if sequence else []


def _set(parts: dict[str, str], drift: Drift) -> None:
    part = str(drift.part)
    if drift.expected is None:
        parts.pop(part, None)
    else:
        parts[part] = drift.expected


def make_goal(
    live: State,
    host: State,
    it: BranchComparison,
    renamed: Mapping[Key, Key],
    replaceable: Collection[Key],
) -> Goal:
    """Return what the objects of a branch were, and are by the names that they had.

    Args:
        live: what they are.
        host: what the host's are, among which are those that nobody has recorded.
        it: what was recorded.
        renamed: which objects have another name by now.
        replaceable: the views that have had the columns that they have, or more.
    """
    known = {*live.definitions, *(key for key in renamed.values() if key[0] == "schema")}
    back = {
        now: before
        for before, now in renamed.items()
        if now in known and not is_reowned(before, now, renamed)
    }
    kept = _find_kept({*live.definitions, *host.definitions}, back)
    back = {now: before for now, before in back.items() if now not in kept}
    recorded = State(it.expected, it.expected_notes, it.expected_places)
    return Goal(rename_state(live, back), recorded, back, replaceable, kept)


def _find_kept(keys: Collection[Key], back: Mapping[Key, Key]) -> dict[Key, Key]:
    """Return the objects whose former names others have, which do not give them back."""
    kept: dict[Key, Key] = {}
    while True:
        staying = {find_slot(key) for key in keys if key not in back or key in kept}
        tables = {before[1] for before in kept.values() if before[0] in WHOLES}
        more = {
            now: before
            for now, before in back.items()
            if now not in kept and (find_slot(before) in staying or find_table(before) in tables)
        }
        if not more:
            return kept
        kept |= more
