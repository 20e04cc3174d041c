"""What a database has of revisions that were squashed, and what stands for it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from ..registry.squashed import put_squash
from ..registry.state import AppliedRevision, State
from ..revisions.branches import Branch
from ..revisions.files import RevisionInfo
from ..revisions.squashes import Begun, resolve_squashes


def resolve(branch: Branch, state: State, unsettled: Collection[str]) -> tuple[Branch, State]:
    """Return a branch with the squashes that stand in a database, and the database with them.

    Args:
        branch: its files, and what is applied and has none.
        state: what the database remembers.
        unsettled: revisions that keep the squash that replaces them from standing; so does one that
            is interrupted, which has to be completed by its own file.

    Raises:
        BrokenSquash: a ``replaces`` is contradictory.
        HalfApplied: files that a squash replaces are gone, and would have to be run.
    """
    name, infos = branch.name, tuple(branch.infos.values())
    applied = {item.revision for item in (*state.of(name), *state.kept_of(name))}
    interruption = state.interruptions.get(name)
    stopped = {interruption.revision} if interruption else set()
    begun = Begun(applied, state.rows, {*unsettled, *stopped})
    standing, squashes = resolve_squashes(name, infos, begun)
    resolved = Branch(name, standing, formerly=branch.formerly, squashes=squashes)
    return resolved, _stand_in(state, resolved)


def _stand_in(state: State, branch: Branch) -> State:
    """Return a state in which squashes of a branch are applied in the place of what they replace.

    What is only in the version table is left to be recorded as other rows are.
    """
    standing = {
        alias: squash
        for alias, squash in branch.squashes.aliases.items()
        if branch.infos[squash].replaces
    }
    rows = [*state.applied, *state.kept]
    needed = {r for item in rows for r in (*item.down_revision, *item.depends_on)}
    own = {item.revision for item in state.of(branch.name)}
    present = {r: s for r, s in standing.items() if r in own or r in state.rows or r in needed}
    if not present.keys() - state.squashed.keys():
        return state
    applied, kept = state.applied, state.kept
    for squash in dict.fromkeys(present.values()):
        replaced = [alias for alias, other in standing.items() if other == squash]
        covered = [item for item in state.of(branch.name) if item.revision in replaced]
        made = make_squash(branch, branch.infos[squash], covered)
        applied = put_squash(applied, made, replaced)
        others = [item for item in kept if item.plugin != branch.name]
        led = {item.revision: item for item in put_squash(others, made, replaced)}
        kept = tuple(led.get(item.revision, item) for item in kept)
    squashed: Mapping[str, str] = {**state.squashed, **present}
    return replace(state.with_applied(applied), kept=kept, squashed=squashed)


def make_squash(
    branch: Branch, info: RevisionInfo, covered: Iterable[AppliedRevision]
) -> AppliedRevision:
    """Return what is remembered of a squash in the place of revisions that are applied."""
    covered = tuple(covered)
    own = {item.revision for item in covered}
    down = (branch.find(revision) for revision in info.down_revision)
    needed = (r for item in covered for r in item.depends_on)
    return AppliedRevision(
        info.revision,
        branch.name,
        tuple(dict.fromkeys(filter(None, down))),
        tuple(dict.fromkeys(r for r in needed if r not in own)),
        info.branch_labels,
        info.doc,
        info.checksum,
        all(item.objects_known for item in covered),
    )
