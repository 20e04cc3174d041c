"""The text of every error, whole, and what all errors have in common."""

import pickle
import re
import shlex
import subprocess
from collections.abc import Sequence
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, get_type_hints

import pytest
from alembic.config import CommandLine
from alembic.util import CommandError

import alembic_plugins
from alembic_plugins import errors
from alembic_plugins._base_errors import explain, first_line
from alembic_plugins._quoting import join_command, quoting_as, quoting_with
from alembic_plugins.errors import PluginError

from .examples import EXAMPLES

WORDED = [example for examples in EXAMPLES.values() for example in examples]
ERRORS = [error for error, _ in WORDED]
COMMANDS = sorted({c for _, text in WORDED for c in re.findall(r"'alembic ([a-z-][^']+)'", text)})

QUOTED = (
    "name",
    "plugin",
    "revision",
    "branch",
    "option",
    "reference",
    "first",
    "second",
    "requirement",
    "table",
    "schema",
    "path",
    "command",
)
NAMED = [
    (error, getattr(error, fact)) for error in ERRORS for fact in QUOTED if hasattr(error, fact)
]


def find_leaves(base: type[PluginError]) -> set[type[PluginError]]:
    """Return the subclasses of a class, and theirs; one without words is only their base."""
    children = base.__subclasses__()
    found = {leaf for child in children for leaf in (child, *find_leaves(child))}
    return {leaf for leaf in found if hasattr(leaf, "words")}


def describe(value: object) -> str | None:
    """Return the name of an error as the name of a test's case."""
    return type(value).__name__ if isinstance(value, PluginError) else None


@pytest.mark.parametrize(("error", "text"), WORDED, ids=describe)
def test_error_words_itself(error: PluginError, text: str) -> None:
    assert str(error) == text


def test_errors_keep_their_facts() -> None:
    facts = [(error, name) for error in ERRORS for name in type(error).__annotations__]
    assert [(error, name) for error, name in facts if not hasattr(error, name)] == []


def test_facts_of_errors_are_public_and_typed() -> None:
    hints = [(type(e), *fact) for e in ERRORS for fact in get_type_hints(type(e)).items()]
    facts = [(e, name, hint) for e, name, hint in hints if name in e.__annotations__]
    assert facts
    vague = (object, Any, Sequence, tuple, dict)
    assert [fact for fact in facts if fact[1].startswith("_") or fact[2] in vague] == []


def test_errors_put_names_in_single_quotes() -> None:
    assert [(error, name) for error, name in NAMED if f"'{name}'" not in str(error)] == []


def test_errors_survive_pickling() -> None:
    for error in ERRORS:
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), vars(copy), str(copy)) == (type(error), vars(error), str(error))


def test_errors_are_printed_by_alembic() -> None:
    assert [error for error in ERRORS if not isinstance(error, CommandError)] == []


def test_errors_are_two_sentences() -> None:
    found = [t for _, t in WORDED if (t.count(". "), t[-1], "{" in t) != (1, ".", False)]
    assert found == []


@pytest.mark.parametrize("command", COMMANDS)
def test_command_that_an_error_quotes_is_one(command: str) -> None:
    words = shlex.split(command)
    given = CommandLine("alembic").parser.parse_args(words)
    assert hasattr(given, "cmd")
    assert not {"NAME", "REVISION", "PATH", "FILE"}.intersection(words)


def test_quoted_commands_have_the_options_of_alembic() -> None:
    options = r'-c "my host/alembic.ini" -x "a=\$b"'
    for error, text in WORDED:
        expected = re.sub("'alembic (?=[a-z-])", lambda _: f"'alembic {options} ", text)
        with quoting_with(["-c", "my host/alembic.ini", "-x", "a=$b"]):
            assert str(type(error)(*error.args)) == expected


def test_quoted_commands_are_those_of_the_program_that_was_called() -> None:
    for error, text in WORDED:
        expected = re.sub("'alembic (?=[a-z-])", "'flask db ", text)
        with quoting_as(["flask", "db"]):
            made = type(error)(*error.args)
        assert str(made) == str(pickle.loads(pickle.dumps(made))) == expected


@pytest.mark.parametrize("word", ["a b", "$a", "`a`", 'a"b', "a\\b", "a\nb", "", "-1", "ä", "~"])
def test_word_of_a_command_is_what_a_shell_takes(word: str) -> None:
    command = f"printf %s {join_command([word])}"
    assert subprocess.check_output(["sh", "-c", command], text=True) == word


@pytest.mark.parametrize("room", EXAMPLES)
def test_every_error_has_an_example(room: str) -> None:
    leaves = find_leaves(PluginError)
    here = {leaf for leaf in leaves if leaf.__module__ == f"alembic_plugins.{room}"}
    assert here == {type(error) for error, _ in EXAMPLES[room]}


def test_errors_live_in_their_rooms() -> None:
    found = walk_packages(alembic_plugins.__path__, "alembic_plugins.")
    rooms = [import_module(m.name) for m in found if not m.name.endswith(".env")]
    homes = {leaf.__module__ for leaf in find_leaves(PluginError)}
    assert rooms
    assert homes == {f"alembic_plugins.{room}" for room in EXAMPLES}


def test_unknown_plugin_reads_well_where_there_is_none() -> None:
    assert "there: ." not in str(errors.UnknownPlugin("billing", ()))


def test_unmet_requirement_reads_well_where_the_version_is_unknown() -> None:
    assert "None" not in str(errors.UnmetRequirement("crm", "billing>=2", None))


def test_differences_stand_in_the_order_in_which_they_were_found() -> None:
    error = errors.Different("billing", "schema billing", ("b is missing", "a is missing"))
    assert "make: b is missing; a is missing. " in str(error)


def test_missing_program_reads_well_where_there_is_none() -> None:
    assert "and there is none." in str(errors.ProgramMissing("pg_dump", 18, ()))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("one"), "one"),
        (ValueError("one.\ntwo"), "one"),
        (ValueError("\n  one \n"), "one"),
        (ValueError(), "ValueError"),
    ],
)
def test_first_line_of_an_error_has_no_full_stop(error: Exception, line: str) -> None:
    assert first_line(error) == line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("one\ntwo"), "ValueError: one"),
        (NotImplementedError(), "NotImplementedError"),
        (KeyError("a"), "KeyError: 'a'"),
    ],
)
def test_foreign_error_is_explained_in_one_line(error: Exception, line: str) -> None:
    assert explain(error) == line
