"""What ``env.py`` has done on its connection before it calls `configure()`."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import CannotCommit

ENV = """\
import os
from alembic import context
from sqlalchemy import NullPool, create_engine, text
from alembic_plugins import configure, run_migrations

engine = create_engine(os.environ["DATABASE_URL"], poolclass=NullPool)
{0}
"""

CONNECT = """\
with engine.connect() as connection:
    {0}
    configure(connection=connection)
    run_migrations()
"""


@pytest.fixture
def custom(host: Host) -> Host:
    """A host with an environment of its own, and a plugin with an `autocommit_block()`."""
    host.ini.write_text(host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/env"))
    host.revise("crm", "CREATE TABLE a ()", "DROP TABLE a")
    host.write(
        "plugins/crm/versions/crm_2.py",
        """\
        from alembic import op
        revision, down_revision = "crm_2", "crm_1"
        def upgrade():
            with op.get_context().autocommit_block():
                op.execute("CREATE INDEX CONCURRENTLY i ON a ((1))")
        def downgrade():
            op.execute("DROP INDEX i")
        """,
    )
    return host


def write_env(host: Host, body: str) -> None:
    """Write the environment."""
    host.write("env/env.py", ENV.format(body))


@pytest.mark.parametrize(
    "statement",
    [
        'connection.execute(text("SELECT 1"))',
        'connection.scalar(text("SELECT count(*) FROM pg_class"))',
        'connection.execute(text("SET search_path = app, public"))',
        "transaction = connection.begin(); transaction.commit()",
    ],
)
def test_question_of_the_environment_does_not_keep_migrations_from_being_committed(
    custom: Host, statement: str
) -> None:
    custom.database.execute("CREATE SCHEMA app")
    write_env(custom, CONNECT.format(statement))
    custom.run("plugin", "install", "crm")
    assert "crm.a" in custom.database.tables()
    place = "app" if "app" in statement else "public"
    assert f"{place}.accounts" in custom.database.tables()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ('connection.execute(text("CREATE SCHEMA app"))', "has written to the database"),
        ('connection.execute(text("SET LOCAL search_path = pg_catalog"))', "has used SET LOCAL"),
        ('connection.execute(text("SET LOCAL ROLE pg_monitor"))', "has used SET LOCAL"),
    ],
)
def test_what_the_environment_has_not_committed_is_refused(
    custom: Host, statement: str, words: str
) -> None:
    write_env(custom, CONNECT.format(statement))
    assert words in custom.refuse("plugin", "install", "crm")


@pytest.mark.parametrize(
    "body",
    [
        "with engine.begin() as connection:\n"
        "    configure(connection=connection)\n    run_migrations()",
        "with engine.connect() as connection, connection.begin():\n"
        "    configure(connection=connection)\n    run_migrations()",
        "with engine.connect() as connection:\n    with connection.begin_nested():\n"
        "        configure(connection=connection)\n        run_migrations()\n"
        "    connection.commit()",
        "with engine.connect() as connection:\n    transaction = connection.begin()\n"
        "    configure(connection=connection)\n    run_migrations()\n    transaction.commit()",
    ],
)
def test_transaction_of_the_environment_is_its_own(custom: Host, body: str) -> None:
    (custom.folder / "plugins/crm/versions/crm_2.py").unlink()
    write_env(custom, body)
    custom.run("plugin", "install", "crm")
    assert "crm.a" in custom.database.tables()


def test_transaction_of_the_caller_is_left_alone(host: Host) -> None:
    host.revise("crm", "CREATE TABLE a ()")
    engine = create_engine(host.database.text, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        commands.install(host.config(connection=connection), ["crm"])
        connection.rollback()
    assert host.database.tables() == []


def test_connection_of_the_caller_is_left_alone_by_whatever_name_it_comes(custom: Host) -> None:
    (custom.folder / "plugins/crm/versions/crm_2.py").unlink()
    body = "configure(connection=context.config.attributes['mine'])\nrun_migrations()"
    write_env(custom, body)
    engine = create_engine(custom.database.text, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE mine ()"))
        commands.install(custom.config(mine=connection), ["crm"])
        connection.rollback()
    assert custom.database.tables() == []


def test_autocommit_block_in_the_transaction_of_the_caller_is_refused(custom: Host) -> None:
    write_env(custom, "connection = None")
    custom.ini.write_text(
        custom.ini.read_text().replace("%(here)s/env", "alembic_plugins:environment")
    )
    engine = create_engine(custom.database.text, poolclass=NullPool)
    with engine.begin() as connection, pytest.raises(CannotCommit):
        commands.install(custom.config(connection=connection), ["crm"])
