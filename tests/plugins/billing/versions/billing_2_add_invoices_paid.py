"""add invoices paid

Revision ID: billing_2
Revises: billing_1

"""

import sqlalchemy as sa
from alembic import op

revision = "billing_2"
down_revision = "billing_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("invoices", sa.Column("paid", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("invoices", "paid")
