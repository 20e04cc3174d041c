"""create hens

Revision ID: b_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "b_1"
down_revision = None
branch_labels = None
depends_on = "a_1"


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "hens",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("egg_id", sa.BigInteger(), sa.ForeignKey("mutual_a.eggs.id"), nullable=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("hens")
