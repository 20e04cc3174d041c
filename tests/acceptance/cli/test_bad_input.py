"""What cannot be done is refused in one sentence that says the way out, and changes nothing."""

import shutil
import subprocess

import pytest
from support.hosts import Host


@pytest.mark.parametrize(
    ("situations", "command", "words"),
    [
        ("billing", "install nothing", "There is no plugin 'nothing' among those that are there: "),
        ("billing", "show nothing", "There is no plugin 'nothing' among those that are there: "),
        ("billing", "install Billing", "'Billing' is no name for a plugin."),
        ("billing", "install host", "'host' is no name for a plugin."),
        ("billing", f"install {'x' * 49}", f"'{'x' * 49}' is no name for a plugin."),
        ("cycle_a cycle_b", "install cycle_a", "Plugins require each other in a circle: "),
        ("revision_cycle", "install revision_cycle", "Revisions depend on each other in a circle"),
        ("requires_missing", "install requires_missing", "Plugin 'requires_missing' requires "),
        ("billing requires_newer", "install requires_newer", "Plugin 'requires_newer' requires "),
        ("depends_on_nothing", "install depends_on_nothing", "Revision 'depends_1' of 'depends_on"),
        ("long_id", "install long_id", "Revision id 'an_identifier_of_more_than_32_characters' of"),
        ("broken_syntax", "install broken_syntax", "Revision file "),
        ("broken_import", "install broken_import", "Revision file "),
        ("empty", "install empty", "Plugin 'empty' has no revisions in "),
        ("creates_schema_undeclared", "install creates_schema_undeclared", "upgrade() of revision"),
        ("fails_midway", "install fails_midway", "upgrade() of revision 'fails_2' of 'fails_mid"),
        ("fails_in_sql", "install fails_in_sql", "upgrade() of revision 'wrong_2' of 'fails_in_"),
        ("billing", "upgrade billing", "Plugin 'billing' is not installed."),
        ("billing", "downgrade billing base --yes", "Plugin 'billing' is not installed."),
        ("billing", "uninstall billing --yes", "Plugin 'billing' is not installed."),
    ],
)
def test_plugin_command_is_refused(host: Host, situations: str, command: str, words: str) -> None:
    host.add(*situations.split()).run("upgrade", "head")
    assert host.refuse("plugin", *command.split()).startswith(words)


@pytest.mark.parametrize(
    "command",
    [
        *("plugin show nothing", "plugin show nothing --json", "plugin install nothing"),
        *("plugin upgrade nothing", "plugin upgrade billing nothing", "plugin forget nothing"),
        *("plugin uninstall nothing --yes", "plugin downgrade nothing base --yes"),
        *("plugin repair nothing", "plugin history nothing", "plugin adopt nothing"),
        *("-x plugin=nothing upgrade head", "-x plugin=nothing downgrade base"),
        *("-x plugin=nothing current", "-x plugin=nothing stamp heads"),
        *("-x plugin=nothing heads", "-x plugin=nothing revision -m none"),
    ],
)
def test_unknown_plugin_is_told_with_where_it_was_looked_for(host: Host, command: str) -> None:
    host.add("billing").run("plugin", "install", "billing")
    assert host.refuse(*command.split()) == (
        "There is no plugin 'nothing' among those that are there: billing; looked in folder "
        f"'{host.folder / 'plugins'}', entry points of group 'alembic_plugins.plugins', sections "
        "[alembic_plugins.NAME] of alembic.ini. Install the package that has it, or see 'alembic "
        "plugin list'."
    )


@pytest.mark.parametrize("command", ["stamp heads", "plugin uninstall billing --yes"])
def test_phase_of_a_release_is_refused_by_what_has_none(host: Host, command: str) -> None:
    host.add("billing").run("plugin", "install", "billing")
    words = host.refuse("-x", "phase=expand", *command.split())
    assert words.startswith("Option '-x phase' cannot be given with '")


