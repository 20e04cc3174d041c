"""Hooks of plugins: when they are called, with what, and what becomes of what they do."""

from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine
from support.drivers import OTHERS, drive
from support.hosts import Host

from alembic_plugins import commands

NOTE = """\
from sqlalchemy import text


def _note(context, moment):
    row = f"{moment} {context.from_version} {context.to_version}"
    row += f" {','.join(context.from_revisions)}-{','.join(context.to_revisions)}"
    row += " kept" * context.keeps_data
    context.connection.execute(text("INSERT INTO public.calls (plugin, words) VALUES (:p, :w)"),
                               {"p": context.plugin, "w": row})


def before_install(context): _note(context, "before_install")
def after_install(context): _note(context, "after_install")
def before_upgrade(context): _note(context, "before_upgrade")
def after_upgrade(context): _note(context, "after_upgrade")
def before_downgrade(context): _note(context, "before_downgrade")
def after_downgrade(context): _note(context, "after_downgrade")
def before_uninstall(context): _note(context, "before_uninstall")
def after_uninstall(context): _note(context, "after_uninstall")
"""
CALLS = "SELECT words FROM calls ORDER BY id"


def add_noting(host: Host, name: str = "shop", *lines: str) -> None:
    """Give a host a plugin of two revisions, whose hooks note that they are called."""
    host.revise(name, f"CREATE TABLE {name}_one (i int)", f"DROP TABLE {name}_one")
    host.revise(name, f"CREATE TABLE {name}_two (i int)", f"DROP TABLE {name}_two")
    host.write(f"plugins/{name}/hooks.py", NOTE)
    host.declare(name, 'version = "1.0"', 'hooks = "hooks"', 'writes = ["calls"]', *lines)


@pytest.fixture
def shop(host: Host) -> Host:
    """A host with a table of calls, and a plugin whose hooks note theirs."""
    table = "CREATE TABLE calls (id int GENERATED ALWAYS AS IDENTITY, plugin text, words text)"
    (host.folder / "versions").joinpath("calls.py").write_text(
        f'from alembic import op\nrevision = "calls"\ndown_revision = "host_2"\n'
        f'def upgrade():\n    op.execute("{table}")\ndef downgrade():\n    pass\n'
    )
    host.run("upgrade", "head")
    add_noting(host)
    return host


