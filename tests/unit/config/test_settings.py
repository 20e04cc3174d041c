"""What the configuration and the command line say."""

from argparse import Namespace as Arguments
from collections.abc import Sequence
from pathlib import Path

import pytest
from alembic.config import Config

from alembic_plugins import Prefix, Schema
from alembic_plugins.config.arguments import read_arguments, read_cascade, read_scope
from alembic_plugins.config.flags import read_flag
from alembic_plugins.config.references import load_reference
from alembic_plugins.config.settings import ENTRY_POINT_GROUP, Settings, read_settings
from alembic_plugins.errors import (
    AutomigrateForbidden,
    BrokenConfiguration,
    InvalidName,
    InvalidOption,
    PluginError,
    ReferenceFailed,
    UnknownOption,
)

from ..builders import make_config, write_file


def read_ini(here: Path, options: str = "", sections: str = "") -> Settings:
    """Return what an ``alembic.ini`` says."""
    return read_settings(make_config(here, options, sections))


def read_toml(here: Path, text: str) -> Settings:
    """Return what a ``pyproject.toml`` says."""
    return read_settings(Config(toml_file=write_file(here / "pyproject.toml", text)))


def make_arguments(*arguments: str) -> Config:
    """Return the configuration of a command with ``-x`` arguments."""
    return Config(cmd_opts=Arguments(x=list(arguments)))


def test_ini_without_options_has_the_defaults(tmp_path: Path) -> None:
    assert read_ini(tmp_path) == Settings(
        here=tmp_path,
        folders=(tmp_path / "plugins",),
        entry_points=(ENTRY_POINT_GROUP,),
        bootstrap=None,
        target_metadata=None,
        host_first=True,
        fail_fast=False,
        without_hooks=False,
        phase=None,
        lock_wait=300.0,
        load="needed",
        lock_timeout=None,
        statement_timeout=None,
        namespace=None,
        environment="development",
        guard="enforce",
        guard_reads="warn",
        guard_allow=(),
        auto_sync=(),
        automigrate=(),
        trusted_roles=(),
        check_ignore=(),
        sections={},
        source="alembic.ini",
    )


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        ({}, "", False),
        ({"fail_fast": True}, "", True),
        ({"x": ["fail_fast=true"]}, "", True),
        ({}, "plugin_fail_fast = true", True),
        ({"x": ["fail_fast=no"]}, "plugin_fail_fast = true", False),
    ],
)
def test_stopping_at_once_is_asked_for_in_three_ways(
    tmp_path: Path, options: dict[str, object], text: str, expected: bool
) -> None:
    (tmp_path / "alembic.ini").write_text(f"[alembic]\n{text}\n")
    config = Config(tmp_path / "alembic.ini", cmd_opts=Arguments(**options))
    assert read_settings(config).fail_fast is expected


@pytest.mark.parametrize(
    ("options", "attributes", "expected"),
    [
        ({}, {}, False),
        ({"without_hooks": True}, {}, True),
        ({"x": ["without_hooks=true"]}, {}, True),
        ({}, {"without_hooks": True}, True),
        ({"x": ["without_hooks=no"]}, {"without_hooks": True}, False),
    ],
)
def test_hooks_are_left_out_in_three_ways(
    options: dict[str, object], attributes: dict[str, object], expected: bool
) -> None:
    config = Config(cmd_opts=Arguments(**options))
    config.attributes.update(attributes)
    assert read_settings(config).without_hooks is expected


def test_misspelt_option_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(UnknownOption, match="of these: plugin_folders"):
        read_ini(tmp_path, "plugin_fodlers = x")
    with pytest.raises(UnknownOption, match="of these: plugin_guard_reads"):
        read_toml(tmp_path, "[tool.alembic]\nplugin_guard_red = 'warn'")


@pytest.mark.parametrize("option", ["plugin_guard", "plugin_guard_reads"])
@pytest.mark.parametrize("mode", ["enforce", "warn", "off"])
def test_guard_has_three_modes(tmp_path: Path, option: str, mode: str) -> None:
    settings = read_ini(tmp_path, f"{option} = {mode}")
    assert vars(settings)[option.removeprefix("plugin_")] == mode


@pytest.mark.parametrize("environment", ["development", "production"])
def test_environment_is_one_of_two(tmp_path: Path, environment: str) -> None:
    settings = read_ini(tmp_path, f"plugin_environment = {environment}")
    assert settings.environment == environment


def test_environment_is_no_other(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match="Set it to development or production"):
        read_ini(tmp_path, "plugin_environment = prod")