@pytest.mark.parametrize("is_applied", [False, True])
@pytest.mark.parametrize(
    "command",
    [
        *("upgrade heads", "upgrade head", "plugin install billing", "stamp head"),
        *("plugin upgrade --all", "-x plugin=billing upgrade head", "revision -m none"),
        *("plugin install billing --dry-run", "plugin install billing --sql"),
    ],
)
def test_missing_folder_of_the_host_is_told_with_what_makes_it(
    host: Host, command: str, is_applied: bool
) -> None:
    host.add("billing").run("upgrade", "head" if is_applied else "base")
    versions = (host.folder / "versions").rename(host.folder / "elsewhere")
    words = host.refuse(*command.split())
    assert words == (
        f"There is no folder '{host.folder / 'versions'}', where the host's revisions are. Create "
        f"it with 'mkdir -p {host.folder / 'versions'}'."
    )
    assert not (host.folder / "versions").exists()
    subprocess.run(["sh", "-c", words.split("'")[-2]], check=True)
    shutil.copytree(versions, host.folder / "versions", dirs_exist_ok=True)
    host.succeed(*command.split())


@pytest.mark.parametrize(
    "command", ["plugin list", "current", "heads", "history", "plugin history"]
)
def test_what_only_reads_goes_on_without_the_folder_of_the_host(host: Host, command: str) -> None:
    host.add("billing").run("plugin", "install", "billing")
    (host.folder / "versions").rename(host.folder / "elsewhere")
    assert "billing" in host.succeed(*command.split()).output


def test_missing_folder_of_the_host_is_a_problem_that_show_tells(host: Host) -> None:
    (host.folder / "versions").rename(host.folder / "elsewhere")
    lines = host.succeed("plugin", "show", "host").lines
    assert "state:              broken" in lines
    assert lines[-1].startswith("problems:           There is no folder ")


def test_host_that_names_no_folder_can_do_without_revisions(host: Host) -> None:
    options = [line for line in host.ini.read_text().splitlines() if "locations" not in line]
    host.ini.write_text("\n".join(options))
    host.add("named_by_prefix").succeed("plugin", "install", "named_by_prefix")
    words = host.refuse("revision", "-m", "none")
    assert words == (
        "Option 'version_locations' is ''. Set it to the folder of the host's revisions."
    )


@pytest.mark.parametrize(
    ("command", "usage", "words"),
    [
        ("upgrade", "NAME ... | --all", "one of the arguments --all NAME is required"),
        ("upgrade billing --all", "NAME ... | --all", "argument --all: not allowed with"),
        ("adopt", "NAME ... | --all", "one of the arguments --all NAME is required"),
        ("adopt billing --all", "NAME ... | --all", "argument --all: not allowed with"),
        ("install", "NAME [NAME ...]", "the following arguments are required: NAME"),
        ("uninstall --yes", "NAME [NAME ...]", "the following arguments are required: NAME"),
    ],
)
def test_command_without_names_tells_its_usage(
    host: Host, command: str, usage: str, words: str
) -> None:
    host.add("billing").run("upgrade", "head")
    before = host.database.dump()
    result = host.alembic("plugin", *command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("usage: alembic plugin ")
    assert usage in result.stderr
    assert f": error: {words}" in result.stderr
    assert host.database.dump() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("-x plugin=nothing upgrade head", "There is no plugin 'nothing' among those"),
        ("-x plugin=nothing current", "There is no plugin 'nothing' among those"),
        ("-x plugin=No upgrade head", "'No' is no name for a plugin."),
        ("-x plugin=billing upgrade nowhere", "'nowhere' leads nowhere on branch 'billing': "),
        ("-x plugin=billing upgrade +7", "'+7' leads nowhere on branch 'billing': "),
        ("-x plugin=billing downgrade base", "Plugin 'billing' is not installed."),
        ("-x plugin=two_heads upgrade head", "Branch 'two_heads' has several heads: two_2a, two_2"),
        ("-x plugin=billing stamp nowhere", "'nowhere' leads nowhere on branch 'billing': "),
        ("-x cascade=perhaps downgrade base", "Option '-x cascade' is 'perhaps'."),
        ("upgrade nowhere", "'nowhere' leads nowhere on branch 'host': "),
        ("downgrade -7", "'-7' leads nowhere on branch 'host': 2 revisions are applied."),
        ("upgrade nothing@head", ""),
        ("-x plugin=broken_syntax upgrade head", "Revision file "),
        ("-x plugin=broken_syntax heads", "Revision file "),
        ("show nowhere", ""),
    ],
)
def test_stock_command_is_refused(host: Host, arguments: str, words: str) -> None:
    host.add("billing", "two_heads", "broken_syntax").run("upgrade", "head")
    assert host.refuse(*arguments.split()).startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version = 2\n", "'version' must be a string"),
        ("verzion = '2'\n", "'verzion' is not one of "),
        ("requires = 'billing>>1'\n", "requirement 'billing>>1' is not written like 'tags>=1.2'"),
        ("requires = ['declared']\n", "it requires itself"),
        ("namespace = 'cellar'\n", "namespace 'cellar' is not 'schema NAME'"),
        ("namespace = 'schema pg_catalog'\n", "'pg_catalog' is no name for a plugin"),
        ("transaction = 'none'\n", "'transaction' must be 'plugin' or 'revision'"),
        ("version = \n", "Invalid value"),
        ("requires = [1]\n", "'requires' must be a list of strings"),
    ],
)
def test_wrong_declaration_is_named(host: Host, text: str, words: str) -> None:
    host.add(declared="billing").write("plugins/declared/plugin.toml", text)
    refusal = host.refuse("plugin", "install", "declared")
    assert refusal.startswith("The declaration of plugin 'declared' in ")
    assert words in refusal


