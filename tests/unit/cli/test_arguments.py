"""The arguments of ``alembic plugin``."""

import shlex
import subprocess
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from inspect import signature

import pytest

from alembic_plugins.cli import actions, graphing, listing
from alembic_plugins.cli.arguments import add_commands
from alembic_plugins.cli.examples import EXAMPLES


@pytest.fixture
def parser() -> ArgumentParser:
    """A parser like Alembic's."""
    parser = ArgumentParser(prog="alembic")
    add_commands(parser.add_subparsers())
    return parser


LIST: dict[str, object] = {"as_json": False, "tree": False, "pending": False}
NO_REPAIR = {"with_unknown_objects": False, "accept_drift": False}
ADOPT: dict[str, object] = {
    "all_plugins": False,
    "dry_run": False,
    "footprint": False,
    "version_table": None,
}


def read_call(options: Namespace) -> tuple[object, list[object], dict[str, object]]:
    """Return the door that is called, with its arguments, as Alembic's command line does."""
    door, positional, keyword = options.cmd
    return (
        door,
        [getattr(options, name) for name in positional],
        {name: getattr(options, name) for name in keyword},
    )


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("list", (listing.list_plugins, [], {**LIST, "as_json": False})),
        ("list --tree", (listing.list_plugins, [], {**LIST, "tree": True})),
        ("list --pending", (listing.list_plugins, [], {**LIST, "pending": True})),
        ("list --json", (listing.list_plugins, [], {**LIST, "as_json": True})),
        ("show a --json", (actions.show, ["a"], {"as_json": True})),
        (
            "install a b --sql",
            (
                actions.install,
                [["a", "b"]],
                {"sql": True, "dry_run": False, "footprint": False, "as_json": False},
            ),
        ),
        (
            "install a --dry-run --footprint",
            (
                actions.install,
                [["a"]],
                {"sql": False, "dry_run": True, "footprint": True, "as_json": False},
            ),
        ),
        (
            "upgrade --all --dry-run",
            (
                actions.upgrade,
                [[]],
                {
                    "all_plugins": True,
                    "sql": False,
                    "dry_run": True,
                    "footprint": False,
                    "as_json": False,
                },
            ),
        ),
        (
            "upgrade a --dry-run --footprint",
            (
                actions.upgrade,
                [["a"]],
                {
                    "all_plugins": False,
                    "sql": False,
                    "dry_run": True,
                    "footprint": True,
                    "as_json": False,
                },
            ),
        ),
        (
            "downgrade a -1 --yes",
            (
                actions.downgrade,
                ["a", "-1"],
                {"yes": True, "sql": False, "dry_run": False, "footprint": False, "as_json": False},
            ),
        ),
        ("restore a", (actions.restore, ["a"], {"dry_run": False, "path": None})),
        (
            "restore a --from a.dump",
            (actions.restore, ["a"], {"dry_run": False, "path": "a.dump"}),
        ),
        ("restore a --dry-run", (actions.restore, ["a"], {"dry_run": True, "path": None})),
        ("adopt a", (actions.adopt, [["a"]], ADOPT)),
        ("adopt a 12ab", (actions.adopt, [["a", "12ab"]], ADOPT)),
        (
            "adopt --all --version-table {name}_v --dry-run",
            (
                actions.adopt,
                [[]],
                {**ADOPT, "all_plugins": True, "dry_run": True, "version_table": "{name}_v"},
            ),
        ),
        ("graph", (graphing.graph, [[]], {"mermaid": False, "html": None})),
        ("graph a b --html x", (graphing.graph, [["a", "b"]], {"mermaid": False, "html": "x"})),
        ("graph --mermaid", (graphing.graph, [[]], {"mermaid": True, "html": None})),
        ("forget a", (actions.forget, ["a"], {"yes": False, "dry_run": False})),
        ("forget a --yes --dry-run", (actions.forget, ["a"], {"yes": True, "dry_run": True})),
        ("repair", (actions.repair, [None], {**NO_REPAIR, "yes": False, "dry_run": False})),
        (
            "repair host --yes",
            (actions.repair, ["host"], {**NO_REPAIR, "yes": True, "dry_run": False}),
        ),
        (
            "repair a --dry-run",
            (actions.repair, ["a"], {**NO_REPAIR, "yes": False, "dry_run": True}),
        ),
        ("history-sync", (actions.history_sync, [], {"yes": False, "dry_run": False})),
        (
            "history-sync --yes --dry-run",
            (actions.history_sync, [], {"yes": True, "dry_run": True}),
        ),
        ("eject", (actions.eject, [], {"yes": False, "dry_run": False})),
        ("eject --yes --dry-run", (actions.eject, [], {"yes": True, "dry_run": True})),
        ("history", (actions.history, [None], {"as_json": False})),
        ("history a", (actions.history, ["a"], {"as_json": False})),
    ],
)
def test_line_calls_an_action(parser: ArgumentParser, line: str, call: object) -> None:
    assert read_call(parser.parse_args(["plugin", *line.split()])) == call


