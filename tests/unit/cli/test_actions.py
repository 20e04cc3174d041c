"""What the commands print, and what they ask."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

import pytest
from alembic.config import Config

from alembic_plugins import commands
from alembic_plugins._quoting import quoting_as, quoting_with
from alembic_plugins.catalog.objects import NamedObject
from alembic_plugins.cli import actions
from alembic_plugins.cli.listing import list_plugins
from alembic_plugins.errors import (
    ConfirmationNeeded,
    Declined,
    FilesChanged,
    Interrupted,
    PluginError,
    UnknownPlugin,
    WrongCombination,
)
from alembic_plugins.execution.rehearsal import Rehearsal
from alembic_plugins.guard.changes import Effect
from alembic_plugins.integration.confirmation import confirm
from alembic_plugins.planning.operations import (
    ApplyRevision,
    CreateNamespace,
    DeleteVersionRows,
    DropUnknownObjects,
    DropVersionTables,
    QuarantinePlugin,
    RecordApplied,
    RemovePlugin,
    RevertRevision,
)
from alembic_plugins.planning.phases import HeldRevision
from alembic_plugins.planning.plan import Plan, Transaction
from alembic_plugins.planning.transactions import plan_outcome
from alembic_plugins.registry.history import Event
from alembic_plugins.registry.version_tables import VersionTable
from alembic_plugins.reports.details import PluginDetails
from alembic_plugins.reports.listing import Listing
from alembic_plugins.reports.preview import Counted, Preview
from alembic_plugins.reports.results import Leaving, Removal, Repair, Restoration
from alembic_plugins.reports.status import PluginStatus

from ..builders import make_dependent

AUDIT = PluginStatus("audit", "1.4.0", "schema audit", "installed", "8c3e", "8c3e", 0)
TAGS = PluginStatus("tags", "1.2", "schema tags", "outdated", "51ab", "60cd", 2)
LATE = PluginStatus("late", "1", "schema late", "outdated", "51ab", "60cd", 1)
LEGACY = PluginStatus("legacy", "0.9", "prefix lg_", "orphaned", "77f0", None, None)
BILLING = PluginStatus("billing", None, "schema billing", "available", None, "b1", 1)
BROKEN = PluginStatus("broken", None, None, "available", None, None, None)
HURT = PluginStatus("hurt", "1", "schema hurt", "installed", "aa11", None, None)
ASIDE = PluginStatus(
    "old", "1", "schema old", "quarantined", "o1", "o1", 0, "set aside in schema quarantine_old"
)
BEGUN = PluginStatus(
    "new", "1", "schema new", "interrupted", None, "n1", 1, "interrupted in the upgrade of n1"
)
HALF = PluginStatus(
    "half", "1", "schema half", "interrupted", "m1", None, None, "interrupted in the upgrade of m2"
)
LEFT = PluginStatus(
    "left",
    "1",
    "schema left",
    "leftover",
    None,
    "l1",
    1,
    "at base, its downgrades have left something behind",
)

DETAILS = PluginDetails(
    AUDIT,
    description="Who did what",
    package=None,
    source="folder 'audit'",
    versions="/a",
    models=None,
    transaction="plugin",
    requires=("tags",),
    required_by=(),
    extensions=(),
    writes=(),
    revisions=("8c3e",),
    pending_revisions=(),
    objects=(NamedObject("table", "audit.entries"), NamedObject("view", "audit.sums")),
    unknown_objects=(),
    problems=(FilesChanged("audit", ("8c3e",)),),
)
EVENT = Event(
    "audit",
    "install",
    (),
    ("a1", "a2"),
    "done",
    None,
    datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    "alice",
    12,
)
UP = Plan(
    (
        Transaction((CreateNamespace("tags"), ApplyRevision("tags", "t1")), "upgrade"),
        Transaction(tuple(ApplyRevision("audit", r) for r in ("a1", "a2")), "upgrade"),
    )
)
DOWN = Plan((Transaction((RevertRevision("audit", "a2"),), "downgrade"),))
TABLE = Counted("table", "billing.bills", 3, 8192)
VIEW = Counted("view", "billing.v")
GONE = plan_outcome(["billing"], RemovePlugin, "uninstall")
KEPT = plan_outcome(["billing"], QuarantinePlugin, "quarantine")
UNKNOWN = Plan(
    (Transaction((DropUnknownObjects(("billing",)), RemovePlugin("billing")), "uninstall"),)
)
NOTHING = Preview((), {}, {})
BILLS = Preview((TABLE, VIEW), {}, {})
KEY = make_dependent("constraint fk on table crm.t")
SUMS = make_dependent("view public.sums")
CHANGES = Repair(Plan(), {("billing", "b1"): ("--- as applied", "-a = '50%'")}, ())
STRANGE = Repair(Plan(), {}, ("yy", "zz"))
NO_REPAIR = Repair(Plan(), {}, ())
LEAVING = Leaving(("h2", "p1"), ("/app/versions", "/app/plugins/posts/versions"))


class Door(Protocol):
    """A door, with its usual arguments."""

    def __call__(self, config: Config, *, yes: bool = ..., dry_run: bool = ...) -> None: ...


class Answers(StringIO):
    """A standard input at which somebody sits."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def config() -> Config:
    """A configuration that keeps what is printed."""
    return Config(stdout=StringIO())