def test_plugin_that_is_declared_twice_names_both_places(host: Host) -> None:
    host.add("billing")
    host.configure("[alembic_plugins.billing]", "versions = plugins/billing/versions")
    words = host.refuse("plugin", "install", "billing")
    assert words.startswith("Plugin 'billing' is declared more than once: folder '")
    assert "section [alembic_plugins.billing] of alembic.ini" in words


def test_namespace_that_is_taken_names_both_plugins(host: Host) -> None:
    host.add("billing", "claims_billing_schema").run("plugin", "install", "billing")
    words = host.refuse("plugin", "install", "claims_billing_schema")
    assert words == (
        "Plugins 'billing' and 'claims_billing_schema' overlap: both claim schema billing. Give "
        "one of them another namespace."
    )


def test_namespaces_of_one_command_may_not_overlap(host: Host) -> None:
    host.add("billing", "claims_billing_schema")
    words = host.refuse("plugin", "install", "billing", "claims_billing_schema")
    assert "both claim schema billing" in words


def test_revision_id_of_another_plugin_is_refused(host: Host) -> None:
    host.add("billing", "copies_billing").run("plugin", "install", "billing")
    words = host.refuse("plugin", "install", "copies_billing")
    assert words.startswith("Revision 'billing_1' is there twice: ")
    assert "'copies_billing'" in words


def test_revision_id_may_not_be_in_two_plugins_of_one_command(host: Host) -> None:
    host.add("billing", "copies_billing")
    words = host.refuse("plugin", "install", "billing", "copies_billing")
    assert words.startswith("Revision 'billing_1' is there twice: ")


def test_revision_id_that_is_not_installed_hinders_nobody(host: Host) -> None:
    host.add("billing", "copies_billing").succeed("plugin", "install", "billing")
    assert host.database.plugins() == ["billing"]


@pytest.mark.parametrize(
    "broken",
    [
        "broken_syntax",
        "broken_import",
        "empty",
        "two_heads",
        "cycle_a",
        "long_id",
        "copies_billing",
    ],
)
def test_broken_plugin_leaves_others_alone(host: Host, broken: str) -> None:
    host.add("billing", broken).succeed("plugin", "install", "billing")
    host.succeed("upgrade", "heads")
    assert host.database.versions() == ["billing_2", "host_2"]


@pytest.mark.parametrize("command", ["heads", "history", "current", "plugin list", "show head"])
def test_broken_plugin_does_not_stop_what_reads(host: Host, command: str) -> None:
    host.add("billing", "broken_syntax", "cycle_a", "copies_billing").run("upgrade", "head")
    result = host.succeed(*command.split())
    assert "Traceback" not in result.output