UNINSTALL = {
    "cascade": False,
    "keep_data": False,
    "purge": False,
    "with_unknown_objects": False,
    "yes": False,
    "sql": False,
    "dry_run": False,
    "as_json": False,
    "backup": None,
}


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("uninstall a", {}),
        ("uninstall a --cascade", {"cascade": True}),
        ("uninstall a --keep-data", {"keep_data": True}),
        ("uninstall a --purge", {"purge": True}),
        ("uninstall a --with-unknown-objects", {"with_unknown_objects": True}),
        ("uninstall a --yes", {"yes": True}),
        ("uninstall a --sql", {"sql": True}),
        ("uninstall a --dry-run", {"dry_run": True}),
        ("uninstall a --json", {"as_json": True}),
        ("uninstall a --backup a.dump", {"backup": "a.dump"}),
        ("uninstall --backup=a.dump a --purge", {"backup": "a.dump", "purge": True}),
    ],
)
def test_uninstall_takes_all_its_options(
    parser: ArgumentParser, line: str, given: dict[str, object]
) -> None:
    call = (actions.uninstall, [["a"]], {**UNINSTALL, **given})
    assert read_call(parser.parse_args(["plugin", *line.split()])) == call


def find_commands(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """Return the parsers of the commands of ``alembic plugin``, which are made when one is used."""
    parser.parse_args(["plugin", "list"])
    (plugin,) = (a for a in parser._actions if isinstance(a, _SubParsersAction))
    (commands,) = (a for a in plugin.choices["plugin"]._actions if isinstance(a, _SubParsersAction))
    return dict(commands.choices)


COMMANDS = (
    "list show install upgrade downgrade uninstall sync restore adopt forget verify "
    "graph repair history history-sync store eject revision squash capture watch new "
    "init-host check completion"
)


def test_commands_are_those_of_the_reference(parser: ArgumentParser) -> None:
    assert " ".join(find_commands(parser)) == COMMANDS


def test_other_commands_do_not_wait_for_ours() -> None:
    lines = (
        "import sys; from alembic.config import CommandLine",
        "CommandLine().parser.parse_args(['heads'])",
        "sys.exit('alembic_plugins.cli.actions' in sys.modules or 'psycopg' in sys.modules)",
    )
    subprocess.run([sys.executable, "-c", "; ".join(lines)], check=True)


@pytest.mark.parametrize("name", COMMANDS.split())
def test_door_takes_what_its_command_passes(parser: ArgumentParser, name: str) -> None:
    door, positional, keyword = find_commands(parser)[name].get_default("cmd")
    assert list(signature(door).parameters) == ["config", *positional, *keyword]


@pytest.mark.parametrize("name", COMMANDS.split())
def test_option_of_a_command_has_a_help(parser: ArgumentParser, name: str) -> None:
    actions = find_commands(parser)[name]._actions
    assert [action.dest for action in actions if not action.help] == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no_such",
        "install",
        "show",
        "downgrade a",
        "uninstall --purge",
        "uninstall a --backup",
        "restore",
        "restore a --from",
        "forget",
    ],
)
def test_incomplete_line_is_refused(
    parser: ArgumentParser, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["plugin", *line.split()])
    assert "usage: alembic plugin" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("list --sql", "--sql"),
        ("adopt a --yes", "--yes"),
        ("restore a --yes", "--yes"),
        ("forget a --purge", "--purge"),
        ("repair a --json", "--json"),
        ("eject a", "a"),
        ("history-sync a", "a"),
    ],
)
def test_argument_of_another_command_is_refused(
    parser: ArgumentParser, line: str, unknown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["plugin", *line.split()])
    assert f"unrecognized arguments: {unknown}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("history", "Show who did what, when and how long it took."),
        ("uninstall", "Downgrade plugins to base and remove them, after showing what goes."),
        ("forget", "Remove a plugin from the registry, and leave its objects where they are."),
        ("eject", "Hand the database back to stock Alembic, and drop the registry"),
    ],
)
def test_first_line_of_a_door_is_its_help(
    parser: ArgumentParser, name: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["plugin", name, "--help"])
    assert line in " ".join(capsys.readouterr().out.split())


OFFLINE = ["check", "completion", "init-host", "new", "squash"]
"""The commands that connect to no database, but for ``check --database``."""


def test_commands_that_connect_wait_for_the_server(parser: ArgumentParser) -> None:
    found = find_commands(parser)
    waiting = [n for n, p in found.items() if "--wait" in p.format_help()]
    assert sorted({*found} - {*waiting}) == [name for name in OFFLINE if name != "check"]


@pytest.mark.parametrize("name", COMMANDS.split())
def test_example_of_the_help_is_one(parser: ArgumentParser, name: str) -> None:
    line = f"alembic plugin {name} {EXAMPLES[name]}"
    assert find_commands(parser)[name].format_help().endswith(f"example:\n  {line}\n")
    words = shlex.split(line.partition(" > ")[0])[1:]
    assert parser.parse_args(words).cmd


def test_examples_are_of_commands(parser: ArgumentParser) -> None:
    assert EXAMPLES.keys() - {*find_commands(parser)} == {"get", "set", "delete"}
