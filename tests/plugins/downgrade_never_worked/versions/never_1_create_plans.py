"""create plans

Revision ID: never_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "never_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table("plans", sa.Column("id", sa.BigInteger(), primary_key=True))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("planes")
