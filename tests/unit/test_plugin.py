"""Names, namespaces and requirements of a plugin."""

from typing import Any

import pytest

from alembic_plugins import Plugin, Prefix, Schema
from alembic_plugins.errors import InvalidDeclaration, InvalidName
from alembic_plugins.plugin import (
    Namespace,
    check_name,
    overlap,
    parse_namespace,
    parse_requirement,
)

BAD_NAMES = (
    "public",
    "information_schema",
    "pg_x",
    "Foo",
    "../x",
    "a;drop",
    "a" * 80,
    "a" * 49,
    "host",
    "head",
    "heads",
    "base",
    "current",
    "",
    "1a",
    "_a",
    "a-b",
    "a b",
    "a\n",
    "ä",
)


@pytest.mark.parametrize("name", ["a", "audit", "a1", "a_1", "pgx", "hosts", "a" * 48])
def test_good_name_is_returned(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidName) as excinfo:
        check_name(name)
    assert excinfo.value.name == name


@pytest.mark.parametrize("name", BAD_NAMES)
def test_plugin_with_a_bad_name_cannot_be_declared(name: str) -> None:
    with pytest.raises(InvalidName):
        Plugin(name)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_schema_of_its_own_has_a_plugin_name(name: str) -> None:
    with pytest.raises(InvalidName):
        Schema(name)


@pytest.mark.parametrize("name", ["public", "Shared", "host"])
def test_existing_schema_may_have_any_name(name: str) -> None:
    assert Schema(name, create=False).name == name


@pytest.mark.parametrize("names", [(), ("",), ("_",), ("Wiki_",), ("wiki_", "a;drop"), ("a b",)])
def test_bad_prefix_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(InvalidName):
        Prefix(*names)


@pytest.mark.parametrize("table", ["wiki_pages", "wiki_", "wikis"])
def test_prefix_covers_tables_that_begin_with_it_and_exact_names(table: str) -> None:
    assert Prefix("wiki_", "wikis").covers(table)


@pytest.mark.parametrize("table", ["wiki", "wikis_x", "wikipages", "WIKI_pages", "my_wiki_pages"])
def test_prefix_covers_no_other_table(table: str) -> None:
    assert not Prefix("wiki_", "wikis").covers(table)


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        ("schema audit", Schema("audit")),
        ("  schema   audit ", Schema("audit")),
        ("schema audit existing", Schema("audit", create=False)),
        ("schema public existing", Schema("public", create=False)),
        ("prefix audit_", Prefix("audit_")),
        ("prefix wiki_ wikis", Prefix("wiki_", "wikis")),
    ],
)
def test_namespace_is_read(text: str, namespace: Namespace) -> None:
    assert parse_namespace(text) == namespace


@pytest.mark.parametrize(
    "text",
    ["", "audit", "schema", "prefix", "schema a b", "schema a existing b", "table a", "Schema a"],
)
def test_text_that_is_no_namespace_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"namespace '{text}' is not 'schema NAME'"):
        parse_namespace(text)


@pytest.mark.parametrize("text", ["schema public", "schema pg_x", "prefix Foo_", "prefix a_ a;b"])
def test_namespace_with_a_bad_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        parse_namespace(text)


@pytest.mark.parametrize(
    "namespace",
    [
        Schema("audit"),
        Schema("public", create=False),
        Schema("Shared", create=False),
        Prefix("wiki_", "wikis"),
    ],
)
def test_namespace_is_read_back_from_its_own_text(namespace: Namespace) -> None:
    assert parse_namespace(str(namespace)) == namespace


@pytest.mark.parametrize("name", ["", "two words", "tab\tbed"])
def test_existing_schema_whose_text_cannot_be_read_back_is_refused(name: str) -> None:
    # The registry keeps the text: one that cannot be read stops every command.
    with pytest.raises(InvalidName):
        Schema(name, create=False)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Schema("a"), Schema("a")),
        (Schema("a"), Schema("a", create=False)),
        (Prefix("wiki_"), Prefix("wiki_")),
        (Prefix("wiki_"), Prefix("wiki_page_")),
        (Prefix("wiki_"), Prefix("wiki_pages")),
        (Prefix("a_", "wikis"), Prefix("b_", "wikis")),
    ],
)
def test_overlap_is_seen_from_both_sides(first: Namespace, second: Namespace) -> None:
    assert (overlap(first, second), overlap(second, first)) == (True, True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Schema("a"), Schema("b")),
        (Schema("public", create=False), Schema("public", create=False)),
        (Prefix("wiki_"), Prefix("wikis_")),
        (Prefix("wiki_"), Prefix("wikis")),
        (Schema("wiki"), Prefix("wiki_")),
    ],
)
def test_namespaces_that_fit_side_by_side_do_not_overlap(
    first: Namespace, second: Namespace
) -> None:
    assert (overlap(first, second), overlap(second, first)) == (False, False)


