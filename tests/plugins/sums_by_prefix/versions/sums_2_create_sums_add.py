"""create sums_add

Revision ID: sums_2
Revises: sums_1

"""

from alembic import op

revision = "sums_2"
down_revision = "sums_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE TYPE sums_kind AS ENUM ('net', 'gross')")
    op.execute("CREATE FUNCTION sums_add(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2'")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP FUNCTION sums_add(int, int)")
    op.execute("DROP TYPE sums_kind")
