"""An upgrade of several plugins, one of which fails."""

import pytest
from support.hosts import Host

EVENTS = "SELECT plugin || ' ' || action || ' ' || outcome FROM alembic_plugin_event ORDER BY id"


@pytest.fixture
def three(host: Host) -> Host:
    """A host with plugins that each have something to do, where that of `mmm` fails."""
    for name in ("aaa", "mmm", "zzz"):
        host.revise(name, "CREATE TABLE a ()")
    host.run("plugin", "install", "aaa", "mmm", "zzz")
    host.revise("aaa", "CREATE TABLE b ()").revise("zzz", "CREATE TABLE b ()")
    return host.revise("mmm", "SELECT 1/0")


@pytest.mark.parametrize(
    "command",
    [
        ("upgrade", "heads"),
        ("plugin", "upgrade", "--all"),
        ("plugin", "upgrade", "aaa", "mmm", "zzz"),
    ],
)
def test_plugins_behind_one_that_fails_are_upgraded(three: Host, command: tuple[str, ...]) -> None:
    words = three.fail(*command)
    assert words.startswith(
        "Plugins that could not be upgraded: mmm; upgraded: aaa, zzz. upgrade() of revision "
        "'mmm_2' of 'mmm' failed: division by zero"
    )
    assert {"aaa.b", "zzz.b"} <= set(three.database.tables())
    assert three.database.values(EVENTS)[-3:] == [
        "aaa upgrade done",
        "mmm upgrade failed",
        "zzz upgrade done",
    ]


def test_plugins_that_need_one_that_fails_are_left_out(three: Host) -> None:
    three.declare("zzz", 'requires = ["mmm"]')
    three.revise("yyy", "CREATE TABLE a ()").declare("yyy", 'requires = ["zzz"]')
    words = three.fail("plugin", "install", "aaa", "yyy")
    assert "mmm; left out, since they need these: yyy, zzz; upgraded: aaa." in words
    assert "zzz.b" not in three.database.tables()
    assert "yyy" not in three.database.plugins()


def test_revisions_that_depend_on_one_that_fails_are_left_out(three: Host) -> None:
    three.revise("zzz", "CREATE TABLE c ()")
    file = three.folder / "plugins/zzz/versions/zzz_3.py"
    file.write_text(f'{file.read_text()}\ndepends_on = "mmm_2"\n')
    assert "left out, since they need these: zzz" in three.fail("upgrade", "heads")
    assert "zzz.c" not in three.database.tables()


def test_plugin_of_which_the_rest_is_left_out_is_not_called_upgraded(three: Host) -> None:
    three.revise("zzz", "CREATE TABLE c ()")
    for revision, needed in (("zzz/versions/zzz_3", "mmm_2"), ("mmm/versions/mmm_2", "zzz_2")):
        file = three.folder / f"plugins/{revision}.py"
        file.write_text(f'{file.read_text()}\ndepends_on = "{needed}"\n')
    words = three.fail("upgrade", "heads")
    assert "mmm; left out, since they need these: zzz; upgraded: aaa." in words
    assert "zzz.b" in three.database.tables()


@pytest.mark.parametrize(
    "command",
    [
        ("-x", "fail_fast=true", "upgrade", "heads"),
        ("plugin", "upgrade", "--all", "--fail-fast"),
    ],
)
def test_upgrade_can_stop_at_the_first_that_fails(three: Host, command: tuple[str, ...]) -> None:
    assert three.fail(*command).startswith("upgrade() of revision 'mmm_2' of 'mmm' failed")
    assert "zzz.b" not in three.database.tables()


def test_single_plugin_that_fails_is_told_alone(three: Host) -> None:
    assert three.fail("plugin", "upgrade", "mmm").startswith("upgrade() of revision 'mmm_2'")


