"""create words

Revision ID: extension_1
Revises:

"""

from alembic import op

revision = "extension_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE TABLE words (word citext PRIMARY KEY)")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("words")