def test_broken_file_names_its_plugin_and_its_path(host: Host) -> None:
    words = host.add("broken_syntax").refuse("plugin", "install", "broken_syntax")
    path = host.folder / "plugins/broken_syntax/versions/syntax_2_never_finished.py"
    assert words.startswith(f"Revision file '{path}' of 'broken_syntax' cannot be read: SyntaxErr")


def test_schema_that_revisions_make_themselves_is_advised_of(host: Host) -> None:
    host.add("creates_schema_undeclared").run("upgrade", "head")
    words = host.refuse("plugin", "install", "creates_schema_undeclared")
    declaration = "namespace = 'schema creates_schema_undeclared existing'"
    assert f"declare {declaration} where revisions make the schema" in words


def test_failing_revision_is_named_with_its_line(host: Host) -> None:
    host.add("fails_midway").run("upgrade", "head")
    words = host.refuse("plugin", "install", "fails_midway")
    assert "failed: RuntimeError: out of paper ('" in words
    assert "fails_2_print_sheets.py', line 23)" in words


def test_failing_upgrade_keeps_what_came_before(host: Host) -> None:
    host.add("billing", "fails_midway")
    host.fail("plugin", "install", "billing", "fails_midway")
    assert host.database.versions() == ["billing_2", "host_2"]
    assert host.database.tables() == ["billing.invoices", "public.accounts"]


def test_failing_upgrade_with_a_transaction_a_revision_keeps_each(host: Host) -> None:
    host.add("fails_midway")
    host.configure("[alembic_plugins.fails_midway]", "transaction = revision")
    host.fail("plugin", "install", "fails_midway")
    assert host.database.applied() == ["host_1", "host_2", "fails_1"]
    assert "fails_midway.sheets" in host.database.tables()


def test_failing_upgrade_goes_on_when_it_is_repaired(host: Host) -> None:
    host.add("fails_midway")
    host.fail("plugin", "install", "fails_midway")
    path = "plugins/fails_midway/versions/fails_2_print_sheets.py"
    host.write(path, (host.folder / path).read_text().replace("raise ", "# "))
    host.succeed("plugin", "install", "fails_midway")
    assert host.database.versions() == ["fails_2", "host_2"]


def test_upgrade_of_all_does_the_others_before_it_fails(host: Host) -> None:
    host.add("billing", "named_by_prefix", "autocommit").run("plugin", "install", "billing")
    host.run("-x", "plugin=autocommit", "upgrade", "autocommit_1")
    host.write("plugins/billing/versions/billing_3.py", "def upgrade(:\n")
    words = host.fail("upgrade", "heads")
    assert "'billing' cannot be read" in words
    assert host.database.versions() == ["autocommit_2", "billing_2", "host_2"]


def test_prefix_finds_leftovers_with_odd_names(host: Host) -> None:
    host.add("leaves_odd_names").run("plugin", "install", "leaves_odd_names")
    words = host.refuse("plugin", "uninstall", "leaves_odd_names", "--yes")
    assert "odd_Names" in words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("plugin_host_first = maybe", "Option 'plugin_host_first' is 'maybe'."),
        ("plugin_lock_wait = long", "Option 'plugin_lock_wait' is 'long'."),
        ("plugin_namespace = cellar", "Option 'plugin_namespace' is 'cellar'."),
        ("plugin_bootstrap = nowhere:boot", "Option 'plugin_bootstrap' names 'nowhere:boot', "),
        ("plugin_bootstrap = os", "Option 'plugin_bootstrap' names 'os', which cannot be used: "),
        ("plugin_target_metadata = os:nope", "Option 'plugin_target_metadata' names 'os:nope', "),
    ],
)
def test_wrong_option_is_named(host: Host, line: str, words: str) -> None:
    host.add("billing").configure(line)
    assert host.refuse("plugin", "install", "billing").startswith(words)


def test_unreadable_configuration_is_named(host: Host) -> None:
    host.add("billing").configure("[alembic]")
    words = host.refuse("plugin", "list")
    assert words.startswith("Configuration file 'alembic.ini' cannot be read: ")
