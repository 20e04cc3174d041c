"""print sheets

Revision ID: fails_2
Revises: fails_1

"""

import sqlalchemy as sa
from alembic import op

revision = "fails_2"
down_revision = "fails_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "prints",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )
    raise RuntimeError("out of paper")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("prints")
