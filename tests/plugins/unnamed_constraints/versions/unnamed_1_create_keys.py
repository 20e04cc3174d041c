"""create keys

Revision ID: unnamed_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "unnamed_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table("keys", sa.Column("id", sa.BigInteger(), unique=True))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("keys")