def printed(config: Config) -> str:
    """Return what was printed."""
    stdout = config.stdout
    assert isinstance(stdout, StringIO)
    return stdout.getvalue()


def stub(
    monkeypatch: pytest.MonkeyPatch, name: str, result: object
) -> list[tuple[tuple[object, ...], dict[str, object]]]:
    """Let a function of `commands` return `result`, and return the list of its calls."""
    calls: list[tuple[tuple[object, ...], dict[str, object]]] = []

    def command(_config: Config, *args: object, **options: object) -> object:
        calls.append((args, options))
        return result

    monkeypatch.setattr(commands, name, command)
    return calls


def list_all(monkeypatch: pytest.MonkeyPatch, config: Config, *plugins: PluginStatus) -> list[str]:
    """Return the lines that are printed of plugins."""
    stub(monkeypatch, "list_plugins", Listing(plugins, ()))
    list_plugins(config, as_json=False, tree=False, pending=False)
    return printed(config).splitlines()


@pytest.mark.parametrize(
    ("plugin", "line"),
    [
        (AUDIT, "[X] audit  1.4.0  schema audit  8c3e (head)"),
        (TAGS, "[X] tags  1.2  schema tags  51ab  2 revisions behind"),
        (LATE, "[X] late  1  schema late  51ab  1 revision behind"),
        (LEGACY, "[!] legacy  0.9  prefix lg_  77f0  its revision files are gone"),
        (BILLING, "[ ] billing  -  schema billing"),
        (BROKEN, "[!] broken  -  -  its revision files cannot be read, or there are none"),
        (
            HURT,
            "[!] hurt  1  schema hurt  aa11  its revision files cannot be read, or there are none",
        ),
        (ASIDE, "[!] old  1  schema old  o1  set aside in schema quarantine_old"),
        (BEGUN, "[!] new  1  schema new  interrupted in the upgrade of n1"),
        (HALF, "[!] half  1  schema half  m1  interrupted in the upgrade of m2"),
        (LEFT, "[!] left  1  schema left  at base, its downgrades have left something behind"),
    ],
)
def test_plugin_is_listed_by_its_state(
    monkeypatch: pytest.MonkeyPatch, config: Config, plugin: PluginStatus, line: str
) -> None:
    assert list_all(monkeypatch, config, plugin) == [line]


