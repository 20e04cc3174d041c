"""What `import alembic` does in every process, looked at in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ALEMBIC = "import alembic"
WITHOUT_US = (
    "import importlib.metadata as metadata; metadata.entry_points = lambda **_: (); import alembic"
)
MODULES = "; import sys, json; print(json.dumps(sorted(sys.modules)))"


def run(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def read_modules(code: str, folder: Path) -> set[str]:
    """Return the modules that a process has after running code."""
    return set(json.loads(run(code + MODULES, folder).stdout))


FIRST = {"alembic_plugins", "alembic_plugins.extension", "alembic_plugins._detection"}
"""What of us is imported with Alembic."""


def test_importing_alembic_imports_of_us_only_the_extension(tmp_path: Path) -> None:
    modules = read_modules(ALEMBIC, tmp_path)
    ours = {name for name in modules if name.startswith("alembic_plugins")}
    assert ours == FIRST


def test_importing_alembic_imports_through_us_only_the_standard_library(tmp_path: Path) -> None:
    added = read_modules(ALEMBIC, tmp_path) - read_modules(WITHOUT_US, tmp_path)
    packages = {name.partition(".")[0] for name in added}
    assert packages - sys.stdlib_module_names == {"alembic_plugins"}


def test_importing_alembic_does_not_import_its_configuration(tmp_path: Path) -> None:
    assert "alembic.config" not in read_modules(ALEMBIC, tmp_path)


def test_importing_the_package_alone_imports_no_room(tmp_path: Path) -> None:
    modules = read_modules("import alembic_plugins", tmp_path)
    assert {name for name in modules if name.startswith("alembic_plugins")} == {"alembic_plugins"}


def test_hook_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import sys; before = list(sys.meta_path); import alembic.config; "
        "print(sys.meta_path == before)"
    )
    assert run(code, tmp_path).stdout == "True\n"


def test_help_shows_plugin(tmp_path: Path) -> None:
    found = run("from alembic.config import main; main()", tmp_path, "--help")
    assert found.returncode == 0
    assert "Install, uninstall and show plugins." in found.stdout


def test_help_of_the_group_shows_its_commands(tmp_path: Path) -> None:
    found = run("from alembic.config import main; main()", tmp_path, "plugin", "--help")
    assert found.returncode == 0
    assert "Downgrade plugins to base and remove them" in found.stdout


def test_module_run_as_a_program_has_plugin(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "alembic", "plugin", "--help"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0


def test_setup_extends_a_configuration_that_is_there_already(tmp_path: Path) -> None:
    code = (
        "import importlib.metadata as metadata; metadata.entry_points = lambda **_: ();"
        "import alembic.config; from alembic_plugins import extension; extension.setup(None);"
        "alembic.config.main()"
    )
    assert "Install, uninstall and show plugins." in run(code, tmp_path, "--help").stdout


def test_extending_that_fails_does_not_fail_the_import(tmp_path: Path) -> None:
    code = (
        "import alembic, sys; sys.modules['alembic.script'] = None;"
        "import alembic_plugins.extension as ours;"
        "ours._extend(ours._EXTENSIONS['alembic.config']); print('alive')"
    )
    found = run(code, tmp_path)
    assert found.stdout == "alive\n"
    assert "alembic-plugins could not extend Alembic" in found.stderr


def test_command_line_works_where_ours_cannot_be_imported(tmp_path: Path) -> None:
    # For example without `packaging`, or in the middle of an update of this package.
    code = (
        "import sys; sys.modules['alembic_plugins.cli.arguments'] = None;"
        "from alembic.config import main; main()"
    )
    found = run(code, tmp_path, "--help")
    assert (found.returncode, "upgrade" in found.stdout) == (0, True)


def test_stock_host_works_where_our_rooms_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text("")
    code = (
        "import sys; sys.modules['alembic_plugins.loading.session'] = None;"
        "from alembic.config import Config; from alembic.script import ScriptDirectory;"
        "config = Config(); config.set_main_option('script_location', '.');"
        "config.set_main_option('path_separator', 'os');"
        "print(ScriptDirectory.from_config(config).get_heads())"
    )
    assert run(code, tmp_path).stdout == "[]\n"


def test_stock_host_imports_no_more_of_us_than_it_needs(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text("")
    code = (
        "import sys; from alembic.config import Config; from alembic.script import ScriptDirectory;"
        "config = Config(); config.set_main_option('script_location', '.');"
        "config.set_main_option('path_separator', 'os');"
        "script = ScriptDirectory.from_config(config); print(type(script.revision_map).__name__)"
    )
    assert run(code, tmp_path).stdout == "RevisionMap\n"


@pytest.mark.parametrize("command", ["heads", "current", "upgrade"])
def test_command_of_a_stock_host_imports_nothing_of_us(tmp_path: Path, command: str) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = .\npath_separator = os\n")
    (tmp_path / "env.py").write_text("")
    words = [command, "head"] if command == "upgrade" else [command]
    code = f"from alembic.config import main; main(argv={words})"
    modules = read_modules(code, tmp_path)
    parsing = {"alembic_plugins.cli", "alembic_plugins.cli.arguments"}
    assert {name for name in modules if name.startswith("alembic_plugins")} == {*FIRST, *parsing}


def test_imports_are_no_garbage_while_a_command_is_run(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = .\npath_separator = os\n")
    (tmp_path / "env.py").write_text("import gc; print(gc.get_freeze_count() > 50_000)")
    code = (
        "import gc; from alembic.config import main;"
        "main(argv=['current']); print(gc.get_freeze_count())"
    )
    assert run(code, tmp_path).stdout == "True\n0\n"


def test_command_line_works_where_the_garbage_collector_is_another(tmp_path: Path) -> None:
    code = "import gc; del gc.freeze; from alembic.config import main; main()"
    assert "generic" in run(code, tmp_path, "list_templates").stdout


def test_command_of_the_host_that_has_our_name_is_its_own(tmp_path: Path) -> None:
    code = """if True:
        from alembic.config import CommandLine
        def plugin(config): print("mine")
        line = CommandLine()
        line.register_command(plugin)
        line.main(["plugin"])
    """
    assert run(code, tmp_path).stdout == "mine\n"


def test_command_of_the_host_may_be_any_callable(tmp_path: Path) -> None:
    code = """if True:
        from functools import partial
        from alembic.config import CommandLine
        line = CommandLine()
        command = partial(print, "mine", file=None)
        line.subparsers.add_parser("mine").set_defaults(cmd=(command, [], []))
        line.main(["mine"])
    """
    assert run(code, tmp_path).stdout.startswith("mine ")
