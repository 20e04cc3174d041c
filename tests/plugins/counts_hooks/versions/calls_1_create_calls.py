"""create calls

Revision ID: calls_1
Revises:

"""

from alembic import op

revision = "calls_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE TABLE calls (id int)")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP TABLE calls")
