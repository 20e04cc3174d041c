"""What real plugins are like: each installs, works beside others, and goes without a trace."""

import pytest
from support.hosts import Host

GOOD = (
    "asks_database",
    "autocommit",
    "billing",
    "creates_own_schema",
    "depends_on_host",
    "drops_concurrently",
    "forks_host",
    "makes_things",
    "named_by_prefix",
    "needs_extension",
    "opens_connection",
    "speaks_in_signs",
    "takes_arguments",
    "two_heads",
    "unnamed_constraints",
    "wants_billing_if_there",
)


@pytest.mark.parametrize("name", GOOD)
def test_plugin_comes_and_goes_without_a_trace(host: Host, name: str) -> None:
    host.add(name).database.execute("CREATE EXTENSION citext")
    host.run("upgrade", "head")
    before = host.database.catalog()
    host.succeed("plugin", "install", name)
    host.succeed("plugin", "uninstall", name, "--yes")
    assert host.database.catalog() == before
    assert host.database.versions() == ["host_2"]


@pytest.mark.parametrize("word", ["order", "user"])
def test_plugin_may_be_named_by_a_reserved_word(host: Host, word: str) -> None:
    host.add(**{word: "reserved_word"})
    host.succeed("plugin", "install", word)
    assert f"{word}.table" in host.database.tables()
    host.succeed("plugin", "uninstall", word, "--yes")
    assert host.database.schemas() == []


def test_plugins_that_depend_on_each_other_s_revisions_are_interleaved(host: Host) -> None:
    host.add("mutual_a", "mutual_b").succeed("plugin", "install", "mutual_a", "mutual_b")
    assert host.database.applied() == ["host_1", "host_2", "a_1", "b_1", "a_2", "b_2"]


def test_plugin_brings_the_revisions_of_another_that_its_own_depend_on(host: Host) -> None:
    host.add("mutual_a", "mutual_b").succeed("plugin", "install", "mutual_a")
    assert host.database.applied() == ["host_1", "host_2", "a_1", "b_1", "a_2"]


def test_plugins_that_depend_on_each_other_go_together(host: Host) -> None:
    host.add("mutual_a", "mutual_b").run("plugin", "install", "mutual_a", "mutual_b")
    host.succeed("plugin", "uninstall", "mutual_a", "mutual_b", "--yes")
    assert host.database.schemas() == []


def test_plugins_that_depend_on_each_other_name_each_other(host: Host) -> None:
    host.add("mutual_a", "mutual_b").run("plugin", "install", "mutual_a", "mutual_b")
    words = host.refuse("plugin", "uninstall", "mutual_a", "--yes")
    assert words.startswith("Plugin 'mutual_a' is required by mutual_b.")


@pytest.fixture
def mutual(host: Host) -> Host:
    """A host on which two plugins that need each other are installed, and one that needs both."""
    host.declare("farm", 'requires = ["mutual_a", "mutual_b"]')
    host.revise("farm", "CREATE TABLE sold (hen int REFERENCES mutual_b.hens)", "DROP TABLE sold")
    host.add("mutual_a", "mutual_b").run("plugin", "install", "farm")
    return host


def test_plugins_that_need_each_other_come_back_together(mutual: Host) -> None:
    mutual.succeed("plugin", "uninstall", "mutual_a", "--cascade", "--keep-data", "--yes")
    words = mutual.refuse("plugin", "restore", "farm")
    assert words.startswith("Plugin 'farm' needs mutual_a, mutual_b, which the database does not")
    result = mutual.succeed("plugin", "restore", "mutual_b")
    assert result.lines[-2:] == ["restored mutual_b", "restored mutual_a"]
    mutual.succeed("plugin", "restore", "farm")
    assert mutual.database.plugins() == ["farm", "mutual_a", "mutual_b"]


def test_way_out_of_a_circle_leads_out(mutual: Host) -> None:
    mutual.succeed("plugin", "uninstall", "farm", "--yes")
    words = mutual.refuse("plugin", "uninstall", "mutual_b", "--yes")
    assert words.endswith("It requires mutual_a, too: name all of them, or pass --cascade.")
    mutual.succeed("plugin", "uninstall", "mutual_b", "mutual_a", "--yes")
    assert mutual.database.schemas() == []


