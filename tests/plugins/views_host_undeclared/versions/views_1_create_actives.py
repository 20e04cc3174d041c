"""create actives

Revision ID: views_1
Revises:

"""

from alembic import op

revision = "views_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE VIEW actives AS SELECT id FROM accounts WHERE active")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP VIEW actives")
