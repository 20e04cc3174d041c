"""index accounts

Revision ID: dependent_1
Revises:

"""

from alembic import op

revision = "dependent_1"
down_revision = None
branch_labels = None
depends_on = "host_2"


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE VIEW actives AS SELECT id FROM accounts WHERE active")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP VIEW actives")
