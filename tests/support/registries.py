"""Registries as earlier releases have made them."""

from .databases import Database

_BACK_TO_1 = """
    SET search_path TO {0};
    DROP TABLE alembic_plugin_journal;
    ALTER TABLE alembic_plugin DROP COLUMN quarantine;
    ALTER TABLE alembic_plugin_revision
        DROP COLUMN checksum, DROP COLUMN source, DROP COLUMN downgrade_checksum,
        DROP COLUMN objects;
    COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 1';
"""


def take_back_to_1(database: Database, schema: str = "public") -> None:
    """Make the registry in a schema what it is in version 1, the first one, with its rows."""
    database.execute(_BACK_TO_1.format(schema))
