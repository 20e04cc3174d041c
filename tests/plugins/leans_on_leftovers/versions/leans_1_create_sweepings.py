"""create sweepings

Revision ID: leans_1
Revises:

"""

from alembic import op

revision = "leans_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE VIEW sweepings AS SELECT id FROM leaves_leftovers.crumbs")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP VIEW sweepings")
