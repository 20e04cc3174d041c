"""create odd names

Revision ID: odd_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "odd_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table("odd_Names", sa.Column("id", sa.BigInteger(), primary_key=True))


def downgrade() -> None:
    """Downgrade schema."""
    pass