@pytest.mark.parametrize(
    ("words", "captured", "not_captured"),
    [
        ("true", ("audit", "host"), ()),
        ("false", (), ("audit", "host")),
        ("audit host", ("audit", "host"), ("billing",)),
        ("audit", ("audit",), ("host",)),
    ],
)
def test_changes_are_captured_of_all_or_of_some(
    tmp_path: Path, words: str, captured: Sequence[str], not_captured: Sequence[str]
) -> None:
    settings = read_ini(tmp_path, f"plugin_automigrate = {words}")
    assert [name for name in (*captured, *not_captured) if settings.captures(name)] == [*captured]


def test_changes_are_not_captured_by_themselves_in_production(tmp_path: Path) -> None:
    production = "plugin_environment = production\n"
    assert read_ini(tmp_path, f"{production}plugin_automigrate = false").automigrate == ()
    with pytest.raises(AutomigrateForbidden, match="Leave out plugin_automigrate there"):
        read_ini(tmp_path, f"{production}plugin_automigrate = audit")


@pytest.mark.parametrize("option", ["plugin_guard", "plugin_guard_reads"])
def test_guard_has_no_other_mode(tmp_path: Path, option: str) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        read_ini(tmp_path, f"{option} = loose")
    facts = {"option": option, "value": "loose", "expected": "enforce, warn or off"}
    assert vars(excinfo.value) == facts


def test_objects_that_every_branch_may_change_are_a_list(tmp_path: Path) -> None:
    settings = read_ini(tmp_path, "plugin_guard_allow = app.audit_log citext")
    assert settings.guard_allow == ("app.audit_log", "citext")


def test_allowed_objects_may_have_blanks_in_their_names(tmp_path: Path) -> None:
    names = ('"my audit".log', "(bigint AS uuid)", "app.f(integer,double precision)", "app.log")
    settings = read_ini(tmp_path, f"plugin_guard_allow = {', '.join(names)}")
    assert settings.guard_allow == names


def test_toml_without_options_has_the_defaults(tmp_path: Path) -> None:
    settings = read_toml(tmp_path, "[tool.alembic]\nscript_location = 'x'\n")
    assert (settings.here, settings.folders, settings.source) == (
        tmp_path,
        (tmp_path / "plugins",),
        "pyproject.toml",
    )


def test_configuration_without_a_file_starts_where_the_process_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings(Config())
    assert (settings.here, settings.source) == (tmp_path, "the configuration")


def test_file_name_that_is_not_there_starts_where_the_process_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(Config(tmp_path / "elsewhere" / "alembic.ini")).here == tmp_path


def test_here_is_absolute_where_the_file_was_named_relatively(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_config(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert read_settings(Config("alembic.ini")).here == tmp_path


@pytest.mark.parametrize("separator", [" ", ",", ", ", "\n  "])
def test_folders_of_an_ini_are_a_list(tmp_path: Path, separator: str) -> None:
    settings = read_ini(tmp_path, f"plugin_folders = one{separator}/two")
    assert settings.folders == (tmp_path / "one", Path("/two"))


def test_folders_of_a_toml_are_a_list(tmp_path: Path) -> None:
    settings = read_toml(tmp_path, "[tool.alembic]\nplugin_folders = ['one', '/two words']\n")
    assert settings.folders == (tmp_path / "one", Path("/two words"))


def test_empty_folders_are_none(tmp_path: Path) -> None:
    assert read_ini(tmp_path, "plugin_folders =").folders == ()


def test_here_is_replaced_in_an_ini(tmp_path: Path) -> None:
    settings = read_ini(tmp_path, "plugin_folders = %(here)s/mine")
    assert settings.folders == (tmp_path / "mine",)


def test_here_with_a_blank_is_one_folder(tmp_path: Path) -> None:
    here = tmp_path / "my project"
    settings = read_ini(here, "plugin_folders = %(here)s/mine")
    assert settings.folders == (here / "mine",)


def test_here_is_replaced_in_a_toml(tmp_path: Path) -> None:
    settings = read_toml(tmp_path, "[tool.alembic]\nplugin_folders = ['%(here)s/mine']\n")
    assert settings.folders == (tmp_path / "mine",)


def test_entry_points_come_after_our_own_group(tmp_path: Path) -> None:
    settings = read_ini(tmp_path, "plugin_entry_points = app.plugins, app.more")
    assert settings.entry_points == (ENTRY_POINT_GROUP, "app.plugins", "app.more")


def test_references_are_read(tmp_path: Path) -> None:
    settings = read_ini(tmp_path, "plugin_bootstrap = a:b\nplugin_target_metadata = c:d")
    assert (settings.bootstrap, settings.target_metadata) == ("a:b", "c:d")


@pytest.mark.parametrize("value", ["false", "no", "0", "False", "NO"])
def test_host_first_can_be_switched_off(tmp_path: Path, value: str) -> None:
    assert not read_ini(tmp_path, f"plugin_host_first = {value}").host_first


@pytest.mark.parametrize("value", ["false", "'no'", "0"])
def test_host_first_can_be_switched_off_in_a_toml(tmp_path: Path, value: str) -> None:
    assert not read_toml(tmp_path, f"[tool.alembic]\nplugin_host_first = {value}\n").host_first


def test_host_first_that_means_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        read_ini(tmp_path, "plugin_host_first = maybe")
    assert (excinfo.value.option, excinfo.value.value) == ("plugin_host_first", "maybe")


@pytest.mark.parametrize(("value", "seconds"), [("0", 0.0), ("1.5", 1.5), ("60", 60.0)])
def test_lock_wait_is_a_number_of_seconds(tmp_path: Path, value: str, seconds: float) -> None:
    assert read_ini(tmp_path, f"plugin_lock_wait = {value}").lock_wait == seconds


@pytest.mark.parametrize("value", ["-1", "soon", "", "nan", "inf", "1e300", "0.0001"])
def test_lock_wait_that_means_nothing_is_told(tmp_path: Path, value: str) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        read_ini(tmp_path, f"plugin_lock_wait = {value}")
    assert (excinfo.value.option, excinfo.value.value) == ("plugin_lock_wait", value)


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        ("schema public existing", Schema("public", create=False)),
        ("prefix plugin_", Prefix("plugin_")),
    ],
)
def test_namespace_is_read(tmp_path: Path, text: str, namespace: Schema | Prefix) -> None:
    assert read_ini(tmp_path, f"plugin_namespace = {text}").namespace == namespace


