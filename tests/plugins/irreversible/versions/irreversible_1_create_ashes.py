"""create ashes

Revision ID: irreversible_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "irreversible_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "ashes",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    raise NotImplementedError("ashes stay ashes")
