"""The hooks of plugins, and those that packages have for every plugin."""

from dataclasses import replace
from pathlib import Path

import pytest

from alembic_plugins.errors import BrokenHooks
from alembic_plugins.hooks import Moment
from alembic_plugins.loading.hooks import ENTRY_POINT_GROUP

from ..builders import open_session, write_file, write_plugin

OTHERS = "async, or a generator, of which nothing runs when it is called"


def write_hooks(folder: Path, text: str, name: str = "billing") -> None:
    """Write a plugin with hooks."""
    plugin = write_plugin(folder, name, "b1", toml="hooks = 'hooks'")
    write_file(plugin / "hooks.py", text)


def test_hooks_are_found_by_moment(tmp_path: Path) -> None:
    write_hooks(tmp_path, "def after_install(context): pass\nx = 1\n")
    (found,) = open_session(tmp_path).hooks.find("billing")
    assert (found.source, list(found.functions)) == (None, [Moment.AFTER_INSTALL])


def test_object_may_have_hooks_as_methods(tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, "billing", "b1", toml="hooks = 'life:cycle'")
    text = "class Cycle:\n    def before_upgrade(self, context): pass\ncycle = Cycle()\n"
    write_file(plugin / "life.py", text)
    (found,) = open_session(tmp_path).hooks.find("billing")
    assert list(found.functions) == [Moment.BEFORE_UPGRADE]


def test_plugin_without_hooks_has_none(tmp_path: Path) -> None:
    write_plugin(tmp_path, "billing", "b1")
    assert open_session(tmp_path).hooks.find("billing") == ()


@pytest.mark.parametrize("name", ["gone", "broken"])
def test_hooks_of_a_plugin_that_is_gone_or_broken_are_passed_over(
    tmp_path: Path, name: str
) -> None:
    write_plugin(tmp_path, "broken", "b1", toml="hooks = 3")
    assert open_session(tmp_path).hooks.find(name) == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("def after_instal(context): pass", f"'after_instal' is none of {', '.join(Moment)}"),
        ("after_install = 3", "'after_install' is no function"),
        ("def after_install(): pass", "'after_install' does not take one argument, the context"),
        ("async def after_install(context): pass", f"'after_install' is {OTHERS}"),
        ("def after_install(context): yield", f"'after_install' is {OTHERS}"),
        ("from alembic_plugins import Schema\nSchema('no name')", "InvalidName: 'no name' is no"),
        ("def __getattr__(name): 1/0\ndef __dir__(): return ['after_a']", "ZeroDivisionError: d"),
        ("after_days = 3", f"it has none of {', '.join(Moment)}"),
    ],
)
def test_hooks_that_cannot_be_used_are_told(tmp_path: Path, text: str, reason: str) -> None:
    write_hooks(tmp_path, text)
    with pytest.raises(BrokenHooks) as excinfo:
        open_session(tmp_path).hooks.find("billing")
    assert excinfo.value.owner == "plugin 'billing'"
    assert excinfo.value.reason.startswith(reason)


def test_hooks_that_are_left_out_are_not_loaded(tmp_path: Path) -> None:
    write_hooks(tmp_path, "import no_such_module")
    session = open_session(tmp_path)
    session.settings = replace(session.settings, without_hooks=True)
    assert session.hooks.find("billing") == ()


def write_general(
    folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, text: str, entry: str = "notes"
) -> None:
    """Write a package with hooks for every plugin."""
    write_file(folder / f"{module}.py", text)
    info = folder / f"{module}-1.0.dist-info"
    write_file(info / "METADATA", f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    write_file(info / "entry_points.txt", f"[{ENTRY_POINT_GROUP}]\n{entry} = {module}\n")
    monkeypatch.syspath_prepend(folder)


def test_hooks_for_every_plugin_come_before_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_hooks(tmp_path, "def after_install(context): pass\n")
    text = "def after_upgrade(context): pass\n"
    write_general(tmp_path / "site", monkeypatch, "general_b", text)
    write_general(tmp_path / "site", monkeypatch, "general_a", text)
    found = open_session(tmp_path).hooks.find("billing")
    assert [h.source for h in found] == ["general_a:notes", "general_b:notes", None]


def test_hooks_for_every_plugin_that_cannot_be_loaded_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin(tmp_path, "billing", "b1")
    write_general(tmp_path / "site", monkeypatch, "general_c", "import no_such_module")
    with pytest.raises(BrokenHooks) as excinfo:
        open_session(tmp_path).hooks.find("billing")
    assert excinfo.value.owner == "entry point 'general_c:notes'"
