"""create invoices

Revision ID: billing_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "billing_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "invoices",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("account_id", sa.BigInteger(), sa.ForeignKey("accounts.id"), nullable=True),
        sa.Column("total", sa.Numeric(), nullable=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("invoices")