def test_install_calls_its_hooks(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    assert shop.database.values(CALLS) == [
        "before_install None 1.0 -shop_2",
        "after_install None 1.0 -shop_2",
    ]


def test_upgrade_calls_its_hooks(shop: Host) -> None:
    shop.run("-x", "plugin=shop", "upgrade", "shop_1")
    shop.declare("shop", 'version = "1.1"', 'hooks = "hooks"', 'writes = ["calls"]')
    shop.run("upgrade", "heads")
    assert shop.database.values(CALLS) == [
        "before_install None 1.0 -shop_1",
        "after_install None 1.0 -shop_1",
        "before_upgrade 1.0 1.1 shop_1-shop_2",
        "after_upgrade 1.0 1.1 shop_1-shop_2",
    ]


def test_nothing_to_do_calls_no_hook(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    shop.run_all([["upgrade", "heads"], ["plugin", "install", "shop"]])
    assert len(shop.database.values(CALLS)) == 2


def find_last(host: Host) -> list[object]:
    """Return the two last calls."""
    return host.database.values(CALLS)[-2:]


def test_downgrade_calls_its_hooks(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    shop.run("downgrade", "-1")
    assert find_last(shop) == [
        "before_downgrade 1.0 1.0 shop_2-shop_1",
        "after_downgrade 1.0 1.0 shop_2-shop_1",
    ]


@pytest.mark.parametrize(
    "command",
    [["plugin", "uninstall", "shop", "--yes"], ["-x", "plugin=shop", "downgrade", "base"]],
)
def test_uninstall_calls_its_hooks(shop: Host, command: list[str]) -> None:
    shop.run("plugin", "install", "shop")
    shop.run(*command)
    assert find_last(shop) == [
        "before_uninstall 1.0 None shop_2-",
        "after_uninstall 1.0 None shop_2-",
    ]
    assert shop.database.plugins() == []


def test_plugin_at_base_is_upgraded_again(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    shop.run_all([["downgrade", "-2"], ["upgrade", "heads"]])
    assert find_last(shop) == ["before_upgrade 1.0 1.0 -shop_2", "after_upgrade 1.0 1.0 -shop_2"]


def add_hook(host: Host, moment: str, *lines: str, name: str = "shop") -> None:
    """Give a plugin a single hook that does something with `context`."""
    body = "\n    ".join(lines)
    imports = "from alembic import op\nfrom sqlalchemy import text\n"
    host.write(f"plugins/{name}/hooks.py", f"{imports}\ndef {moment}(context):\n    {body}\n")


MOMENTS = {
    "install": [],
    "upgrade": [["-x", "plugin=shop", "upgrade", "shop_1"]],
    "downgrade": [["plugin", "install", "shop"]],
    "uninstall": [["plugin", "install", "shop"]],
}
COMMANDS = {
    "install": ["plugin", "install", "shop"],
    "upgrade": ["upgrade", "heads"],
    "downgrade": ["downgrade", "-1"],
    "uninstall": ["plugin", "uninstall", "shop", "--yes"],
}


@pytest.mark.parametrize("kind", MOMENTS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_hook_that_raises_takes_all_back(shop: Host, kind: str, when: str) -> None:
    shop.write("plugins/shop/hooks.py", "def after_install(context): pass\n")
    shop.run_all(MOMENTS[kind])
    add_hook(shop, f"{when}_{kind}", "raise ValueError('not today')")
    words = shop.refuse(*COMMANDS[kind])
    file = shop.folder / "plugins/shop/hooks.py"
    assert words.startswith(
        f"Hook '{when}_{kind}' of plugin 'shop' failed: ValueError: not today ('{file}', line 5). "
        "Its transaction was rolled back; correct the hook and "
    )
    failed = "SELECT detail FROM alembic_plugin_event WHERE outcome = 'failed'"
    assert shop.database.values(failed) == [words]


@pytest.mark.parametrize("kind", MOMENTS)
def test_command_runs_without_hooks(shop: Host, kind: str) -> None:
    shop.write("plugins/shop/hooks.py", "def after_install(context): pass\n")
    shop.run_all(MOMENTS[kind])
    add_hook(shop, f"after_{kind}", "raise ValueError('not today')")
    command = COMMANDS[kind]
    stock = ["-x", "without_hooks=true", *command]
    shop.run(*([*command, "--without-hooks"] if command[0] == "plugin" else stock))


ENDS = {
    "commit": "context.connection.commit()",
    "rollback": "context.connection.rollback()",
    "close": "context.connection.close()",
    "COMMIT": 'context.connection.execute(text("COMMIT"))',
    "ROLLBACK": 'op.execute("ROLLBACK")',
    "among others": 'context.connection.exec_driver_sql("SELECT 1; ROLLBACK; SELECT 2")',
    "driver": "context.connection.connection.rollback()",
    "cursor of the driver": 'context.connection.connection.cursor().execute("ROLLBACK")',
    "block": "with op.get_context().autocommit_block(): pass",
}
KEPT = {
    "among others": 'context.connection.exec_driver_sql("SELECT 1; COMMIT; SELECT 2")',
    "driver": "context.connection.connection.commit()",
    "cursor of the driver": 'context.connection.connection.cursor().execute("COMMIT")',
}


@pytest.mark.parametrize("body", ENDS.values(), ids=list(ENDS))
@pytest.mark.parametrize("moment", ["before_install", "after_install"])
def test_hook_that_ends_its_transaction_is_refused(shop: Host, body: str, moment: str) -> None:
    add_hook(shop, moment, body)
    words = shop.refuse("plugin", "install", "shop")
    assert words.startswith(f"Hook '{moment}' of 'shop' ends the transaction")


@pytest.mark.parametrize("body", KEPT.values(), ids=list(KEPT))
@pytest.mark.parametrize("moment", ["before_install", "after_install"])
def test_what_a_hook_commits_is_recorded(shop: Host, body: str, moment: str) -> None:
    make = 'op.execute("CREATE TABLE made (i int)")'
    add_hook(shop, moment, make, body)
    words = shop.fail("plugin", "install", "shop")
    assert words.startswith(f"Hook '{moment}' of 'shop' ends the transaction")
    assert words.endswith("but what was committed midway stays.")
    add_hook(shop, moment, "pass")
    shop.succeed("plugin", "install", "shop")
    shop.succeed("plugin", "uninstall", "shop", "--yes")
    assert shop.database.tables() == ["public.accounts", "public.calls"]


EXITS = {
    "exit": "raise SystemExit(0)",
    "quit": "raise GeneratorExit",
    "own": "raise type('Stop', (BaseException,), {})()",
}


@pytest.mark.parametrize("body", EXITS.values(), ids=list(EXITS))
def test_hook_that_ends_the_process_is_a_failure(shop: Host, body: str) -> None:
    add_hook(shop, "after_install", body)
    assert "Hook 'after_install' of plugin 'shop' failed" in shop.refuse(
        "plugin", "install", "shop"
    )


def test_hook_that_is_interrupted_is_cancelled(shop: Host) -> None:
    add_hook(shop, "after_install", "raise KeyboardInterrupt")
    assert shop.refuse("plugin", "install", "shop").startswith("Interrupted")


def test_install_in_several_transactions_is_completed(shop: Host) -> None:
    add_noting(shop, "till", "transaction = 'revision'")
    shop.revise("till", "SELECT 1/0")
    words = shop.fail("plugin", "install", "till")
    assert "division by zero" in words
    shop.write(
        "plugins/till/versions/till_3.py",
        shop.folder.joinpath("plugins/till/versions/till_3.py").read_text().replace("1/0", "1"),
    )
    shop.run("upgrade", "heads")
    assert shop.database.values(CALLS) == [
        "before_install None 1.0 -till_3",
        "after_install None 1.0 -till_3",
    ]
    assert shop.database.values("SELECT installing FROM alembic_plugin") == [False]


def test_hook_after_several_transactions_takes_back_the_last(shop: Host) -> None:
    shop.declare("shop", 'hooks = "hooks"', "transaction = 'revision'")
    add_hook(shop, "after_install", "1/0")
    words = shop.fail("plugin", "install", "shop")
    assert "Its transaction was rolled back, but what revision 'shop_1' has done stays" in words
    assert shop.database.applied() == ["host_1", "host_2", "calls", "shop_1"]


PLAIN = """\
from alembic import op

revision = "shop_1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE shop_one (i int)")


def downgrade():
    op.execute("DROP TABLE shop_one")
"""
AUTOCOMMIT = """\
from alembic import op

revision = "shop_3"
down_revision = "shop_2"


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE TABLE shop.apart (i int)")
    {}


def downgrade():
    op.execute("DROP TABLE shop.apart")
"""


def test_hook_after_an_autocommit_block_says_what_stays(shop: Host) -> None:
    shop.write("plugins/shop/versions/shop_3.py", AUTOCOMMIT.format("pass"))
    add_hook(shop, "after_install", "1/0")
    words = shop.fail("plugin", "install", "shop")
    assert "rolled back, but what was committed midway stays; correct the hook" in words
    shop.write("plugins/shop/hooks.py", NOTE)
    shop.run("plugin", "install", "shop")
    assert shop.database.values(CALLS) == ["after_install None 1.0 -shop_3"]


def test_hook_before_an_interrupted_upgrade_is_not_called_again(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    shop.write("plugins/shop/versions/shop_3.py", AUTOCOMMIT.format("1/0"))
    shop.fail("upgrade", "heads")
    shop.write("plugins/shop/versions/shop_3.py", AUTOCOMMIT.format("pass"))
    shop.run("upgrade", "heads")
    assert shop.database.values(CALLS)[2:] == [
        "before_upgrade 1.0 1.0 shop_2-shop_3",
        "after_upgrade 1.0 1.0 shop_2-shop_3",
    ]


def test_what_is_set_aside_and_restored_has_its_data(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    shop.run("plugin", "uninstall", "shop", "--keep-data", "--yes")
    assert shop.database.values(CALLS)[2:] == ["before_uninstall 1.0 None shop_2- kept"]
    shop.run("plugin", "restore", "shop")
    assert shop.database.values(CALLS)[3:] == ["after_install None 1.0 -shop_2 kept"]
    assert shop.database.values("SELECT installing FROM alembic_plugin") == [False]


def test_hook_after_a_restore_that_fails_is_called_by_install(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    shop.run("plugin", "uninstall", "shop", "--keep-data", "--yes")
    add_hook(shop, "after_install", "1/0")
    words = shop.fail("plugin", "restore", "shop")
    assert (
        "but what is restored stays; correct the hook and run 'alembic plugin install shop'"
        in words
    )
    shop.write("plugins/shop/hooks.py", NOTE)
    output = shop.succeed("plugin", "install", "shop").stdout
    assert output == "ended the install of shop\n"
    assert find_last(shop)[1] == "after_install None 1.0 -shop_2 kept"


def test_set_aside_plugin_that_is_dropped_calls_the_hook_after(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    shop.run("plugin", "uninstall", "shop", "--keep-data", "--yes")
    shop.run("plugin", "uninstall", "shop", "--purge", "--yes")
    assert find_last(shop)[1] == "after_uninstall 1.0 None -"


def test_cascade_calls_hooks_of_dependents_first(shop: Host) -> None:
    add_noting(shop, "till", 'requires = ["shop"]')
    shop.run("plugin", "install", "till")
    shop.run("plugin", "uninstall", "shop", "--cascade", "--yes")
    query = "SELECT plugin || ' ' || split_part(words, ' ', 1) FROM calls ORDER BY id"
    assert shop.database.values(query) == [
        "shop before_install",
        "shop after_install",
        "till before_install",
        "till after_install",
        "till before_uninstall",
        "shop before_uninstall",
        "till after_uninstall",
        "shop after_uninstall",
    ]


def test_cascade_sets_aside_dependents_first(shop: Host) -> None:
    add_noting(shop, "till", 'requires = ["shop"]')
    shop.run("plugin", "install", "till")
    shop.run("plugin", "uninstall", "shop", "--cascade", "--keep-data", "--yes")
    query = "SELECT plugin || ' ' || split_part(words, ' ', 1) FROM calls ORDER BY id"
    assert shop.database.values(query)[4:] == ["till before_uninstall", "shop before_uninstall"]


WRITE = "op.execute(\"INSERT INTO public.accounts (name) VALUES ('x')\")"


@pytest.mark.parametrize("kind", MOMENTS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_guard_watches_hooks(shop: Host, kind: str, when: str) -> None:
    shop.write("plugins/shop/hooks.py", "def after_install(context): pass\n")
    shop.run_all(MOMENTS[kind])
    add_hook(shop, f"{when}_{kind}", "op.execute('CREATE TABLE public.elsewhere (i int)')")
    words = shop.refuse(*COMMANDS[kind])
    assert words.startswith(f"Hook '{when}_{kind}' of 'shop' creates table public.elsewhere")
    assert words.endswith("or correct the hook; its transaction was rolled back.")


def test_guard_tells_revision_from_hook(shop: Host) -> None:
    shop.revise("shop", "CREATE TABLE public.elsewhere (i int)")
    add_hook(shop, "after_install", "op.execute('CREATE TABLE mine (i int)')")
    words = shop.refuse("plugin", "install", "shop")
    assert words.startswith("Revision 'shop_3' of 'shop' creates table public.elsewhere")


MAKES = {
    "table": "CREATE TABLE shop_made (i int)",
    "table that refers": "CREATE TABLE shop_made (i int REFERENCES shop_key)",
    "view": "CREATE VIEW shop_made AS SELECT * FROM shop_one",
    "index": "CREATE INDEX shop_made ON shop_one (i)",
    "index elsewhere": "CREATE INDEX shop_made ON public.calls (id)",
    "column elsewhere": "ALTER TABLE public.calls ADD COLUMN shop_made int",
}
SPACES = ["schema shop", "prefix shop_", "schema public existing"]
MADE = """
    SELECT relname FROM pg_class WHERE relname ~ '^shop' UNION
    SELECT attname FROM pg_attribute WHERE attname = 'shop_made' UNION
    SELECT identity FROM alembic_plugin_object WHERE plugin = 'shop'
"""


@pytest.mark.parametrize("options", [[], ["--purge"]], ids=["", "purge"])
@pytest.mark.parametrize("namespace", SPACES)
@pytest.mark.parametrize("make", MAKES.values(), ids=list(MAKES))
@pytest.mark.parametrize("moment", ["after_install", "before_upgrade"])
def test_what_a_hook_makes_goes_with_its_plugin(
    shop: Host, moment: str, make: str, namespace: str, options: list[str]
) -> None:
    shop.declare("shop", 'hooks = "hooks"', 'writes = ["calls"]', f'namespace = "{namespace}"')
    shop.revise("shop", "CREATE TABLE shop_key (i int PRIMARY KEY)", "DROP TABLE shop_key")
    add_hook(shop, moment, f"op.execute({make!r})")
    shop.run("plugin", "install", "shop")
    shop.revise("shop", "SELECT 1")
    shop.run("upgrade", "heads")
    assert "shop_made" in shop.database.values(MADE)
    shop.run("plugin", "uninstall", "shop", "--yes", *options)
    assert shop.database.values(MADE) == []


@pytest.mark.parametrize("namespace", SPACES)
def test_what_revisions_need_a_hook_can_make(shop: Host, namespace: str) -> None:
    shop.declare("shop", 'hooks = "hooks"', f'namespace = "{namespace}"')
    shop.revise("shop", "CREATE TABLE shop_uses (i shop_made)", "DROP TABLE shop_uses")
    add_hook(shop, "before_install", "op.execute('CREATE DOMAIN shop_made AS int')")
    shop.run("plugin", "install", "shop")
    shop.run("plugin", "uninstall", "shop", "--yes")
    assert shop.database.values("SELECT 1 FROM pg_type WHERE typname = 'shop_made'") == []


def test_what_the_last_hook_makes_goes_too(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    add_hook(shop, "after_uninstall", "op.execute('CREATE TABLE shop_made (i int)')")
    shop.run("plugin", "uninstall", "shop", "--yes")
    assert shop.database.values(MADE) == []


def test_what_a_hook_has_made_keeps_no_plugin_at_base_from_an_upgrade(shop: Host) -> None:
    add_hook(shop, "after_install", "op.execute('CREATE TABLE shop_made (i int)')")
    shop.run("plugin", "install", "shop")
    shop.run_all([["downgrade", "-2"], ["upgrade", "heads"]])
    assert shop.database.applied()[-2:] == ["shop_1", "shop_2"]


def test_downgrade_to_base_drops_what_a_hook_has_made(shop: Host) -> None:
    add_hook(shop, "after_install", "op.execute('CREATE VIEW shop_made AS TABLE shop_one')")
    shop.run("plugin", "install", "shop")
    shop.run("-x", "plugin=shop", "downgrade", "base")
    assert shop.database.values(MADE) == []


@pytest.mark.parametrize("namespace", SPACES)
def test_transaction_of_the_caller_has_its_hooks(shop: Host, namespace: str) -> None:
    shop.declare("shop", 'hooks = "hooks"', f'namespace = "{namespace}"')
    add_hook(shop, "after_install", "op.execute('CREATE VIEW shop_made AS TABLE shop_one')")
    engine = create_engine(shop.database.text, poolclass=NullPool)
    with engine.begin() as connection:
        commands.install(shop.config(connection=connection), "shop")
    assert "shop_made" in shop.database.values(MADE)
    with engine.begin() as connection:
        commands.uninstall(shop.config(connection=connection), "shop")
    assert shop.database.values(MADE) == []


def add_general(host: Host, package: str, text: str = NOTE) -> None:
    """Give the host a package with hooks for every plugin."""
    entry_points = f"[alembic_plugins.hooks]\ncalls = {package}.hooks\n"
    folder = host.distribute(package, "1.0", entry_points)
    (folder / "hooks.py").write_text(text.replace('f"{moment}', f'f"{package} {{moment}}'))


def test_hooks_for_every_plugin_are_around_its_own(shop: Host) -> None:
    add_general(shop, "beta")
    add_general(shop, "acme")
    shop.succeed("plugin", "install", "shop")
    assert shop.database.values("SELECT split_part(words, ' None', 1) FROM calls ORDER BY id") == [
        *("acme before_install", "beta before_install", "before_install"),
        *("after_install", "beta after_install", "acme after_install"),
    ]


def test_hooks_for_every_plugin_are_called_where_its_package_is_gone(shop: Host) -> None:
    shop.write("plugins/shop/versions/shop_1.py", PLAIN)
    (shop.folder / "plugins/shop/versions/shop_2.py").unlink()
    shop.run("plugin", "install", "shop")
    add_general(shop, "acme")
    shop.remove("shop").configure("plugin_guard_allow = calls")
    output = shop.succeed("plugin", "uninstall", "shop", "--yes").output
    told = "The hooks of plugin 'shop', 'hooks', are not called, since its package is"
    assert output.count(told) == 1
    assert find_last(shop) == [
        "acme before_uninstall 1.0 None shop_1-",
        "acme after_uninstall 1.0 None shop_1-",
    ]


def test_entry_point_that_cannot_be_loaded_stops_the_command(shop: Host) -> None:
    add_general(shop, "acme", "import no_such_module")
    words = shop.refuse("plugin", "install", "shop")
    assert words.startswith("The hooks of entry point 'acme:calls', 'acme.hooks', cannot be used")
    shop.succeed("plugin", "list")
    shop.succeed("plugin", "install", "shop", "--without-hooks")


def test_hook_of_an_entry_point_that_raises_is_told(shop: Host) -> None:
    add_general(shop, "acme", "def after_install(context): 1/0")
    words = shop.refuse("plugin", "install", "shop")
    assert words.startswith("Hook 'after_install' of entry point 'acme:calls' for plugin 'shop'")


def test_transaction_that_met_another_calls_its_hooks_again(shop: Host) -> None:
    failure = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"
    lines = ["tries.append(1)", f'if len(tries) == 1: op.execute("{failure}")']
    add_hook(shop, "after_install", *lines, "context.store['tries'] = len(tries)")
    with (shop.folder / "plugins/shop/hooks.py").open("a") as file:
        file.write("\ntries = []\n")
    shop.run("plugin", "install", "shop")
    assert shop.database.values("SELECT value FROM alembic_plugin_value") == [2]


def test_others_go_on_where_a_hook_has_failed(shop: Host) -> None:
    add_noting(shop, "till")
    shop.run("plugin", "install", "till", "shop")
    shop.revise("till", "SELECT 1").revise("shop", "SELECT 1")
    add_hook(shop, "before_upgrade", "1/0", name="till")
    words = shop.fail("upgrade", "heads")
    assert words.startswith("Plugins that could not be upgraded: till; upgraded: shop. Hook ")
    assert find_last(shop)[1] == "after_upgrade 1.0 1.0 shop_2-shop_3"


def test_plan_shows_hooks_and_footprint_calls_none(shop: Host) -> None:
    assert "run hook          shop  before_install" in (
        shop.succeed("plugin", "install", "shop", "--dry-run").lines
    )
    footprint = shop.succeed("plugin", "install", "shop", "--dry-run", "--footprint").lines
    assert "does not run hook after_install of shop" in footprint
    assert shop.database.values(CALLS) == []


def test_script_names_hooks(shop: Host) -> None:
    shop.write("plugins/shop/versions/shop_1.py", PLAIN)
    (shop.folder / "plugins/shop/versions/shop_2.py").unlink()
    sql = shop.succeed("plugin", "install", "shop", "--sql").stdout
    assert "\n-- Hook after_install of shop is not run by this script\n" in sql
    assert ", installing, synced) VALUES ('shop', NULL, '1.0', " in sql
    assert "UPDATE alembic_plugin " not in sql


def test_adoption_calls_no_hook(shop: Host) -> None:
    shop.run("plugin", "install", "shop", "--without-hooks")
    shop.run("plugin", "forget", "shop", "--yes")
    shop.run("plugin", "adopt", "shop")
    assert shop.database.values(CALLS) == []


@pytest.mark.parametrize("driver", OTHERS)
def test_hooks_are_called_on_every_driver(shop: Host, driver: str) -> None:
    drive(shop, driver)
    shop.run("plugin", "install", "shop")
    shop.run("downgrade", "-1")
    shop.run("plugin", "uninstall", "shop", "--yes")
    assert [str(words).split()[0] for words in shop.database.values(CALLS)] == [
        f"{when}_{kind}"
        for kind in ("install", "downgrade", "uninstall")
        for when in ("before", "after")
    ]


@pytest.mark.parametrize("driver", OTHERS)
@pytest.mark.parametrize("body", ENDS.values(), ids=list(ENDS))
def test_hook_ends_its_transaction_on_no_driver(shop: Host, driver: str, body: str) -> None:
    drive(shop, driver)
    add_hook(shop, "after_install", body)
    words = shop.refuse("plugin", "install", "shop")
    assert "ends the transaction" in words or "multiple commands" in words


def test_hook_may_call_what_is_ours(shop: Host) -> None:
    add_hook(shop, "after_install", "from alembic_plugins import Plugin", "Plugin('No')")
    words = shop.refuse("plugin", "install", "shop")
    assert words.startswith("Hook 'after_install' of plugin 'shop' failed: InvalidName: 'No' is no")


def test_hook_leaves_role_and_search_path_as_they_were(shop: Host) -> None:
    add_hook(shop, "before_install", "op.execute('SET search_path TO public; SET ROLE pg_monitor')")
    shop.run("plugin", "install", "shop")
    assert "shop.shop_one" in shop.database.tables()


def test_what_stays_of_a_plugin_with_a_transaction_a_revision_is_told(shop: Host) -> None:
    add_noting(shop, "till", "transaction = 'revision'")
    shop.revise("till", "SELECT 1")
    add_hook(shop, "after_install", "1/0", name="till")
    words = shop.fail("plugin", "install", "till")
    assert words.startswith("Hook 'after_install' of plugin 'till' failed")
    assert "but what revisions 'till_1', 'till_2' have done stays; correct" in words


def test_backup_behind_a_restore_whose_hook_failed_has_what_is_the_plugins(
    shop: Host, tmp_path: Path
) -> None:
    shop.run_all(
        [["plugin", "install", "shop"], ["plugin", "uninstall", "shop", "--keep-data", "--yes"]]
    )
    add_hook(shop, "after_install", "1/0")
    shop.fail("plugin", "restore", "shop")
    shop.write("plugins/shop/hooks.py", NOTE)
    path = str(tmp_path / "shop.backup")
    commands.uninstall(shop.config(), "shop", backup=path)
    commands.restore(shop.config(), "shop", path=path)
    assert commands.show_plugin(shop.config(), "shop").unknown_objects == ()
