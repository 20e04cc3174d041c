"""create steps

Revision ID: never_2
Revises: never_1

"""

import sqlalchemy as sa
from alembic import op

revision = "never_2"
down_revision = "never_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "steps",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("plan_id", sa.BigInteger(), sa.ForeignKey("plans.id"), nullable=True),
    )
    op.execute("CREATE FUNCTION plan() RETURNS int LANGUAGE sql AS 'SELECT 1'")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("ALTER TABLE steps DROP COLUMN no_such_column")
