"""create omelettes

Revision ID: a_2
Revises: a_1

"""

import sqlalchemy as sa
from alembic import op

revision = "a_2"
down_revision = "a_1"
branch_labels = None
depends_on = "b_1"


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "omelettes",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("omelettes")