@pytest.mark.parametrize("transactions", ["plugin", "revision"])
def test_circle_is_purged_with_what_hangs_on_it(mutual: Host, transactions: str) -> None:
    mutual.configure(f"transaction_per_migration = {transactions == 'revision'}".lower())
    for path in (mutual.folder / "plugins").rglob("versions/*.py"):
        path.write_text(path.read_text().replace("op.drop_table(", "int("))
    mutual.succeed("plugin", "uninstall", "mutual_a", "--cascade", "--purge", "--yes")
    assert (mutual.database.schemas(), mutual.database.plugins()) == ([], [])
    assert mutual.database.tables() == ["public.accounts"]


def test_depends_on_may_be_computed_at_import(host: Host) -> None:
    host.add("billing", "computed_depends_on").succeed("plugin", "install", "computed_depends_on")
    assert host.database.applied() == ["host_1", "host_2", "billing_1", "computed_1"]


def test_revision_that_follows_a_host_revision_depends_on_it(host: Host) -> None:
    host.add("forks_host").succeed("plugin", "install", "forks_host")
    assert host.database.query(
        "SELECT down_revision, depends_on FROM alembic_plugin_revision WHERE plugin = 'forks_host'"
    ) == [([], ["host_1"])]


def test_host_goes_on_after_a_plugin_has_forked_off_it(host: Host) -> None:
    host.add("forks_host").run("plugin", "install", "forks_host")
    host.succeed("revision", "-m", "more", "--rev-id", "host_3")
    host.succeed("upgrade", "head")
    assert host.database.versions() == ["fork_1", "host_3"]


def test_label_that_several_plugins_have_hinders_none(host: Host) -> None:
    host.add("expands_a", "expands_b").succeed("plugin", "install", "expands_a", "expands_b")
    assert host.database.plugins() == ["expands_a", "expands_b"]


def test_optional_requirement_counts_for_nothing_where_it_is_not_installed(host: Host) -> None:
    host.add("billing", "wants_billing_if_there")
    host.succeed("plugin", "install", "wants_billing_if_there")
    assert host.database.plugins() == ["wants_billing_if_there"]


def test_optional_requirement_does_not_keep_a_plugin(host: Host) -> None:
    host.add("billing", "wants_billing_if_there").run("plugin", "install", "billing")
    host.run("plugin", "install", "wants_billing_if_there")
    host.succeed("plugin", "uninstall", "billing", "--yes")
    assert host.database.plugins() == ["wants_billing_if_there"]


def test_extension_that_a_plugin_needs_is_created(host: Host) -> None:
    host.add("needs_extension").succeed("plugin", "install", "needs_extension")
    assert "citext" in host.database.values("SELECT extname FROM pg_extension")


def test_schema_that_was_there_is_kept(host: Host) -> None:
    host.add("billing").database.execute("CREATE SCHEMA billing")
    host.run("plugin", "install", "billing")
    host.succeed("plugin", "uninstall", "billing", "--yes")
    assert host.database.schemas() == ["billing"]


def test_plugin_stays_in_the_schema_that_it_was_installed_into(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    host.configure("[alembic_plugins.billing]", "namespace = schema elsewhere")
    host.succeed("plugin", "upgrade", "billing")
    assert host.database.values("SELECT namespace FROM alembic_plugin") == ["schema billing"]
    assert host.database.schemas() == ["billing"]


def test_example_host_installs_all_its_plugins(example: Host) -> None:
    example.succeed("plugin", "install", "audit", "notes", "posts")
    assert example.database.plugins() == ["audit", "notes", "posts", "tags"]


def test_example_host_goes_back_to_nothing(example: Host) -> None:
    example.run("plugin", "install", "audit", "notes", "posts")
    example.succeed("-x", "cascade=true", "downgrade", "base")
    assert example.database.tables() == []
    assert example.database.schemas() == []


def test_example_plugins_are_as_their_models_say(example: Host) -> None:
    example.run("plugin", "install", "audit", "notes", "posts")
    assert example.succeed("check").lines == ["No new upgrade operations detected."]


def test_example_tags_are_put_in_and_taken_out(example: Host) -> None:
    example.run("plugin", "install", "tags")
    assert example.database.query("SELECT count(*) FROM tags.tags") == [(4,)]
    example.succeed("-x", "plugin=tags", "downgrade", "-1")
    assert example.database.query("SELECT count(*) FROM tags.tags") == [(0,)]
