"""add accounts active

Revision ID: host_2
Revises: host_1

"""

import sqlalchemy as sa
from alembic import op

revision = "host_2"
down_revision = "host_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("accounts", sa.Column("active", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("accounts", "active")
