"""create debts

Revision ID: leaning_1
Revises:

"""

from alembic import op

revision = "leaning_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE VIEW debts AS SELECT id FROM billing.invoices")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP VIEW debts")
