"""create cocks

Revision ID: b_2
Revises: b_1

"""

import sqlalchemy as sa
from alembic import op

revision = "b_2"
down_revision = "b_1"
branch_labels = None
depends_on = "a_2"


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "cocks",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("cocks")
