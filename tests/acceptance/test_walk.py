"""A random walk over what can be done to plugins, beside a model that says what must hold."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from alembic import command
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.hosts import Host

from alembic_plugins import PluginError, commands

WALKS = int(os.environ.get("ALEMBIC_PLUGINS_TEST_WALKS", "6"))
"""How many walks; they are the same ones each time, unless this is set."""

STEPS = 18

DECLARATIONS = {
    "first": 'version = "1.0"\n',
    "second": 'version = "1.0"\nrequires = ["first"]\n',
    "third": 'version = "1.0"\nnamespace = "prefix third_"\n',
}
TABLES = {"first": "first.items", "second": "second.items", "third": "public.third_items"}
REFERENCE = {"second": ", first_id int REFERENCES first.items"}

CREATE = '''\
"""create items"""
from alembic import op
revision = "{name}_1"
down_revision = None
def upgrade():
    op.execute("CREATE TABLE {table} (id serial PRIMARY KEY, note text{reference})")
def downgrade():
    op.execute("DROP TABLE {table}")
'''
EXTEND = '''\
"""add extra"""
from alembic import op
revision = "{name}_2"
down_revision = "{name}_1"
def upgrade():
    op.execute("ALTER TABLE {table} ADD COLUMN extra int")
def downgrade():
    op.execute("ALTER TABLE {table} DROP COLUMN extra")
'''

names = st.sampled_from(sorted(DECLARATIONS))


@dataclass
class Known:
    """What the model knows of one plugin.

    Attributes:
        files: how many revision files are on disk.
        applied: how many revisions are applied, set aside or forgotten.
        state: ``absent``, ``installed``, ``quarantined`` or ``forgotten``.
        notes: what its table holds.
        needed: how many revisions of `first` the other one has found when it came.
    """

    files: int = 2
    applied: int = 0
    state: str = "absent"
    notes: list[str] = field(default_factory=list)
    needed: int = 0

    @property
    def is_installed(self) -> bool:
        """Whether it is installed."""
        return self.state == "installed"


class Walk(RuleBasedStateMachine):
    """Do something, and see that the database is what the model says."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.model = {name: Known() for name in DECLARATIONS}
        host.database.execute(
            "DROP SCHEMA IF EXISTS first, second, quarantine_first, quarantine_second,"
            " quarantine_third, public CASCADE; CREATE SCHEMA public"
        )
        for name in DECLARATIONS:
            self._write(name, 2)

    def _write(self, name: str, files: int) -> None:
        folder = self.host.folder / "plugins" / name / "versions"
        facts = {
            "name": name,
            "table": TABLES[name].removeprefix(f"{name}.").removeprefix("public."),
            "reference": REFERENCE.get(name, ""),
        }
        for number, text in enumerate((CREATE, EXTEND), 1):
            path = folder / f"{name}_{number}.py"
            path.unlink(missing_ok=True)
            if number <= files:
                self.host.write(f"plugins/{name}/versions/{path.name}", text.format(**facts))
        declaration = self.host.folder / "plugins" / name / "plugin.toml"
        if files:
            declaration.write_text(DECLARATIONS[name])
        else:
            self.host.remove(name)

    def _do(self, action: Callable[[], object], *, works: bool) -> bool:
        """Do what must work, or must be refused; tell which."""
        if works:
            action()
        else:
            with pytest.raises(PluginError):
                action()
        return works

    def _needs_first(self) -> bool:
        return self.model["second"].is_installed

    def _bring(self, name: str) -> bool:
        """Bring a plugin of the model to its head; tell whether that works."""
        known = self.model[name]
        if known.files < 1 or known.state in ("quarantined", "forgotten"):
            return False
        if not known.is_installed:
            known.needed = self.model["first"].applied
        known.state, known.applied = "installed", max(known.applied, known.files)
        return True

    @rule(name=names)
    def install(self, name: str) -> None:
        """Install, which brings what is required first, each in a transaction of its own."""
        works = self._plan_install(name)
        self._do(partial(commands.install, self.host.config(), [name]), works=works)

    def _plan_install(self, name: str) -> bool:
        first, second = self.model["first"], self.model["second"]
        if name != "second":
            return self._bring(name)
        known = (first.files, second.files, first.state, second.state)
        if 0 in known or "quarantined" in known:
            return False  # It is refused before anything is run.
        return self._bring("first") and self._bring("second")

    @rule()
    def upgrade_heads(self) -> None:
        """Bring all that is installed to its heads, but for what lacks its files."""
        second, first = self.model["second"], self.model["first"]
        stuck = second.is_installed and first.files == 0 and second.applied < second.files
        for name, known in self.model.items():
            lacks = name == "second" and first.files == 0
            if known.is_installed and known.files and not lacks:
                self._bring(name)
        self._do(partial(command.upgrade, self.host.config(), "heads"), works=not stuck)

    @rule(name=names)
    def downgrade(self, name: str) -> None:
        """Revert one revision, by its file or without."""
        known, first = self.model[name], self.model["first"]
        works = known.is_installed
        if name == "first" and self._needs_first():
            works = works and self.model["second"].needed < first.applied > 1
        action = partial(commands.downgrade, self.host.config(), name, "-1")
        if self._do(action, works=works):
            known.applied -= 1
            if not known.applied:
                self.model[name] = Known(known.files)

    @rule(name=names, cascade=st.booleans())
    def uninstall(self, name: str, cascade: bool) -> None:
        """Uninstall; what requires it stops that, or goes first."""
        action = partial(commands.uninstall, self.host.config(), [name], cascade=cascade)
        if self._do(action, works=self._can_go(name, cascade=cascade)):
            self.model[name] = Known(self.model[name].files)
            if name == "first" and self._needs_first():
                self.model["second"] = Known(self.model["second"].files)

    def _can_go(self, name: str, *, cascade: bool) -> bool:
        second = self.model["second"]
        if name == "first" and second.state in ("quarantined", "forgotten"):
            return False  # Its foreign key is still there, and nobody takes it away.
        required = name == "first" and self._needs_first()
        return self.model[name].is_installed and (cascade or not required)

    @rule(name=names)
    def keep_data(self, name: str) -> None:
        """Set aside; views and foreign keys may stay, and plugins that require it may not."""
        action = partial(commands.uninstall, self.host.config(), [name], keep_data=True)
        known = self.model[name]
        works = known.is_installed and not (name == "first" and self._needs_first())
        if name == "first" and self.model["second"].state == "quarantined":
            works = False
        if self._do(action, works=works):
            known.state = "quarantined"

    @rule(name=names)
    def restore(self, name: str) -> None:
        """Bring back what is set aside, if what it requires is there."""
        known, first = self.model[name], self.model["first"]
        works = known.state == "quarantined" and (name != "second" or first.is_installed)
        if self._do(partial(commands.restore, self.host.config(), name), works=works):
            known.state, known.needed = "installed", first.applied

    @rule(name=names)
    def purge(self, name: str) -> None:
        """Drop what is set aside."""
        known = self.model[name]
        works = known.state == "quarantined"
        if name == "first" and self.model["second"].applied:
            works = False
        action = partial(commands.uninstall, self.host.config(), [name], purge=True)
        if known.state != "installed" and self._do(action, works=works):
            self.model[name] = Known(known.files)

    @rule(name=names)
    def forget(self, name: str) -> None:
        """Forget what is installed, and leave its tables where they are."""
        known = self.model[name]
        works = known.is_installed and not (name == "first" and self._needs_first())
        action = partial(commands.forget, self.host.config(), name)
        if known.state != "quarantined" and self._do(action, works=works):
            known.state = "forgotten"

    @rule(name=names)
    def adopt(self, name: str) -> None:
        """Take back into the registry what was forgotten, if its files make the same."""
        known, first = self.model[name], self.model["first"]
        works = known.state == "forgotten" and known.files == known.applied
        if name == "second" and not (first.is_installed and first.files):
            works = False
        if self._do(partial(commands.adopt, self.host.config(), name), works=works):
            known.state, known.needed = "installed", first.applied

    @rule(name=names, files=st.integers(0, 2))
    def change_files(self, name: str, files: int) -> None:
        """Take the files away, put an older version there, or the whole one."""
        if files or self.model[name].files:
            self._write(name, files)
        self.model[name].files = files

    @precondition(lambda self: any(known.applied for known in self.model.values()))
    @rule(note=st.text("abc", min_size=1, max_size=3))
    def insert(self, note: str) -> None:
        """Write to what is installed."""
        for name, known in self.model.items():
            if known.is_installed:
                table = TABLES[name]
                self.host.database.execute(f"INSERT INTO {table} (note) VALUES ('{note}')")
                known.notes.append(note)

    @invariant()
    def data_is_where_it_belongs(self) -> None:
        """No row is lost, wherever its table is."""
        for name, known in self.model.items():
            if known.applied:
                aside = f"quarantine_{name}.{TABLES[name].partition('.')[2]}"
                table = aside if known.state == "quarantined" else TABLES[name]
                found = self.host.database.values(f"SELECT note FROM {table} ORDER BY id")
                assert found == known.notes

    @invariant()
    def tables_are_those_of_the_model(self) -> None:
        """Nothing is left of what is gone."""
        found = [str(t) for t in self.host.database.tables() if "items" in str(t)]
        assert len(found) == sum(known.applied > 0 for known in self.model.values())

    @invariant()
    def list_tells_the_state(self) -> None:
        """The listing says of each plugin what the model says."""
        listed = {p.name: p for p in commands.list_plugins(self.host.config()).plugins}
        for name, known in self.model.items():
            expected = self._find_state(known)
            assert (listed[name].state if name in listed else None) == expected, name

    def _find_state(self, known: Known) -> str | None:
        if known.state == "quarantined":
            return "quarantined"
        if known.is_installed and not known.files:
            return "orphaned"
        if known.is_installed:
            return "outdated" if known.files > known.applied else "installed"
        return "available" if known.files else None

    @invariant()
    def version_table_has_a_row_a_branch(self) -> None:
        """Each installed plugin has its row, and nothing else has one."""
        if not self.host.database.values("SELECT to_regclass('public.alembic_version')")[0]:
            return
        installed = {f"{n}_{k.applied}" for n, k in self.model.items() if k.is_installed}
        rows = {str(row) for row in self.host.database.versions()}
        assert {row for row in rows if not row.startswith("host")} == installed


def test_whatever_is_done_the_database_is_what_the_model_says(host: Host) -> None:
    run_state_machine_as_test(
        lambda: Walk(host),  # type: ignore[arg-type]  # anything that makes one
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="ALEMBIC_PLUGINS_TEST_WALKS" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
