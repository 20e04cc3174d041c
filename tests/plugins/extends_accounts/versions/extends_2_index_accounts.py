"""index accounts

Revision ID: extends_2
Revises: extends_1

"""

from alembic import op

revision = "extends_2"
down_revision = "extends_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_index("by_email", "accounts", ["email"], schema="public")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("by_email", schema="public")
