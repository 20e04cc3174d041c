"""create left heads

Revision ID: two_2a
Revises: two_1

"""

import sqlalchemy as sa
from alembic import op

revision = "two_2a"
down_revision = "two_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "left_heads",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("left_heads")