def test_columns_are_as_wide_as_their_widest_cell(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    assert list_all(monkeypatch, config, AUDIT, TAGS, BILLING) == [
        "[X] audit    1.4.0  schema audit    8c3e (head)",
        "[X] tags     1.2    schema tags     51ab  2 revisions behind",
        "[ ] billing  -      schema billing",
    ]


def test_list_names_what_waits_for_phase_contract(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    plugins = (replace(TAGS, waiting=("59ab", "60cd")), replace(LATE, waiting=("60cd",)))
    stub(monkeypatch, "list_plugins", Listing(plugins, (), host_waiting=("h3",)))
    list_plugins(config, as_json=False, tree=False, pending=False)
    assert printed(config).splitlines() == [
        "[X] tags  1.2  schema tags  51ab  2 revisions behind, 59ab, 60cd wait for phase contract",
        "[X] late  1    schema late  51ab  1 revision behind, 60cd waits for phase contract",
        "host: h3 waits for phase contract",
    ]


def test_no_plugins_are_no_lines(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    assert list_all(monkeypatch, config) == []


def test_list_as_json_has_the_documented_keys(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "list_plugins", Listing((TAGS,), ()))
    list_plugins(config, as_json=True, tree=False, pending=False)
    (plugin,) = json.loads(printed(config))
    assert list(plugin) == [
        *("name", "version", "namespace", "state", "current", "head", "pending", "waiting"),
    ]
    assert list(plugin.values()) == [
        "tags",
        "1.2",
        "schema tags",
        "outdated",
        "51ab",
        "60cd",
        2,
        [],
    ]


def test_list_as_json_tells_what_is_set_aside_by_its_state(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "list_plugins", Listing((ASIDE,), ()))
    list_plugins(config, as_json=True, tree=False, pending=False)
    (plugin,) = json.loads(printed(config))
    assert (plugin["state"], "remark" in plugin) == ("quarantined", False)


def test_problem_of_a_plugin_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    problem: PluginError = UnknownPlugin("broken", ("tags",))
    stub(monkeypatch, "list_plugins", Listing((BROKEN,), (problem,)))
    list_plugins(config, as_json=True, tree=False, pending=False)
    assert capsys.readouterr().err == f"WARNING: {problem}\n"


@pytest.mark.parametrize("plugin", [LEGACY, ASIDE])
def test_plugin_that_is_gone_or_set_aside_is_no_problem(
    monkeypatch: pytest.MonkeyPatch,
    config: Config,
    capsys: pytest.CaptureFixture[str],
    plugin: PluginStatus,
) -> None:
    listing = Listing((plugin,), (UnknownPlugin(plugin.name, ()),))
    stub(monkeypatch, "list_plugins", listing)
    list_plugins(config, as_json=False, tree=False, pending=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("plugin", "problem"),
    [
        (BEGUN, UnknownPlugin("new", ())),
        (LEGACY, FilesChanged("tags", ("t1",))),
        (LEGACY, Interrupted("host", "h2", "upgrade")),
    ],
)
def test_problem_that_no_line_tells_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch,
    config: Config,
    capsys: pytest.CaptureFixture[str],
    plugin: PluginStatus,
    problem: PluginError,
) -> None:
    stub(monkeypatch, "list_plugins", Listing((plugin,), (problem,)))
    list_plugins(config, as_json=False, tree=False, pending=False)
    assert capsys.readouterr().err == f"WARNING: {problem}\n"


def test_show_prints_a_fact_a_line(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "show_plugin", DETAILS)
    actions.show(config, "audit", as_json=False)
    lines = printed(config).splitlines()
    assert lines[0] == "name:               audit"
    assert "requires:           tags" in lines
    assert "required_by:        -" in lines
    assert "objects:            table audit.entries, view audit.sums" in lines
    assert lines[-1] == f"problems:           {DETAILS.problems[0]}"


def test_show_tells_what_was_interrupted(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "show_plugin", replace(DETAILS, status=BEGUN))
    actions.show(config, "new", as_json=False)
    lines = printed(config).splitlines()
    assert "remark:             interrupted in the upgrade of n1" in lines


def test_show_as_json_is_flat(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "show_plugin", DETAILS)
    actions.show(config, "audit", as_json=True)
    facts = json.loads(printed(config))
    assert (facts["name"], facts["requires"], facts["package"]) == ("audit", ["tags"], None)
    assert (facts["problems"], facts["remark"]) == ([str(DETAILS.problems[0])], "")
    assert facts["objects"] == ["table audit.entries", "view audit.sums"]


def test_install_says_what_was_done(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "install", UP)
    actions.install(config, ["audit"], sql=False, dry_run=False, footprint=False, as_json=False)
    assert printed(config) == "upgraded tags: 1 revision\nupgraded audit: 2 revisions\n"


def test_install_of_what_is_there_says_so(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "install", Plan())
    actions.install(config, ["audit"], sql=False, dry_run=False, footprint=False, as_json=False)
    assert printed(config) == "nothing to do\n"


def test_dry_run_prints_the_plan(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "install", UP)
    actions.install(config, ["audit"], sql=False, dry_run=True, footprint=False, as_json=False)
    assert printed(config).splitlines() == [
        "create namespace  tags",
        "upgrade           tags   t1",
        "upgrade           audit  a1",
        "upgrade           audit  a2",
    ]


@pytest.mark.parametrize("dry_run", [True, False])
def test_plan_is_printed_as_json(
    monkeypatch: pytest.MonkeyPatch, config: Config, dry_run: bool
) -> None:
    plan = replace(UP, messages={"t1": "create tags"})
    stub(monkeypatch, "install", plan)
    actions.install(config, ["audit"], sql=False, dry_run=dry_run, footprint=False, as_json=True)
    first, second = json.loads(printed(config))
    assert (first["action"], second["action"]) == ("upgrade", "upgrade")
    assert first["operations"] == [
        {"operation": "CreateNamespace", "plugin": "tags"},
        {
            "operation": "ApplyRevision",
            "plugin": "tags",
            "revision": "t1",
            "message": "create tags",
        },
    ]


def test_footprint_is_printed(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(
        monkeypatch,
        "rehearse",
        CREATES,
    )
    actions.install(config, ["audit"], sql=False, dry_run=True, footprint=True, as_json=False)
    assert printed(config) == "creates table audit.entries (50%)\n"


@pytest.mark.parametrize(("sql", "dry_run"), [(False, False), (True, True)])
def test_footprint_is_of_a_dry_run(config: Config, sql: bool, dry_run: bool) -> None:
    with pytest.raises(WrongCombination, match="--footprint"):
        actions.install(config, ["audit"], sql=sql, dry_run=dry_run, footprint=True, as_json=False)


def test_sql_is_the_whole_answer(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "install", UP)
    actions.install(config, ["audit"], sql=True, dry_run=False, footprint=False, as_json=False)
    assert printed(config) == ""


def test_footprint_of_an_upgrade_is_printed(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    calls = stub(
        monkeypatch,
        "rehearse",
        CREATES,
    )
    actions.upgrade(
        config, ["audit"], False, sql=False, dry_run=True, footprint=True, as_json=False
    )
    assert calls == [((["audit"],), {"upgrade": True})]
    assert printed(config) == "creates table audit.entries (50%)\n"


@pytest.mark.parametrize(("sql", "dry_run"), [(False, False), (True, True)])
def test_footprint_of_an_upgrade_is_of_a_dry_run(config: Config, sql: bool, dry_run: bool) -> None:
    with pytest.raises(WrongCombination, match="--footprint"):
        actions.upgrade(
            config, ["audit"], False, sql=sql, dry_run=dry_run, footprint=True, as_json=False
        )


def downgrade(config: Config, *, yes: bool = False, dry_run: bool = False) -> None:
    """Run the action with the usual arguments."""
    actions.downgrade(
        config, "audit", "-1", yes=yes, sql=False, dry_run=dry_run, footprint=False, as_json=False
    )


def test_footprint_of_a_downgrade_is_printed(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    calls = stub(
        monkeypatch,
        "rehearse_downgrade",
        DROPS,
    )
    actions.downgrade(
        config, "audit", "-1", yes=False, sql=False, dry_run=True, footprint=True, as_json=False
    )
    assert (printed(config), calls) == ("drops table audit.entries\n", [(("audit", "-1"), {})])


def uninstall(
    config: Config,
    *,
    yes: bool = False,
    dry_run: bool = False,
    cascade: bool = False,
    keep_data: bool = False,
    purge: bool = False,
    with_unknown_objects: bool = False,
    backup: str | None = None,
) -> None:
    """Run the action with the usual arguments."""
    actions.uninstall(
        config,
        ["billing"],
        cascade=cascade,
        keep_data=keep_data,
        purge=purge,
        with_unknown_objects=with_unknown_objects,
        yes=yes,
        sql=False,
        dry_run=dry_run,
        as_json=False,
        backup=backup,
    )


def forget(config: Config, *, yes: bool = False, dry_run: bool = False) -> None:
    """Run the action with the usual arguments."""
    actions.forget(config, "billing", yes=yes, dry_run=dry_run)


def repair(config: Config, *, yes: bool = False, dry_run: bool = False) -> None:
    """Run the action with the usual arguments."""
    accepted = {"with_unknown_objects": False, "accept_drift": False}
    actions.repair(config, "billing", **accepted, yes=yes, dry_run=dry_run)


def history_sync(config: Config, *, yes: bool = False, dry_run: bool = False) -> None:
    """Run the action with the usual arguments."""
    actions.history_sync(config, yes=yes, dry_run=dry_run)


def eject(config: Config, *, yes: bool = False, dry_run: bool = False) -> None:
    """Run the action with the usual arguments."""
    actions.eject(config, yes=yes, dry_run=dry_run)


CREATES = Rehearsal((Effect("creates", "table", "audit.entries (50%)", None),))
DROPS = Rehearsal((Effect("drops", "table", "audit.entries", None),))


def make_cleaning(*rows: str) -> Plan:
    """Return the plan that deletes rows of the version table."""
    return Plan((Transaction((DeleteVersionRows(rows),), "repair"),))


ASKING: list[tuple[Door, str, object, str]] = [
    (downgrade, "downgrade", DOWN, "alembic plugin downgrade audit -1"),
    (uninstall, "uninstall", Removal(GONE, {}), "alembic plugin uninstall billing"),
    (forget, "forget", NOTHING, "alembic plugin forget billing"),
    (repair, "repair", CHANGES, "alembic plugin repair billing"),
    (history_sync, "sync_history", make_cleaning("zz"), "alembic plugin history-sync"),
    (eject, "eject", LEAVING, "alembic plugin eject"),
]
"""The doors that ask, each with the function that it calls, what that returns, and the command."""

asking = pytest.mark.parametrize(
    ("door", "name", "result"),
    [(door, name, result) for door, name, result, _ in ASKING],
    ids=[name for _, name, _, _ in ASKING],
)


def test_downgrade_shows_the_plan_and_what_was_done(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "downgrade", DOWN)
    downgrade(config, yes=True)
    assert printed(config) == "downgrade  audit  a2\ndowngraded audit: 1 revision\n"


def show_removal(
    monkeypatch: pytest.MonkeyPatch, config: Config, plan: Plan, preview: Preview
) -> list[str]:
    """Return the lines that are printed of what an uninstall takes away, without its plan."""
    stub(monkeypatch, "uninstall", Removal(plan, {"billing": preview}))
    uninstall(config, dry_run=True)
    return printed(config).splitlines()[: -len(plan.operations)]


def test_uninstall_that_is_only_planned_prints_its_operations(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "uninstall", Removal(UNKNOWN, {}))
    uninstall(config, dry_run=True)
    lines = ["drop unknown objects  billing", "remove                billing"]
    assert printed(config).splitlines() == lines


def test_uninstall_shows_what_goes(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "uninstall", Removal(GONE, {"billing": BILLS}))
    uninstall(config, yes=True)
    assert printed(config).splitlines() == [
        "plugin billing and what it has made:",
        "  table  billing.bills  3 rows  8192 bytes",
        "  view   billing.v",
        "uninstalled billing",
    ]


def test_uninstall_shows_that_a_plugin_has_nothing(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    lines = show_removal(monkeypatch, config, GONE, NOTHING)
    assert lines == ["plugin billing which has made nothing"]


def test_uninstall_shows_what_uses_it_and_whose_that_is(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    preview = Preview((VIEW,), {"crm": (KEY,), "host": (SUMS,), "": (SUMS,)}, {})
    assert show_removal(monkeypatch, config, GONE, preview)[2:] == [
        "  used by constraint fk on table crm.t of plugin crm",
        "  used by view public.sums of the host",
        "  used by view public.sums",
    ]


@pytest.mark.parametrize(
    ("plan", "does"),
    [(GONE, "stops this"), (KEPT, "goes along"), (UNKNOWN, "goes along")],
)
def test_uninstall_shows_what_becomes_of_what_no_revision_has_made(
    monkeypatch: pytest.MonkeyPatch, config: Config, plan: Plan, does: str
) -> None:
    lines = show_removal(monkeypatch, config, plan, Preview((), {}, {}, unknown=(TABLE,)))
    assert lines[1:] == [
        f"  in its schema, made by none of its revisions, which {does}:",
        "  table  billing.bills  3 rows  8192 bytes",
    ]


@pytest.mark.parametrize(
    ("preview", "line"),
    [
        (
            Preview((VIEW,), {}, {}, foreign=(Counted("table", 'billing."50%s"'),)),
            '  table billing."50%s" is not the plugin\'s, and stays',
        ),
        (Preview((VIEW,), {}, {}, staying=("cast (a AS b)",)), "  cast (a AS b) stays where it is"),
        (
            Preview((VIEW,), {}, {}, writers={"app.users": ("tags", "crm")}),
            "  table app.users may also be changed by tags, crm",
        ),
        (
            Preview((VIEW,), {}, {}, doubt="it raised 50%"),
            "  (told by its namespace, since its revisions cannot be run in a scratch database: "
            "it raised 50%)",
        ),
    ],
)
def test_uninstall_shows_what_else_is_to_be_known(
    monkeypatch: pytest.MonkeyPatch, config: Config, preview: Preview, line: str
) -> None:
    assert show_removal(monkeypatch, config, GONE, preview)[2:] == [line]


def test_uninstall_shows_what_may_not_be_downgraded(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    preview = Preview((VIEW,), {}, {"b1": "NameError: '50%' (%s)"})
    assert show_removal(monkeypatch, config, GONE, preview)[2:] == [
        "  revision b1 may not be downgraded: NameError: '50%' (%s)"
    ]


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (replace(TABLE, rows=1, bytes=1), "  table  billing.bills  1 row  1 byte"),
        (replace(TABLE, rows=0, bytes=0), "  table  billing.bills  0 rows  0 bytes"),
        (replace(TABLE, identity='billing."50%s"'), '  table  billing."50%s"  3 rows  8192 bytes'),
    ],
)
def test_uninstall_counts_rows_and_bytes(
    monkeypatch: pytest.MonkeyPatch, config: Config, item: Counted, line: str
) -> None:
    assert show_removal(monkeypatch, config, GONE, Preview((item,), {}, {}))[1:] == [line]


def test_uninstall_shows_what_is_to_be_set_aside(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    lines = show_removal(monkeypatch, config, KEPT, BILLS)
    first = "plugin billing and what it has made, to be set aside:"
    assert (lines[0], len(lines)) == (first, 3)


def test_uninstall_shows_that_nothing_is_to_be_set_aside(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    lines = show_removal(monkeypatch, config, KEPT, NOTHING)
    assert lines == ["plugin billing which has made nothing, to be set aside"]


def test_uninstall_that_keeps_data_says_so(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "uninstall", Removal(KEPT, {}))
    uninstall(config, yes=True, keep_data=True)
    assert printed(config) == "set aside billing\n"


def test_uninstall_says_all_that_went(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(
        monkeypatch,
        "uninstall",
        Removal(plan_outcome(["crm", "billing"], RemovePlugin, "uninstall"), {}),
    )
    uninstall(config, yes=True)
    assert printed(config) == "uninstalled crm\nuninstalled billing\n"


@pytest.mark.parametrize(("backup", "path"), [(None, None), ("billing.dump", Path("billing.dump"))])
def test_uninstall_passes_on_its_options(
    monkeypatch: pytest.MonkeyPatch, config: Config, backup: str | None, path: Path | None
) -> None:
    calls = stub(monkeypatch, "uninstall", Removal(GONE, {}))
    uninstall(config, yes=True, keep_data=True, backup=backup)
    options = {
        "cascade": False,
        "purge": False,
        "with_unknown_objects": False,
        "keep_data": True,
        "backup": path,
        "sql": False,
    }
    assert calls == [((["billing"],), {**options, "dry_run": True}), ((["billing"],), options)]


def test_uninstall_with_sql_neither_asks_nor_prints(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    calls = stub(monkeypatch, "uninstall", Removal(GONE, {"billing": BILLS}))
    actions.uninstall(
        config, ["billing"], True, False, True, False, False, True, False, False, None
    )
    assert [(options["sql"], options.get("dry_run")) for _, options in calls] == [(True, None)]
    assert printed(config) == ""


@asking
@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n", "yess\n"])
def test_what_is_not_confirmed_is_only_planned(
    monkeypatch: pytest.MonkeyPatch,
    config: Config,
    door: Door,
    name: str,
    result: object,
    answer: str,
) -> None:
    calls = stub(monkeypatch, name, result)
    monkeypatch.setattr("sys.stdin", Answers(answer))
    with pytest.raises(Declined):
        door(config)
    assert [options["dry_run"] for _, options in calls] == [True]


def test_question_quotes_the_program_that_was_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Answers("y\n"))
    with quoting_as(["flask", "db"]), quoting_with(["-x", "tenant=a"]):
        confirm("alembic plugin forget billing", yes=False)
    asked = "Run 'flask db -x tenant=a plugin forget billing'? [y/N] "
    assert capsys.readouterr().err == asked


@asking
@pytest.mark.parametrize("answer", ["y\n", "yes\n", " Y \n", "YES\n"])
def test_what_is_confirmed_is_run(
    monkeypatch: pytest.MonkeyPatch,
    config: Config,
    door: Door,
    name: str,
    result: object,
    answer: str,
) -> None:
    calls = stub(monkeypatch, name, result)
    monkeypatch.setattr("sys.stdin", Answers(answer))
    door(config)
    assert [options.get("dry_run", False) for _, options in calls] == [True, False]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cascade": True}, "--cascade"),
        ({"keep_data": True}, "--keep-data"),
        ({"purge": True}, "--purge"),
        ({"with_unknown_objects": True}, "--with-unknown-objects"),
        ({"purge": True, "with_unknown_objects": True}, "--purge --with-unknown-objects"),
        ({"purge": True, "backup": "a b.dump"}, '--purge --backup "a b.dump"'),
    ],
)
def test_uninstall_is_asked_for_with_all_its_options(
    monkeypatch: pytest.MonkeyPatch, config: Config, given: Mapping[str, Any], words: str
) -> None:
    stub(monkeypatch, "uninstall", Removal(GONE, {}))
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(ConfirmationNeeded) as excinfo:
        uninstall(config, **given)
    assert excinfo.value.command == f"alembic plugin uninstall billing {words}"


def test_question_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    stub(monkeypatch, "uninstall", Removal(GONE, {}))
    monkeypatch.setattr("sys.stdin", Answers("y\n"))
    uninstall(config)
    assert capsys.readouterr().err == "Run 'alembic plugin uninstall billing'? [y/N] "


@pytest.mark.parametrize(
    ("door", "name", "result", "command"), ASKING, ids=[name for _, name, _, _ in ASKING]
)
def test_where_nobody_can_be_asked_yes_is_needed(
    monkeypatch: pytest.MonkeyPatch,
    config: Config,
    door: Door,
    name: str,
    result: object,
    command: str,
) -> None:
    stub(monkeypatch, name, result)
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    with pytest.raises(ConfirmationNeeded) as excinfo:
        door(config)
    assert excinfo.value.command == command


@asking
def test_dry_run_neither_asks_nor_runs(
    monkeypatch: pytest.MonkeyPatch, config: Config, door: Door, name: str, result: object
) -> None:
    calls = stub(monkeypatch, name, result)
    door(config, dry_run=True)
    assert [options["dry_run"] for _, options in calls] == [True]


@pytest.mark.parametrize("given", ["expand", "contract"])
def test_question_of_a_downgrade_quotes_its_phase(
    monkeypatch: pytest.MonkeyPatch, config: Config, given: str
) -> None:
    stub(monkeypatch, "downgrade", DOWN)
    monkeypatch.setattr("sys.stdin", StringIO())
    config.attributes["phase"] = given
    with pytest.raises(ConfirmationNeeded) as excinfo:
        downgrade(config)
    assert excinfo.value.command.endswith(f" --phase {given}")


def test_what_an_upgrade_has_held_back_is_told(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    held = (HeldRevision("audit", "a3", "a3", is_expand=False),)
    plan = replace(UP, held=held, messages={"a3": "drop entries"})
    stub(monkeypatch, "upgrade", plan)
    actions.upgrade(config, ["audit"], False, False, False, False, False)
    assert printed(config).splitlines()[-1] == "audit: a3 waits for phase contract"
    actions.upgrade(config, ["audit"], False, False, True, False, False)
    *_, last = printed(config).splitlines()
    assert last.split() == ["hold", "back", "audit", "a3", "drop", "entries"]


def test_downgrade_of_nothing_does_not_ask(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "downgrade", Plan())
    downgrade(config)
    assert printed(config) == "nothing to do\n"


def test_restored_plugins_are_told(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "restore", Restoration(("tags", "posts")))
    actions.restore(config, "posts", dry_run=False, path=None)
    assert printed(config) == "restored tags\nrestored posts\n"


def test_restore_that_is_only_planned_says_what_it_would_do(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    calls = stub(monkeypatch, "restore", Restoration(("posts",)))
    actions.restore(config, "posts", dry_run=True, path=None)
    assert (printed(config), calls[0][1]["dry_run"]) == ("restore posts\n", True)


@pytest.mark.parametrize(("given", "path"), [(None, None), ("p.dump", Path("p.dump"))])
def test_restore_passes_on_the_backup(
    monkeypatch: pytest.MonkeyPatch, config: Config, given: str | None, path: Path | None
) -> None:
    calls = stub(monkeypatch, "restore", Restoration(("posts",)))
    actions.restore(config, "posts", dry_run=False, path=given)
    assert calls == [(("posts",), {"path": path, "dry_run": False})]


def test_restore_of_a_backup_cannot_be_planned_alone(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    calls = stub(monkeypatch, "restore", Restoration(("posts",)))
    with pytest.raises(WrongCombination) as excinfo:
        actions.restore(config, "posts", dry_run=True, path="p.dump")
    assert (excinfo.value.option, calls) == ("--dry-run", [])


def adopt(
    config: Config,
    *words: str,
    everything: bool = False,
    dry_run: bool = False,
    table: str | None = None,
) -> None:
    """Run ``alembic plugin adopt``."""
    actions.adopt(config, words, everything, dry_run, False, table)


@pytest.mark.parametrize(("given", "revision"), [((), None), (("t1",), "t1")])
def test_adopted_plugin_is_told(
    monkeypatch: pytest.MonkeyPatch, config: Config, given: tuple[str, ...], revision: str | None
) -> None:
    calls = stub(monkeypatch, "adopt", UP)
    adopt(config, "tags", *given)
    options = {"version_table": None, "dry_run": False}
    assert printed(config) == "adopted tags: 1 revision\nadopted audit: 2 revisions\n"
    assert calls == [((("tags",), revision), options)]


def test_dropped_version_table_is_told(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    table = VersionTable("tags", "public", "tags_v", "public.tags_v", ("t1",))
    stub(monkeypatch, "adopt", Plan((Transaction((DropVersionTables((table,)),), "adopt"),)))
    adopt(config, "tags", table="tags_v")
    assert printed(config) == "dropped public.tags_v\n"


def test_adoption_that_is_only_planned_says_so(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    step = RecordApplied("tags", "t1")
    plan = Plan((Transaction((step,), "adopt"),), messages={"t1": "create tags"})
    calls = stub(monkeypatch, "adopt", plan)
    adopt(config, "tags", dry_run=True)
    assert calls[0][1]["dry_run"]
    assert printed(config) == ("record  tags  t1  create tags\nwould adopt tags: 1 revision\n")


@pytest.mark.parametrize(
    ("words", "everything", "table", "option"),
    [
        ((), True, None, "--all"),
        (("tags", "t1"), False, "t", "--version-table"),
    ],
)
def test_adoption_wants_to_know_what(
    config: Config, words: tuple[str, ...], everything: bool, table: str | None, option: str
) -> None:
    with pytest.raises(WrongCombination) as excinfo:
        adopt(config, *words, everything=everything, table=table)
    assert excinfo.value.option == option


def test_forget_shows_what_stays(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "forget", BILLS)
    forget(config, yes=True)
    assert printed(config).splitlines() == [
        "plugin billing is forgotten, and what it has stays:",
        "  table  billing.bills  3 rows  8192 bytes",
        "  view   billing.v",
        "forgot billing",
    ]


def test_forget_shows_that_nothing_stays(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "forget", NOTHING)
    forget(config, dry_run=True)
    assert printed(config) == "plugin billing is forgotten, and it has nothing\n"


def test_repair_shows_what_differs(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "repair", CHANGES)
    repair(config, yes=True)
    assert printed(config).splitlines() == [
        "revision b1 of billing has been changed since it was applied:",
        "--- as applied",
        "-a = '50%'",
        "repaired",
    ]


def test_repair_says_where_it_cannot_show_what_differs(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "repair", Repair(Plan(), {("billing", "b1"): ()}, ()))
    repair(config, dry_run=True)
    assert printed(config).splitlines() == [
        "revision b1 of billing has been changed since it was applied:",
        "(the file as it was is not remembered)",
    ]


def test_repair_shows_rows_that_nothing_explains(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "repair", STRANGE)
    repair(config, yes=True)
    assert printed(config).splitlines() == [
        "row yy of the version table: no file and no registry knows it",
        "row zz of the version table: no file and no registry knows it",
        "repaired",
    ]


def test_repair_of_nothing_does_not_ask(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    calls = stub(monkeypatch, "repair", NO_REPAIR)
    repair(config)
    assert (printed(config), len(calls)) == ("nothing to do\n", 1)


def test_repair_of_all_is_asked_for_without_a_name(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "repair", STRANGE)
    monkeypatch.setattr("sys.stdin", StringIO())
    accepted = {"with_unknown_objects": True, "accept_drift": True}
    with pytest.raises(ConfirmationNeeded) as excinfo:
        actions.repair(config, None, **accepted, yes=False, dry_run=False)
    command = "alembic plugin repair --with-unknown-objects --accept-drift"
    assert excinfo.value.command == command


@pytest.mark.parametrize(
    ("rows", "words"), [(("zz",), "deleted 1 row"), (("yy", "zz"), "deleted 2 rows")]
)
def test_history_sync_says_what_was_done(
    monkeypatch: pytest.MonkeyPatch, config: Config, rows: tuple[str, ...], words: str
) -> None:
    stub(monkeypatch, "sync_history", make_cleaning(*rows))
    history_sync(config, yes=True)
    lines = printed(config).splitlines()
    assert lines[0] == f"row {rows[0]} of the version table: no file and no registry knows it"
    assert (lines[-1], len(lines)) == (words, len(rows) + 1)


def test_history_sync_of_nothing_does_not_ask(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    calls = stub(monkeypatch, "sync_history", Plan())
    history_sync(config)
    assert (printed(config), len(calls)) == ("nothing to do\n", 1)


def test_eject_shows_what_is_left(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "eject", LEAVING)
    eject(config, yes=True)
    assert printed(config).splitlines() == [
        "the version table keeps: h2, p1",
        "stock Alembic needs these version_locations:",
        "  /app/versions",
        "  /app/plugins/posts/versions",
        "the registry is dropped: how to do without files, who did what when, what plugins have "
        "stored",
        "ejected",
    ]


def test_eject_shows_that_no_row_is_left(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "eject", Leaving((), ("/app/versions",)))
    eject(config, dry_run=True)
    assert printed(config).splitlines()[0] == "the version table keeps: -"


def test_history_tells_what_failed(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    failed = replace(EVENT, outcome="failed", detail="LIKE '50%' (%s)", duration_ms=None)
    stub(monkeypatch, "history", (failed,))
    actions.history(config, None, as_json=False)
    assert printed(config).endswith("- -> a1, a2    failed: LIKE '50%' (%s)\n")


def test_history_prints_an_event_a_line(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "history", (EVENT,))
    actions.history(config, None, as_json=False)
    expected = "2024-05-06 07:08:09+0000  alice  install  audit  - -> a1, a2  12 ms  done\n"
    assert printed(config) == expected


def test_history_as_json_has_times(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "history", (EVENT,))
    actions.history(config, "audit", as_json=True)
    (event,) = json.loads(printed(config))
    assert (event["happened_at"], event["to_revisions"]) == (
        "2024-05-06 07:08:09+00:00",
        ["a1", "a2"],
    )


def test_doors_print_only_to_stderr_by_themselves() -> None:
    # Answers go to `Config.stdout`, where callers of Alembic look for them.
    lines = Path(actions.__file__).read_text("utf-8").splitlines()
    prints = [line for line in lines if line.strip().startswith("print(")]
    assert [line for line in prints if "file=sys.stderr" not in line] == []


def test_footprint_is_printed_as_json(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(
        monkeypatch,
        "rehearse",
        CREATES,
    )
    actions.install(config, ["audit"], sql=False, dry_run=True, footprint=True, as_json=True)
    assert json.loads(printed(config)) == ["creates table audit.entries (50%)"]


@pytest.mark.parametrize(
    ("sql", "circumstance"), [(True, "with --sql"), (False, "without --yes or --dry-run")]
)
def test_json_is_all_that_is_printed(config: Config, sql: bool, circumstance: str) -> None:
    with pytest.raises(WrongCombination) as excinfo:
        actions.downgrade(
            config, "audit", "-1", yes=False, sql=sql, dry_run=False, footprint=False, as_json=True
        )
    assert (excinfo.value.option, excinfo.value.circumstance) == ("--json", circumstance)
