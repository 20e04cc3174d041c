"""Revisions that are named without their plugin, and plugins that use the same names."""

import shutil

import pytest
from support.hosts import Host


@pytest.fixture
def foo(host: Host) -> Host:
    """A host with a plugin of three revisions, of which the first one is applied."""
    for table in "abc":
        host.revise("foo", f"CREATE TABLE {table} (i int)", f"DROP TABLE {table}")
    host.run("upgrade", "foo_1")
    return host


@pytest.mark.parametrize(
    ("argument", "row"),
    [
        ("foo_1+1", "foo_2"),
        ("foo_1+2", "foo_3"),
        ("foo@foo_1+1", "foo_2"),
        ("foo@head-1", "foo_2"),
        ("foo_3-1", "foo_2"),
    ],
)
def test_relative_revision_means_the_branch_that_has_it(foo: Host, argument: str, row: str) -> None:
    foo.succeed("upgrade", argument)
    assert row in foo.database.versions()
    foo.run("plugin", "upgrade", "foo")
    foo.succeed("downgrade", argument)
    assert row in foo.database.versions()


def test_beginning_of_an_id_means_the_branch_that_has_it(foo: Host) -> None:
    foo.write(
        "plugins/bar/versions/b.py",
        "revision = '3d1f9a'\ndown_revision = None\ndef upgrade(): pass",
    )
    foo.succeed("upgrade", "3d1f")
    assert "3d1f9a" in foo.database.versions()


def test_beginning_of_ids_on_several_branches_is_refused(foo: Host) -> None:
    foo.write("plugins/bar/versions/b.py", "revision = 'foo_9'\ndown_revision = None")
    assert "'foo_1' of 'foo' and 'foo_9' of 'bar' begin so" in foo.refuse("upgrade", "foo_")


def test_current_has_a_fixed_order(foo: Host) -> None:
    names = ["zig", "bar", "tux", "ant"]
    for name in names:
        foo.revise(name, "CREATE TABLE a (i int)").run("plugin", "install", name)
    lines = [foo.succeed("current").lines for _ in range(5)]
    assert [line.partition(":")[0] for line in lines[0]] == ["host", "foo", *names]
    assert lines[1:] == lines[:-1]


@pytest.mark.parametrize("options", [[], ["--verbose"]])
def test_heads_shows_both_of_two_plugins_with_equal_ids(foo: Host, options: list[str]) -> None:
    shutil.copytree(foo.folder / "plugins/foo", foo.folder / "plugins/new")
    result = foo.succeed("heads", *options)
    both = ["Plugin: foo", "Plugin: new"] if options else ["foo: foo_3 (head)", "new: foo_3 (head)"]
    assert [line for line in result.lines if line in both] == both
    assert "is there twice: in 'foo', in 'new'" in result.stderr
