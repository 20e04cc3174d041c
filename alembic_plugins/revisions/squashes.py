"""Squashes: revisions that do in one go what others do, as their ``replaces`` says.

A squash stands where all that it replaces is applied, or none of it. A database that is in between
goes by the old files, and the squash waits until it is past them. Whatever stands has the other's
ids for aliases, in `down_revision` and `depends_on` too, so that a branch has one head.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .arguments import IDENTIFIER, SHORTEST, SYMBOLS
from .errors import BrokenSquash, HalfApplied, ReplacedRevision
from .files import Part, RevisionInfo


@dataclass(frozen=True)
class Squashes:
    """What stands for what on a branch.

    Attributes:
        aliases: the revision of the branch that stands for another, by the id of that.
        whole: those of the aliases that mean no less than what stands for them.
        waiting: the squashes that do not stand yet, with all that they replace.
        replaced: the files that do not stand.
        led: the files that name others than they are led to.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replaced: tuple[RevisionInfo, ...] = ()
    led: tuple[str, ...] = ()

    def find_aliases(self, revision: str) -> list[str]:
        """Return the ids for which a revision of the branch stands."""
        return [alias for alias, other in self.aliases.items() if other == revision]

    def find_alias(self, word: str, known: Iterable[str] = ()) -> str | None:
        """Return the alias that an id means, or the beginning of one, if of no `known` one."""
        if word in self.aliases or not self.aliases:
            return word if self.aliases else None
        if len(word) < SHORTEST or word in SYMBOLS or any(r.startswith(word) for r in known):
            return None
        found = [alias for alias in self.aliases if alias.startswith(word)]
        return found[0] if len(found) == 1 else None

    def translate(
        self, branch: str, argument: str, known: Iterable[str], *, exactly: bool = False
    ) -> str:
        """Return a revision argument with what stands for an alias in it.

        Args:
            branch: the branch's name.
            argument: what a command was given.
            known: the revisions of the branch.
            exactly: whether what stands for it may not do more.

        Raises:
            ReplacedRevision: it does more.
        """
        match = IDENTIFIER.fullmatch(argument) if self.aliases else None
        alias = self.find_alias(match["revision"], known) if match else None
        if match is None or alias is None:
            return argument
        label = f"{match['label']}@" if match["label"] else ""
        steps = match["steps"] or ""
        if steps.startswith("-") or (alias not in self.whole and (exactly or steps)):
            raise ReplacedRevision(branch, alias, self.aliases[alias])
        return f"{label}{self.aliases[alias]}{steps}"


NONE = Squashes()
"""What a branch has that has no squash."""


@dataclass(frozen=True)
class Begun:
    """How far a database has come with a branch.

    Attributes:
        applied: the revisions of the branch that are applied.
        rows: revisions that are applied with all before them, as the version table says it.
        unsettled: revisions that keep the squash that replaces them from standing.
    """

    applied: Collection[str] = ()
    rows: Collection[str] = ()
    unsettled: Collection[str] = ()


def flatten(parts: Sequence[Part]) -> Iterator[str]:
    """Yield the ids of all that a ``replaces`` names."""
    for part in parts:
        if isinstance(part, str):
            yield part
        else:
            yield from flatten(part)


def resolve_squashes(
    name: str, infos: Sequence[RevisionInfo], begun: Begun
) -> tuple[Sequence[RevisionInfo], Squashes]:
    """Return the revisions of a branch that stand in a database, and what they stand for.

    Raises:
        BrokenSquash: a ``replaces`` is contradictory.
        HalfApplied: a part of what one replaces is applied, and files of the rest are gone.
    """
    if not any(info.replaces for info in infos):
        return infos, NONE
    return _Resolver(name, infos, begun).resolve()


