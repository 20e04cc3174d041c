"""What the commands print, and what they ask."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from alembic.config import Config

from alembic_plugins import commands, doors
from alembic_plugins.catalog import CatalogObject
from alembic_plugins.commands import Listing, PluginDetails, PluginStatus, Removal
from alembic_plugins.errors import InvalidOption, PluginError, UnknownPlugin
from alembic_plugins.plan import Direction, Plan, Step, Unit
from alembic_plugins.refusals import ConfirmationNeeded, Declined
from alembic_plugins.registry import Event

AUDIT = PluginStatus("audit", "1.4.0", "schema audit", "installed", "8c3e", "8c3e", 0)
TAGS = PluginStatus("tags", "1.2", "schema tags", "outdated", "51ab", "60cd", 2)
LATE = PluginStatus("late", "1", "schema late", "outdated", "51ab", "60cd", 1)
LEGACY = PluginStatus("legacy", "0.9", "prefix lg_", "orphaned", "77f0", None, None)
BILLING = PluginStatus("billing", None, "schema billing", "available", None, "b1", 1)
BROKEN = PluginStatus("broken", None, None, "available", None, None, None)
HURT = PluginStatus("hurt", "1", "schema hurt", "installed", "aa11", None, None)

DETAILS = PluginDetails(
    AUDIT, "Who did what", None, "folder 'audit'", "/a", None, "plugin", ("tags",), (), (), (), ()
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
        Unit((Step("tags", "t1", Direction.UPGRADE),), "upgrade"),
        Unit(tuple(Step("audit", r, Direction.UPGRADE) for r in ("a1", "a2")), "upgrade"),
    )
)
DOWN = Plan((Unit((Step("audit", "a2", Direction.DOWNGRADE),), "downgrade"),))
TABLE = CatalogObject("table", "bills", "billing.bills", "billing", 1, 2, 3, 8192)
VIEW = CatalogObject("view", "v", "billing.v", "billing", 1, 3)
GONE = Plan((Unit((), "uninstall", removes=("billing",)),))


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
    doors.list_plugins(config, as_json=False)
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


def test_no_plugins_are_no_lines(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    assert list_all(monkeypatch, config) == []


def test_list_as_json_has_the_documented_keys(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "list_plugins", Listing((TAGS,), ()))
    doors.list_plugins(config, as_json=True)
    (plugin,) = json.loads(printed(config))
    assert list(plugin) == ["name", "version", "namespace", "state", "current", "head", "pending"]
    assert list(plugin.values()) == ["tags", "1.2", "schema tags", "outdated", "51ab", "60cd", 2]


def test_problem_of_a_plugin_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    problem: PluginError = UnknownPlugin("broken", ("tags",))
    stub(monkeypatch, "list_plugins", Listing((BROKEN,), (problem,)))
    doors.list_plugins(config, as_json=True)
    assert capsys.readouterr().err == f"WARNING: {problem}\n"


def test_orphan_is_no_problem(
    monkeypatch: pytest.MonkeyPatch, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = Listing((LEGACY,), (UnknownPlugin("legacy", ()),))
    stub(monkeypatch, "list_plugins", listing)
    doors.list_plugins(config, as_json=False)
    assert capsys.readouterr().err == ""


def test_show_prints_a_fact_a_line(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "show_plugin", DETAILS)
    doors.show(config, "audit", as_json=False)
    lines = printed(config).splitlines()
    assert lines[0] == "name:               audit"
    assert "requires:           tags" in lines
    assert "required_by:        -" in lines


def test_show_as_json_is_flat(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "show_plugin", DETAILS)
    doors.show(config, "audit", as_json=True)
    facts = json.loads(printed(config))
    assert (facts["name"], facts["requires"], facts["package"]) == ("audit", ["tags"], None)


def test_install_says_what_was_done(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "install", UP)
    doors.install(config, ["audit"], sql=False, dry_run=False)
    assert printed(config) == "upgraded tags: 1 revision\nupgraded audit: 2 revisions\n"


def test_install_of_what_is_there_says_so(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "install", Plan())
    doors.install(config, ["audit"], sql=False, dry_run=False)
    assert printed(config) == "nothing to do\n"


def test_dry_run_prints_the_plan(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "install", UP)
    doors.install(config, ["audit"], sql=False, dry_run=True)
    lines = ["upgrade  tags   t1", "upgrade  audit  a1", "upgrade  audit  a2"]
    assert printed(config).splitlines() == lines


def test_sql_is_the_whole_answer(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "install", UP)
    doors.install(config, ["audit"], sql=True, dry_run=False)
    assert printed(config) == ""


@pytest.mark.parametrize(("plugins", "all_plugins"), [([], False), (["audit"], True)])
def test_upgrade_wants_either_names_or_all(
    config: Config, plugins: list[str], all_plugins: bool
) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        doors.upgrade(config, plugins, all_plugins, sql=False, dry_run=False)
    assert excinfo.value.option == "--all"


def downgrade(config: Config, *, yes: bool = False, dry_run: bool = False) -> None:
    """Run the door with the usual arguments."""
    doors.downgrade(config, "audit", "-1", yes=yes, sql=False, dry_run=dry_run)


def uninstall(config: Config, *, yes: bool = False, dry_run: bool = False) -> None:
    """Run the door with the usual arguments."""
    doors.uninstall(config, ["billing"], False, False, yes=yes, sql=False, dry_run=dry_run)


def test_downgrade_shows_the_plan_and_what_was_done(
    monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    stub(monkeypatch, "downgrade", DOWN)
    downgrade(config, yes=True)
    assert printed(config) == "downgrade  audit  a2\ndowngraded audit: 1 revision\n"


def test_uninstall_shows_what_goes(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "uninstall", Removal(GONE, {"billing": (TABLE, VIEW)}))
    uninstall(config, yes=True)
    assert printed(config).splitlines() == [
        "plugin billing and what stands in its namespace:",
        "  table  billing.bills  3 rows  8192 bytes",
        "  view   billing.v",
        "uninstalled billing",
    ]


@pytest.mark.parametrize("door", [downgrade, uninstall])
@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n", "yess\n"])
def test_what_is_not_confirmed_is_only_planned(
    monkeypatch: pytest.MonkeyPatch, config: Config, door: Callable[[Config], None], answer: str
) -> None:
    calls = stub(monkeypatch, "downgrade", DOWN)
    calls = stub(monkeypatch, "uninstall", Removal(GONE, {})) if door is uninstall else calls
    monkeypatch.setattr("sys.stdin", Answers(answer))
    with pytest.raises(Declined):
        door(config)
    assert [options["dry_run"] for _, options in calls] == [True]


@pytest.mark.parametrize("answer", ["y\n", "yes\n", " Y \n", "YES\n"])
def test_confirmed_uninstall_is_run(
    monkeypatch: pytest.MonkeyPatch, config: Config, answer: str
) -> None:
    calls = stub(monkeypatch, "uninstall", Removal(GONE, {}))
    monkeypatch.setattr("sys.stdin", Answers(answer))
    uninstall(config)
    assert [options.get("dry_run", False) for _, options in calls] == [True, False]


def test_question_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    stub(monkeypatch, "uninstall", Removal(GONE, {}))
    monkeypatch.setattr("sys.stdin", Answers("y\n"))
    uninstall(config)
    assert capsys.readouterr().err == "Run 'alembic plugin uninstall billing'? [y/N] "


@pytest.mark.parametrize(
    ("door", "command"),
    [
        (downgrade, "alembic plugin downgrade audit -1"),
        (uninstall, "alembic plugin uninstall billing"),
    ],
)
def test_where_nobody_can_be_asked_yes_is_needed(
    monkeypatch: pytest.MonkeyPatch, config: Config, door: Callable[[Config], None], command: str
) -> None:
    stub(monkeypatch, "downgrade", DOWN)
    stub(monkeypatch, "uninstall", Removal(GONE, {}))
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    with pytest.raises(ConfirmationNeeded) as excinfo:
        door(config)
    assert excinfo.value.command == command


@pytest.mark.parametrize("name", ["downgrade", "uninstall"])
def test_dry_run_neither_asks_nor_runs(
    monkeypatch: pytest.MonkeyPatch, config: Config, name: str
) -> None:
    results = {"downgrade": DOWN, "uninstall": Removal(GONE, {})}
    door = {"downgrade": downgrade, "uninstall": uninstall}[name]
    calls = stub(monkeypatch, name, results[name])
    door(config, dry_run=True)
    assert [options["dry_run"] for _, options in calls] == [True]


def test_downgrade_of_nothing_does_not_ask(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "downgrade", Plan())
    downgrade(config)
    assert printed(config) == "nothing to do\n"


def test_history_prints_an_event_a_line(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "history", (EVENT,))
    doors.history(config, None, as_json=False)
    expected = "2024-05-06 07:08:09+0000  alice  install  audit  - -> a1, a2  12 ms  done\n"
    assert printed(config) == expected


def test_history_as_json_has_times(monkeypatch: pytest.MonkeyPatch, config: Config) -> None:
    stub(monkeypatch, "history", (EVENT,))
    doors.history(config, "audit", as_json=True)
    (event,) = json.loads(printed(config))
    assert (event["happened_at"], event["to_revisions"]) == (
        "2024-05-06 07:08:09+00:00",
        ["a1", "a2"],
    )


def test_doors_print_only_to_stderr_by_themselves() -> None:
    # Answers go to `Config.stdout`, where callers of Alembic look for them.
    lines = Path(doors.__file__).read_text("utf-8").splitlines()
    prints = [line for line in lines if line.strip().startswith("print(")]
    assert [line for line in prints if "file=sys.stderr" not in line] == []
