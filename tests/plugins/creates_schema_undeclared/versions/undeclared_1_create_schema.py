"""create schema

Revision ID: undeclared_1
Revises:

"""

from alembic import op

revision = "undeclared_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE SCHEMA creates_schema_undeclared")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP SCHEMA creates_schema_undeclared")