@pytest.mark.parametrize(
    ("text", "name", "optional"),
    [
        ("tags", "tags", False),
        ("tags>=1.2", "tags", False),
        ("tags >= 1.2, < 2", "tags", False),
        ("tags?", "tags", True),
        ("tags?>=1.2", "tags", True),
    ],
)
def test_requirement_names_a_plugin(text: str, name: str, optional: bool) -> None:
    requires = parse_requirement(text)
    assert (requires.text, requires.name, requires.optional) == (text, name, optional)


@pytest.mark.parametrize("text", ["", ">=1.2", "tags>=", "tags 1.2", "tags>=one"])
def test_text_that_is_no_requirement_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not written like 'tags>=1\.2'"):
        parse_requirement(text)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("tags", None),
        ("tags", "0.1"),
        ("tags>=1.2", "1.2"),
        ("tags>=1.2", "1.10"),
        ("tags>=1.2,<2", "1.9"),
        ("tags>=1.2", "1.3rc1"),
        ("tags?>=1.2", "2"),
    ],
)
def test_requirement_is_met(text: str, version: str | None) -> None:
    assert parse_requirement(text).met_by(version)


@pytest.mark.parametrize(
    ("text", "version"),
    [("tags>=1.2", None), ("tags>=1.2", "1.1"), ("tags<2", "2.0"), ("tags>=1.2", "not-a-version")],
)
def test_requirement_is_not_met(text: str, version: str | None) -> None:
    assert not parse_requirement(text).met_by(version)


def test_requirements_are_parsed_in_their_order() -> None:
    plugin = Plugin("audit", requires=["tags>=1.2", "notes?"])
    assert [requires.name for requires in plugin.requirements] == ["tags", "notes"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"requires": "tags"}, "'requires' must be a list of strings"),
        ({"requires": [1]}, "'requires' must be a list of strings"),
        ({"extensions": "citext"}, "'extensions' must be a list of strings"),
        ({"writes": None}, "'writes' must be a list of strings"),
        ({"version": 1.2}, "'version' must be a string"),
        ({"description": 1}, "'description' must be a string"),
        ({"models": object}, "'models' must be a string"),
        ({"transaction": "none"}, "'transaction' must be 'plugin' or 'revision'"),
        ({"namespace": "audit"}, "'namespace' must be a Schema or a Prefix"),
        ({"requires": ["tags>="]}, "requirement 'tags>=' is not written like 'tags>=1.2'"),
        ({"requires": ["audit"]}, "it requires itself"),
    ],
)
def test_wrong_field_is_named(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidDeclaration) as excinfo:
        Plugin("audit", **fields)  # type: ignore[arg-type]
    assert (excinfo.value.name, excinfo.value.problem) == ("audit", problem)


@pytest.mark.parametrize("requirement", ["Tags>=1", "tags-x", "host", "pg_x"])
def test_requirement_that_can_name_no_plugin_is_a_wrong_field(requirement: str) -> None:
    with pytest.raises(InvalidDeclaration):
        Plugin("audit", requires=[requirement])


def test_plugin_needs_nothing_but_a_name() -> None:
    plugin = Plugin("audit")
    assert (plugin.versions, plugin.namespace, plugin.transaction) == ("versions", None, "plugin")


@pytest.mark.parametrize(
    "fields",
    [
        {"formerly": "audit"},
        {"formerly": ["Audit"]},
        {"formerly": ["log"]},
        {"formerly": ["audit"], "requires": ["audit"]},
    ],
)
def test_former_names_that_cannot_be_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidDeclaration):
        Plugin("log", **fields)
