"""Registries as earlier releases have made them."""

from .databases import Database

_BACK_TO_4 = """
    SET search_path TO {0};
    DROP TABLE alembic_plugin_snapshot;
    DROP INDEX alembic_plugin_object_plugin;
    COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 4';
"""

_BACK_TO_3 = """
    SET search_path TO {0};
    DROP TABLE alembic_plugin_value, alembic_plugin_snapshot;
    DROP INDEX alembic_plugin_object_plugin;
    ALTER TABLE alembic_plugin DROP COLUMN hooks, DROP COLUMN installing, DROP COLUMN synced;
    COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 3';
"""

_BACK_TO_2 = """
    SET search_path TO {0};
    DROP TABLE alembic_plugin_value, alembic_plugin_snapshot;
    ALTER TABLE alembic_plugin DROP COLUMN hooks, DROP COLUMN installing, DROP COLUMN synced;
    ALTER TABLE alembic_plugin_revision ADD COLUMN objects text[];
    UPDATE alembic_plugin_revision r SET objects = (
        SELECT array_agg(o.kind || ' ' || o.identity) FROM alembic_plugin_object o
        WHERE o.revision = r.revision AND o.made AND o.objsubid = 0);
    ALTER TABLE alembic_plugin_revision DROP COLUMN objects_known;
    ALTER TABLE alembic_plugin_journal ADD COLUMN made text[] NOT NULL DEFAULT '{{}}';
    ALTER TABLE alembic_plugin_journal ALTER COLUMN made DROP DEFAULT;
    DROP TABLE alembic_plugin_object;
    COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 2';
"""

_BACK_TO_1 = """
    SET search_path TO {0};
    DROP TABLE alembic_plugin_journal, alembic_plugin_object, alembic_plugin_value,
        alembic_plugin_snapshot;
    ALTER TABLE alembic_plugin DROP COLUMN quarantine, DROP COLUMN hooks, DROP COLUMN installing,
        DROP COLUMN synced;
    ALTER TABLE alembic_plugin_revision
        DROP COLUMN checksum, DROP COLUMN source, DROP COLUMN downgrade_checksum,
        DROP COLUMN objects_known;
    COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 1';
"""


def take_back_to_4(database: Database, schema: str = "public") -> None:
    """Make the registry in a schema what it is in version 4, which has no snapshots."""
    database.execute(_BACK_TO_4.format(schema))


def take_back_to_3(database: Database, schema: str = "public") -> None:
    """Make the registry in a schema what it is in version 3, where plugins store nothing."""
    database.execute(_BACK_TO_3.format(schema))


def take_back_to_2(database: Database, schema: str = "public") -> None:
    """Make the registry in a schema what it is in version 2, which knows objects by name."""
    database.execute(_BACK_TO_2.format(schema))


def take_back_to_1(database: Database, schema: str = "public") -> None:
    """Make the registry in a schema what it is in version 1, the first one, with its rows."""
    database.execute(_BACK_TO_1.format(schema))
