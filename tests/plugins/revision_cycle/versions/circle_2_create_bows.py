"""create bows

Revision ID: circle_2
Revises: circle_1

"""

import sqlalchemy as sa
from alembic import op

revision = "circle_2"
down_revision = "circle_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "bows",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("bows")