@pytest.mark.parametrize("text", ["public", "schema public", "prefix Foo_", ""])
def test_namespace_that_means_nothing_is_told_as_an_option(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        read_ini(tmp_path, f"plugin_namespace = {text}")
    assert (excinfo.value.option, excinfo.value.value) == ("plugin_namespace", text)


def test_sections_of_an_ini_are_read(tmp_path: Path) -> None:
    sections = "[alembic_plugins.billing]\nversions = %(here)s/b\nrequires = tags\n[other]\na = 1"
    found = read_ini(tmp_path, sections=sections).sections
    assert found == {"billing": {"versions": f"{tmp_path}/b", "requires": "tags"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["users", "crm.cases"]', ["users", "crm.cases"]),
        ('"schema app existing"', "schema app existing"),
        ("'revision'", "revision"),
        ("[users", "[users"),
        ("users, cases", "users, cases"),
    ],
)
def test_value_of_an_ini_may_be_written_as_messages_do(
    tmp_path: Path, text: str, value: object
) -> None:
    sections = f"[alembic_plugins.billing]\nkey = {text}\n"
    assert read_ini(tmp_path, sections=sections).sections == {"billing": {"key": value}}


def test_defaults_of_an_ini_are_no_keys_of_a_section(tmp_path: Path) -> None:
    sections = "[DEFAULT]\ncolour = red\n[alembic_plugins.billing]\nversions = b"
    assert read_ini(tmp_path, sections=sections).sections == {"billing": {"versions": "b"}}


def test_sections_of_a_toml_are_read(tmp_path: Path) -> None:
    text = "[tool.alembic_plugins.billing]\nversions = 'b'\nrequires = ['tags']\n"
    assert read_toml(tmp_path, text).sections == {
        "billing": {"versions": "b", "requires": ["tags"]}
    }


def test_here_is_replaced_in_a_section_of_a_toml(tmp_path: Path) -> None:
    text = "[tool.alembic_plugins.billing]\nversions = '%(here)s/b'\n"
    assert read_toml(tmp_path, text).sections["billing"]["versions"] == f"{tmp_path}/b"


def test_section_of_an_ini_wins_over_one_of_a_toml(tmp_path: Path) -> None:
    toml = write_file(
        tmp_path / "pyproject.toml",
        "[tool.alembic_plugins.billing]\nversions = 't'\n[tool.alembic_plugins.tags]\n",
    )
    ini = write_file(tmp_path / "alembic.ini", "[alembic_plugins.billing]\nversions = i\n")
    settings = read_settings(Config(ini, toml_file=toml))
    assert settings.sections == {"billing": {"versions": "i"}, "tags": {}}


@pytest.mark.parametrize("text", ["[tool.alembic_plugins]\na = 1\n", "[tool]\nalembic_plugins=1"])
def test_toml_that_has_no_table_a_plugin_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        read_toml(tmp_path, text)
    assert excinfo.value.option == "tool.alembic_plugins"


@pytest.mark.parametrize("text", ["[tool.alembic\n", "[tool.alembic]\nplugin_namespace = 1\n"])
def test_toml_that_cannot_be_read_is_told_in_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(PluginError):
        read_toml(tmp_path, text)


def test_arguments_are_pairs() -> None:
    assert read_arguments(make_arguments("a=1", "b=x=y", "c")) == {"a": "1", "b": "x=y", "c": ""}


def test_later_argument_wins() -> None:
    assert read_arguments(make_arguments("a=1", "a=2")) == {"a": "2"}


@pytest.mark.parametrize("arguments", [None, Arguments(), Arguments(x=None), Arguments(x=[])])
def test_there_need_be_no_arguments(arguments: Arguments | None) -> None:
    assert read_arguments(Config(cmd_opts=arguments)) == {}


def test_scope_is_the_plugin_that_is_named() -> None:
    assert read_scope(make_arguments("plugin=billing")) == "billing"


def test_scope_may_be_the_host() -> None:
    assert read_scope(make_arguments("plugin=host")) == "host"


def test_scope_is_all_without_an_argument() -> None:
    assert read_scope(make_arguments()) is None


def test_scope_can_be_an_attribute() -> None:
    assert read_scope(Config(attributes={"plugin": "billing"})) == "billing"


def test_argument_wins_over_the_attribute() -> None:
    config = make_arguments("plugin=tags")
    config.attributes["plugin"] = "billing"
    assert read_scope(config) == "tags"


@pytest.mark.parametrize("name", ["", "../x", "a;drop", "Foo", "head"])
def test_scope_that_can_be_no_plugin_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        read_scope(make_arguments(f"plugin={name}"))


def test_cascade_is_off_by_default() -> None:
    assert not read_cascade(make_arguments())


def test_cascade_can_be_switched_on() -> None:
    assert read_cascade(make_arguments("cascade=true"))


@pytest.mark.parametrize("argument", ["cascade", "cascade=", "cascade=perhaps"])
def test_cascade_that_means_nothing_is_told(argument: str) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        read_cascade(make_arguments(argument))
    assert excinfo.value.option == "-x cascade"


@pytest.mark.parametrize("value", ["true", "TRUE", "yes", "on", "1", True, 1])
def test_flag_is_on(value: object) -> None:
    assert read_flag("x", value, default=False)


@pytest.mark.parametrize("value", ["false", "No", "off", "0", False, 0])
def test_flag_is_off(value: object) -> None:
    assert not read_flag("x", value, default=True)


@pytest.mark.parametrize("default", [True, False])
def test_flag_that_is_not_there_has_the_default(default: bool) -> None:
    assert read_flag("x", None, default=default) is default


def test_reference_is_loaded() -> None:
    assert load_reference("plugin_bootstrap", "os:path.join") is __import__("os").path.join


@pytest.mark.parametrize("reference", ["os", "os:", ":path", ""])
def test_reference_without_both_parts_is_told(reference: str) -> None:
    with pytest.raises(ReferenceFailed) as excinfo:
        load_reference("plugin_bootstrap", reference)
    assert (excinfo.value.option, excinfo.value.reason) == ("plugin_bootstrap", "it has no ':'")


@pytest.mark.parametrize(
    ("reference", "cause"),
    [("os:no_such", AttributeError), ("no_such_package:x", ModuleNotFoundError)],
)
def test_reference_that_leads_nowhere_keeps_its_cause(
    reference: str, cause: type[Exception]
) -> None:
    with pytest.raises(ReferenceFailed) as excinfo:
        load_reference("plugin_bootstrap", reference)
    assert isinstance(excinfo.value.__cause__, cause)


@pytest.mark.parametrize("url", ["postgresql://u:p%40ss@/db", "postgresql://u:%(p4ss)s@/db"])
def test_fault_of_an_ini_file_does_not_tell_what_stands_there(tmp_path: Path, url: str) -> None:
    with pytest.raises(BrokenConfiguration) as excinfo:
        read_ini(tmp_path, f"sqlalchemy.url = {url}")
    reason = "option 'sqlalchemy.url' in [alembic] has a '%' that cannot be replaced; '%%' is one"
    assert excinfo.value.reason == reason
