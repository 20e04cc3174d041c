"""What Alembic's own classes see of a host."""

import logging

import pytest
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from support.hosts import Host

from alembic_plugins._detection import is_host
from alembic_plugins.errors import ReferenceFailed


def test_script_directory_sees_every_branch(host: Host) -> None:
    script = ScriptDirectory.from_config(host.add("billing", "two_heads").config())
    assert sorted(script.get_heads()) == ["billing_2", "host_2", "two_2a", "two_2b"]


def test_script_directory_s_head_is_the_host_s(host: Host) -> None:
    script = ScriptDirectory.from_config(host.add("billing").config())
    assert script.get_current_head() == "host_2"


def test_script_directory_of_a_plugin_sees_it_alone(host: Host) -> None:
    script = ScriptDirectory.from_config(host.add("billing").config(plugin="billing"))
    assert script.get_heads() == ["billing_2"]
    assert script.get_current_head() == "billing_2"


def test_script_directory_of_a_plugin_with_two_heads_has_no_single_one(host: Host) -> None:
    script = ScriptDirectory.from_config(host.add("two_heads").config(plugin="two_heads"))
    with pytest.raises(CommandError, match="multiple heads"):
        script.get_current_head()


def test_branches_are_independent_of_each_other(host: Host) -> None:
    script = ScriptDirectory.from_config(host.add("depends_on_host", "forks_host").config())
    assert sorted(script.get_heads()) == ["dependent_1", "fork_1", "host_2"]
    assert sorted(script.get_bases()) == ["dependent_1", "fork_1", "host_1"]


def test_plugin_s_name_is_a_label(host: Host) -> None:
    script = ScriptDirectory.from_config(host.add("billing").config())
    revision = script.get_revision("billing@head")
    assert revision is not None
    assert revision.revision == "billing_2"


def test_revisions_can_be_walked(host: Host) -> None:
    script = ScriptDirectory.from_config(host.add("billing").config(plugin="billing"))
    assert [item.revision for item in script.walk_revisions()] == ["billing_2", "billing_1"]


@pytest.mark.parametrize("broken", ["broken_syntax", "copies_billing"])
def test_broken_plugin_is_left_out_with_a_warning(
    host: Host, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    host.add("billing", broken)
    with caplog.at_level(logging.WARNING):
        heads = ScriptDirectory.from_config(host.config()).get_heads()
    assert sorted(heads) == ["billing_2", "host_2"]
    assert f"Plugin '{broken}' is left out." in caplog.text


def test_plugin_folders_among_the_host_s_locations_are_not_the_host_s(host: Host) -> None:
    host.add("billing")
    locations = "%(here)s/versions:%(here)s/plugins/billing/versions"
    host.ini.write_text(host.ini.read_text().replace("%(here)s/versions", locations))
    script = ScriptDirectory.from_config(host.config(plugin="host"))
    assert script.get_heads() == ["host_2"]


def test_env_that_names_us_makes_a_host(host: Host) -> None:
    config = host.config()
    assert is_host(config, ScriptDirectory.from_config(config))


def test_env_that_does_not_name_us_makes_no_host(host: Host) -> None:
    host.write("migrations/env.py", "")
    ini = host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    host.ini.write_text(ini)
    script = ScriptDirectory.from_config(host.config())
    assert not is_host(host.config(), script)


def test_bootstrap_that_raises_is_named(host: Host) -> None:
    host.configure("plugin_bootstrap = pathlib:Path.cwd.nothing")
    with pytest.raises(ReferenceFailed) as excinfo:
        ScriptDirectory.from_config(host.config())
    assert excinfo.value.option == "plugin_bootstrap"
