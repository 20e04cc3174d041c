"""create expansions

Revision ID: expand_a_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "expand_a_1"
down_revision = None
branch_labels = "expand"
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "expansions",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("expansions")
