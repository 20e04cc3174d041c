"""create reminders

Revision ID: refers_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "refers_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "reminders",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column(
            "invoice_id", sa.BigInteger(), sa.ForeignKey("billing.invoices.id"), nullable=True
        ),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("reminders")
