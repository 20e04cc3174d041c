"""add words

Revision ID: calls_2
Revises: calls_1

"""

from alembic import op

revision = "calls_2"
down_revision = "calls_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema, which commits by itself."""
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE calls ADD COLUMN words text")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("ALTER TABLE calls DROP COLUMN words")
