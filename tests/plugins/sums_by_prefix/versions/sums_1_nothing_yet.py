"""nothing yet

Revision ID: sums_1
Revises:

"""

revision = "sums_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""


def downgrade() -> None:
    """Downgrade schema."""
