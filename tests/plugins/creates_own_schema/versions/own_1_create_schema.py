"""create schema

Revision ID: own_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "own_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE SCHEMA own_schema")
    op.create_table(
        "things", sa.Column("id", sa.BigInteger(), primary_key=True), schema="own_schema"
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("things", schema="own_schema")
    op.execute("DROP SCHEMA own_schema")
