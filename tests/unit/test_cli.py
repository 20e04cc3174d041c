"""The arguments of ``alembic plugin``."""

from argparse import ArgumentParser, Namespace

import pytest

from alembic_plugins import doors
from alembic_plugins.cli import add_commands


@pytest.fixture
def parser() -> ArgumentParser:
    """A parser like Alembic's."""
    parser = ArgumentParser(prog="alembic")
    add_commands(parser.add_subparsers())
    return parser


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
        ("list", (doors.list_plugins, [], {"as_json": False})),
        ("list --json", (doors.list_plugins, [], {"as_json": True})),
        ("show a --json", (doors.show, ["a"], {"as_json": True})),
        ("install a b --sql", (doors.install, [["a", "b"]], {"sql": True, "dry_run": False})),
        (
            "upgrade --all --dry-run",
            (doors.upgrade, [[]], {"all_plugins": True, "sql": False, "dry_run": True}),
        ),
        (
            "downgrade a -1 --yes",
            (doors.downgrade, ["a", "-1"], {"yes": True, "sql": False, "dry_run": False}),
        ),
        ("history", (doors.history, [None], {"as_json": False})),
        ("history a", (doors.history, ["a"], {"as_json": False})),
    ],
)
def test_line_calls_a_door(parser: ArgumentParser, line: str, call: object) -> None:
    assert read_call(parser.parse_args(["plugin", *line.split()])) == call


def test_uninstall_takes_all_its_flags(parser: ArgumentParser) -> None:
    line = ["plugin", "uninstall", "a", "--cascade", "--purge", "--yes", "--sql", "--dry-run"]
    flags = {"cascade", "purge", "yes", "sql", "dry_run"}
    expected = (doors.uninstall, [["a"]], dict.fromkeys(flags, True))
    assert read_call(parser.parse_args(line)) == expected


@pytest.mark.parametrize("line", ["", "no_such", "install", "show", "downgrade a"])
def test_incomplete_line_is_refused(
    parser: ArgumentParser, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["plugin", *line.split()])
    assert "usage: alembic plugin" in capsys.readouterr().err


def test_flag_of_another_command_is_refused(
    parser: ArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["plugin", "list", "--sql"])
    assert "unrecognized arguments: --sql" in capsys.readouterr().err


def test_first_line_of_a_door_is_its_help(
    parser: ArgumentParser, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["plugin", "history", "--help"])
    assert "Show who did what, when and how long it took." in capsys.readouterr().out