class _Resolver:
    def __init__(self, name: str, infos: Sequence[RevisionInfo], begun: Begun) -> None:
        self._name = name
        self._infos = infos
        self._files = {info.revision: info for info in infos if info.path}
        self._unsettled = begun.unsettled
        self._members = {
            revision: frozenset(self._walk(revision, ()))
            for revision, info in self._files.items()
            if info.replaces
        }
        self._applied = {*begun.applied, *self._imply(begun.rows)}
        self._aliases: dict[str, str] = {}
        self._whole: set[str] = set()
        self._waiting: dict[str, tuple[str, ...]] = {}
        self._hidden: set[str] = set()

    def resolve(self) -> tuple[Sequence[RevisionInfo], Squashes]:
        """Decide of each squash whether it stands, and give the rest other ids to follow."""
        self._check_owners()
        replaced = frozenset[str]().union(*self._members.values())
        for revision in self._members:
            if revision not in replaced:
                self._decide(revision)
        aliases = {alias: self._settle(alias) for alias in self._aliases}
        left = [info for info in self._infos if info.revision not in self._hidden]
        infos = [_lead(info, aliases) for info in left]
        led = tuple(a.revision for a, b in zip(left, infos, strict=True) if a is not b and a.path)
        hidden = tuple(info for info in self._files.values() if info.revision in self._hidden)
        return infos, Squashes(aliases, frozenset(self._whole), self._waiting, hidden, led)

    def _walk(self, revision: str, above: tuple[str, ...]) -> Iterator[str]:
        """Yield all that a squash replaces, with what squashes among that do."""
        for part in flatten(self._files[revision].replaces):
            if part in (revision, *above):
                raise BrokenSquash(self._name, revision, "it replaces itself")
            yield part
            if part in self._files:
                yield from self._walk(part, (*above, revision))

    def _check_owners(self) -> None:
        """Check that of two squashes that replace the same one replaces the other."""
        owners: dict[str, str] = {}
        for revision, members in sorted(self._members.items(), key=lambda item: len(item[1])):
            for member in members:
                other = owners.get(member)
                if other and other not in members:
                    reason = f"it replaces '{member}', as '{other}' does"
                    raise BrokenSquash(self._name, revision, reason)
            owners |= dict.fromkeys(members, revision)

    def _parts(self, part: Part) -> Sequence[Part]:
        """Return what a part replaces itself, as its file says or else who names it."""
        revision = part if isinstance(part, str) else part[0]
        info = self._files.get(str(revision))
        if info is not None and info.replaces:
            return info.replaces
        return () if isinstance(part, str) else part[1:]

    def _imply(self, rows: Collection[str]) -> Iterator[str]:
        """Yield what is applied where the version table has some rows."""
        todo, seen = list(rows), set[str]()
        while todo:
            revision = todo.pop()
            if revision in seen:
                continue
            seen.add(revision)
            yield revision
            if revision in self._files:
                todo += self._files[revision].down_revision
            else:
                for info in self._files.values():
                    todo += self._find_before(info.replaces, revision)

    def _find_before(self, parts: Sequence[Part], revision: str) -> Iterator[str]:
        """Yield what comes before a revision whose file is gone, by the order of ``replaces``."""
        for number, part in enumerate(parts):
            ids = (part,) if isinstance(part, str) else tuple(flatten(part))
            if revision in ids:
                yield from flatten(parts[:number])
                yield from self._find_before(self._parts(part), revision)

    def _is_done(self, part: Part) -> bool:
        revision = part if isinstance(part, str) else part[0]
        inner = self._parts(part)
        return revision in self._applied or (bool(inner) and all(map(self._is_done, inner)))

    def _decide(self, revision: str) -> None:
        """Let a squash stand, or wait."""
        members = self._members[revision]
        is_begun = members & {*self._applied, *self._unsettled}
        is_unsettled = members & {*self._unsettled}
        parts = self._files[revision].replaces
        is_done = all(map(self._is_done, parts)) and not is_unsettled
        if revision not in self._applied and is_begun and not is_done:
            self._wait(revision)
            return
        self._aliases |= dict.fromkeys(self._walk(revision, ()), revision)
        self._hidden |= members
        self._whole |= {*self._find_ends(parts)}

    def _find_ends(self, parts: Sequence[Part]) -> Iterator[str]:
        """Yield the ids that mean all of some parts: those of the last one."""
        last = parts[-1]
        yield str(last if isinstance(last, str) else last[0])
        if inner := self._parts(last):
            yield from self._find_ends(inner)

    def _wait(self, revision: str) -> None:
        """Let the parts of a squash stand for themselves.

        Raises:
            HalfApplied: one of them is to be run, and its file is gone.
        """
        parts = self._files[revision].replaces
        missing = []
        for part in parts:
            id_ = str(part if isinstance(part, str) else part[0])
            if id_ in self._members:
                self._decide(id_)
            elif id_ in self._applied or id_ in self._files:
                pass
            elif self._is_done(part):
                self._aliases[id_] = self._find_done(part)
                self._whole.add(id_)
            else:
                missing.append(id_)
        if missing:
            begun = self._members[revision] & {*self._applied, *self._unsettled}
            applied = tuple(sorted(begun))
            raise HalfApplied(self._name, revision, applied, tuple(missing))
        self._waiting[revision] = tuple(dict.fromkeys(self._walk(revision, ())))
        self._hidden.add(revision)
        last = parts[-1]
        self._aliases[revision] = str(last if isinstance(last, str) else last[0])
        self._whole.add(revision)

    def _find_done(self, part: Part) -> str:
        """Return what is applied of a part that is done, as its end."""
        revision = str(part if isinstance(part, str) else part[0])
        return revision if revision in self._applied else self._find_done(self._parts(part)[-1])

    def _settle(self, alias: str) -> str:
        """Return what stands for an id in the end."""
        found = self._aliases[alias]
        return self._settle(found) if found in self._aliases else found


def _lead(info: RevisionInfo, aliases: Mapping[str, str]) -> RevisionInfo:
    """Return a revision that follows, and depends on, what stands."""
    down, depends = (
        tuple(dict.fromkeys(r for r in (aliases.get(o, o) for o in ids) if r != info.revision))
        for ids in (info.down_revision, info.depends_on)
    )
    if (down, depends) == (info.down_revision, info.depends_on):
        return info
    return info._replace(down_revision=down, depends_on=depends)