@pytest.mark.parametrize("command", [("upgrade", "heads"), ("plugin", "upgrade", "--all")])
def test_plugins_that_cannot_even_be_planned_are_in_the_summary(
    three: Host, command: tuple[str, ...]
) -> None:
    three.write("plugins/bad/versions/bad_1.py", "revision = 'bad_1'\ndown_revision = None")
    three.declare("needy", 'requires = ["bad"]').revise("needy", "SELECT 1")
    three.write("plugins/lost/versions/lost_1.py", "revision = 'lost_1'\ndown_revision = None")
    for name in ("bad", "lost", "needy"):
        three.run("-x", f"plugin={name}", "stamp", "heads")
    three.write("plugins/bad/versions/bad_2.py", "not python")
    three.write("plugins/lost/versions/lost_2.py", "revision, down_revision = 'lost_2', 'lost_1'")
    three.declare("lost", 'requires = ["nowhere"]')
    three.revise("needy", "SELECT 1")
    words = three.fail(*command)
    assert words.startswith(
        "Plugins that could not be upgraded: bad, lost, mmm; left out, since they need these: "
        "needy; upgraded: aaa, zzz. "
    )
    assert words.count("cannot be read") == words.count("requires 'nowhere'") == 1


def test_host_that_fails_stops_all(three: Host) -> None:
    three.revise("host", "SELECT 1/0")
    assert three.fail("upgrade", "heads").startswith("upgrade() of revision 'host_3' of 'host'")
    assert "aaa.b" not in three.database.tables()


def test_plugin_that_the_guard_refuses_does_not_stop_others(three: Host) -> None:
    (three.folder / "plugins/mmm/versions/mmm_2.py").unlink()
    three.revise("mmm", "DELETE FROM public.accounts")
    words = three.fail("upgrade", "heads")
    assert "upgraded: aaa, zzz. Revision 'mmm_2' of 'mmm' writes to table public.accounts" in words


def test_plugin_that_fails_after_it_has_committed_leaves_the_search_path(three: Host) -> None:
    (three.folder / "plugins/mmm/versions/mmm_2.py").unlink()
    three.revise("mmm", "CREATE TABLE b (); COMMIT; SELECT 1/0")
    body = 'op.execute("CREATE TABLE b ()"); op.execute("COMMIT"); op.execute("SELECT 1/0")'
    file = three.folder / "plugins/mmm/versions/mmm_2.py"
    lines = file.read_text().splitlines()
    lines[lines.index("def upgrade():") + 1] = f"    {body}"
    file.write_text("\n".join(lines))
    words = three.fail("upgrade", "heads")
    assert "What it has committed stays" in words
    assert {"aaa.b", "mmm.b", "zzz.b"} <= set(three.database.tables())


def test_first_install_that_fails_is_recorded_as_one(host: Host) -> None:
    host.run("upgrade", "head")
    host.revise("crm", "SELECT 1/0")
    host.fail("plugin", "install", "crm")
    assert host.database.values(EVENTS)[-1] == "crm install failed"


def test_what_another_tool_has_stamped_is_not_called_upgraded(three: Host) -> None:
    for name in ("aaa", "zzz"):  # Stock Alembic has done what is left to do, but for one plugin.
        three.database.execute(
            f"UPDATE alembic_version SET version_num = '{name}_2' WHERE version_num = '{name}_1'"
        )
    told = three.fail("upgrade", "heads")
    assert told.startswith("upgrade() of revision 'mmm_2' of 'mmm' failed: division by zero")


def test_what_another_tool_has_stamped_is_recorded_of_a_plugin_that_is_left_out(
    three: Host,
) -> None:
    three.declare("zzz", 'requires = ["nowhere"]')
    three.database.execute(
        "UPDATE alembic_version SET version_num = 'zzz_2' WHERE version_num = 'zzz_1'"
    )
    three.revise("zzz", "CREATE TABLE c ()")
    three.fail("upgrade", "heads")
    assert "zzz_2" in three.database.applied()


def test_failure_of_a_single_plugin_is_told_once(host: Host) -> None:
    for sql in ("SELECT 1", "SELECT 1", "SELECT 1/0"):
        host.revise("aaa", sql)
    host.declare("aaa", 'transaction = "revision"')
    words = host.fail("plugin", "install", "aaa")
    assert words.startswith("upgrade() of revision 'aaa_3' of 'aaa' failed: division by zero")
