"""create arcs

Revision ID: circle_1
Revises: circle_2

"""

import sqlalchemy as sa
from alembic import op

revision = "circle_1"
down_revision = "circle_2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "arcs",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("arcs")
