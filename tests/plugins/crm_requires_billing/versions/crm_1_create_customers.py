"""create customers

Revision ID: crm_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "crm_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column(
            "invoice_id", sa.BigInteger(), sa.ForeignKey("billing.invoices.id"), nullable=True
        ),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("customers")
