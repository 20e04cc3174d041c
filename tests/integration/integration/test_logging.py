"""What is logged, and by which logger: every ``alembic.ini`` knows Alembic's."""

import logging

import pytest
from support.hosts import Host

from alembic_plugins import commands


def test_revisions_are_logged_as_by_alembic(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    host.write(
        "plugins/crm/versions/a1.py",
        '"""add people"""\nrevision = "a1"\ndown_revision = None\n'
        "def upgrade(): pass\ndef downgrade(): pass\n",
    )
    host.revise("host", "SELECT 1")
    with caplog.at_level(logging.INFO, "alembic.runtime.migration"):
        commands.install(host.config(), ["crm"])
        commands.downgrade(host.config(), "crm", "base")
    told = [message for message in caplog.messages if message.startswith("Running ")]
    assert told[-3:] == [
        "Running upgrade host_2 -> host_3",
        "Running upgrade  -> a1, add people (crm)",
        "Running downgrade a1 -> , add people (crm)",
    ]
    assert "Generating static SQL" not in caplog.messages


def test_downgrade_of_what_came_last_says_what_that_was(host: Host) -> None:
    host.revise("crm", "CREATE TABLE a ()", "DROP TABLE a").revise("crm", "SELECT 1")
    host.run("plugin", "install", "crm")
    assert host.succeed("downgrade", "-1").lines == ["downgraded crm: 1 revision"]
    assert host.succeed("-x", "plugin=host", "downgrade", "-1").lines == []
