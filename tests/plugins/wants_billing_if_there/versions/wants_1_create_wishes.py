"""create wishes

Revision ID: wants_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "wants_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "wishes",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("wishes")
