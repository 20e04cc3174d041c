"""What one command knows: the plugins on disk, what the database remembers, the branches read.

A branch is read when it is first asked for, so that a command reads the host, the plugins that it
names and what they need.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config
from alembic.script import ScriptDirectory

from .. import _alembic
from .._base_errors import PluginError
from ..config.discovery import Discovery, FoundPlugin
from ..config.settings import Settings, read_settings
from ..plugin import HOST, Plugin
from ..registry.errors import DamagedRow
from ..registry.state import State
from ..revisions.branches import Branch, BranchScript
from ..revisions.errors import HalfApplied
from ..revisions.file_cache import read_folder
from ..revisions.files import RevisionInfo
from .changes import find_changed
from .errors import EmptyPlugin, NotSynced, Quarantined
from .hooks import HookFinder
from .host_folders import HostFolders
from .lookup import RevisionLookup
from .owners import check_owners
from .renames import RenameFinder
from .requirements import find_required

if TYPE_CHECKING:
    from ..namespaces.inferred import Inferred
    from ..namespaces.ownership import Dependents
    from .database import Database


GIVEN_PLUGINS = "alembic_plugins.given"
"""The attribute of a configuration with plugins that a caller has brought along."""

_GONE, _DAMAGED = "its revision files are gone", "its rows in the registry are damaged"


class Session:
    """One command's view of disk and database. It changes neither.

    Args:
        config: the host's.
        script: its script directory.
        state: what the database remembers, as far as that is known by then.
        settings: the host's options, unless they are to be read from `config`.
    """

    def __init__(
        self,
        config: Config,
        script: ScriptDirectory,
        state: State,
        settings: Settings | None = None,
    ) -> None:
        self.config = config
        self.script = script
        self.settings = settings or read_settings(config)
        self.transaction_per_revision = False
        self.cascaded: frozenset[str] = frozenset()
        """Plugins that have turned out to depend on what goes, and go along."""
        self._database: Database | None = None
        self._inferred: dict[str, Inferred] = {}
        self._branches: dict[str, Branch] = {}
        self._remembered: dict[str, Branch] = {}
        self._unsettled: dict[str, set[str]] = {}
        self._loaded: set[str] = set()
        self.hooks = HookFinder(self)
        self.renames = RenameFinder(self)
        self.lookup = RevisionLookup(self)
        self._state = self.renames.apply(state)

    @property
    def state(self) -> State:
        """What the database remembers; of a branch that has been read, with its squashes."""
        return self._state

    @property
    def branches(self) -> Mapping[str, Branch]:
        """The branches that have been read, by their names."""
        return self._branches

    @property
    def inferred(self) -> "Mapping[str, Inferred]":
        """What plugins have made that another tool has installed, where somebody has asked."""
        return self._inferred

    def add_inferred(self, name: str, inferred: "Inferred") -> None:
        """Remember what a plugin has made that another tool has installed."""
        self._inferred[name] = inferred

    def update(self, state: State, database: "Database | None" = None) -> None:
        """Take over what is remembered by now, and ask `database` for what else there is to know.

        Offline there is no database.
        """
        self._state, self._database = self.renames.apply(state), database
        self.forget_files()  # Branches hold revisions that only the state had.
        self._unsettled.clear()

    def forget_files(self) -> None:
        """Read the files of branches anew: the command itself has written one."""
        self._branches.clear()
        self._remembered.clear()

    def configure(self, *, transaction_per_revision: bool) -> None:
        """Take over the option of that name that ``env.py`` has given to Alembic."""
        self.transaction_per_revision = transaction_per_revision

    def find_users(self, name: str) -> "Dependents":
        """Return what depends on a plugin's objects, by the plugin that it belongs to."""
        return self._database.find_users(name) if self._database else {}

    def find_sources(self, revisions: Sequence[str]) -> Mapping[str, str]:
        """Return files of revisions as they were applied, where the database remembers them."""
        return self._database.find_sources(revisions) if self._database else {}

    @cached_property
    def discovery(self) -> Discovery:
        """The plugins on disk."""
        return Discovery(self.settings, self.config.attributes.get(GIVEN_PLUGINS, ()))

    def find_plugin(self, name: str) -> FoundPlugin:
        """Return a plugin that is on disk; see `Discovery.find` for the errors."""
        if name not in self.state.plugins and name not in self.state.quarantined:
            self.discovery.check_known(name)  # It may be called otherwise now.
        return self.discovery.find(name)

    @cached_property
    def host_folders(self) -> HostFolders:
        """Where the host's own revisions are."""
        return HostFolders(self.config, self.script, self.discovery.folders)

    def branch(self, name: str) -> Branch:
        """Return a branch: its revision files, and what is applied and has no file any more.

        Raises:
            DamagedRow: what the database remembers of it cannot be.
            PluginError: the plugin or one of its files is broken; see `Discovery.find`.
            HalfApplied: files that a squash replaces are gone, and would have to be run.
            DuplicateRevision: an applied revision of another branch has the same id.
            RevisionCycle: its revisions follow each other in a circle.
        """
        if name not in self._branches:
            if name in self.state.damaged:
                raise self.state.damaged[name]
            is_host = name == HOST
            own = self.host_folders.found if is_host else (self.find_plugin(name).versions,)
            formerly = () if is_host else self.find_plugin(name).declaration.formerly
            branch = Branch(name, self._read_infos(name, own), formerly=formerly)
            state = self._state
            if any(info.replaces for info in branch.infos.values()):
                from .squashes import resolve  # Few branches have some.

                branch, state = resolve(branch, state, self._unsettled.get(name, ()))
            check_owners(self, branch)
            if not branch.infos.keys() <= state.by_revision.keys():
                _ = branch.order  # A circle is an error at once, and not when it is walked.
            self._branches[name], self._state = branch, state
        return self._branches[name]

    def keep_files(self, name: str, replaced: str) -> None:
        """Let the files of a branch count that a squash replaces; `replaced` is one of them."""
        known = self.branch(name)
        self._unsettled[name] = {replaced}
        del self._branches[name]
        try:
            self.branch(name)
        except HalfApplied:  # They are not there.
            self._branches[name] = known

    def remembered_branch(self, name: str) -> Branch:
        """Return a branch, from the registry alone where its plugin is gone or broken."""
        try:
            return self.branch(name)
        except PluginError as error:
            if name not in self._remembered:
                infos = (applied.info for applied in self.state.of(name))
                why = _DAMAGED if isinstance(error, DamagedRow) else _GONE
                self._remembered[name] = Branch(name, infos, orphaned=True, why=why)
            return self._remembered[name]

    def find_damage(self, name: str) -> DamagedRow | None:
        """Return what cannot be of what the database remembers of a branch."""
        if name in self.state.damaged:
            return self.state.damaged[name]
        try:
            if self.state.unowned:
                self.branch(name)
        except DamagedRow as error:
            return error
        except PluginError:
            return None
        return None

    def check_undamaged(self, name: str) -> None:
        """Check that what the database remembers of a branch can be.

        Raises:
            DamagedRow: it cannot.
        """
        if damage := self.find_damage(name):
            raise damage

    def cascade_to(self, names: Iterable[str]) -> bool:
        """Let plugins go along with what goes; tell whether one of them did not anyway."""
        before = self.cascaded
        self.cascaded = before.union(names)
        return self.cascaded != before

    def ensure_loaded(self, name: str) -> None:
        """Execute all files of a branch, where the configuration wants that before one is run."""
        if self.settings.load == "all" and name not in self._loaded:
            self._loaded.add(name)
            self.remembered_branch(name).load()

    def find_script(self, name: str, revision: str) -> BranchScript:
        """Return a revision of a branch, be it a squash that does not stand yet."""
        return self.remembered_branch(name).find_script(revision)

    def _read_infos(self, name: str, locations: Iterable[Path]) -> Iterator[RevisionInfo]:
        seen = set()
        for location in locations:
            files = _alembic.list_revision_files(self.script, location)
            for info in read_folder(name, location, tuple(files)):
                seen.add(info.revision)
                yield info
        yield from (item.info for item in self.state.of(name) if item.revision not in seen)

    def find_target(self, name: str) -> Branch:
        """Return the branch of a plugin that is to be upgraded.

        Raises:
            EmptyPlugin: it has no revisions.
            NotSynced: it has none, since it declares its tables, and these are not made.
            NoVersions: it is the host's, whose folder is not there.
            Quarantined: it is set aside.
            PluginError: the database has it by a former name, which it keeps there.
        """
        if name == HOST:
            self.host_folders.check()
        self.renames.check(name)
        aside = self.state.quarantined.get(name)
        if aside and aside.quarantine:
            raise Quarantined(name, aside.quarantine)
        branch = self.branch(name)
        if name != HOST and not branch.infos:
            found = self.find_plugin(name)
            if found.declaration.tables is None:
                raise EmptyPlugin(name, found.versions)
            if name not in self.state.plugins and not self.settings.syncs(name, *branch.formerly):
                raise NotSynced(name)
        return branch

    def find_requirements(self, name: str) -> tuple[str, ...]:
        """Return the names of the plugins that a plugin requires, optional ones where installed.

        Raises:
            MissingRequirement: one is not there.
            UnmetRequirement: one has another version.
        """
        if name == HOST:
            return ()
        find = self.renames.resolve, self.find_plugin
        return find_required(self.find_plugin(name), self.state.plugins, *find)

    def find_changed(self, name: str) -> tuple[str, ...]:
        """Return the applied revisions of a branch whose files have changed since."""
        return find_changed(self.remembered_branch(name), self.state.of(name), self.find_sources)

    def is_inferred(self, name: str) -> bool:
        """Tell whether it is known what a plugin's applied revisions have made."""
        applied = (*self.state.of(name), *self.state.kept_of(name))
        return name in self.inferred or all(item.objects_known for item in applied)

    def is_alone(self, name: str) -> bool:
        """Tell whether each revision of a branch has a transaction of its own."""
        declaration = None if name == HOST else self.declaration(name)
        alone = declaration is not None and declaration.transaction == "revision"
        return self.transaction_per_revision or alone

    def find_usable(self, name: str) -> FoundPlugin | None:
        """Return a plugin that is on disk, or None where it is gone or broken."""
        try:
            return self.find_plugin(name)
        except PluginError:
            return None

    def declaration(self, name: str) -> Plugin | None:
        """Return what a plugin declares, or None where it is gone or broken."""
        found = self.find_usable(name)
        return found.declaration if found else None
