"""create signs

Revision ID: signs_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "signs_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "signs",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DELETE FROM signs WHERE id::text LIKE '1%' OR id::text = '; %(x)s'")
    op.execute("COMMENT ON TABLE signs IS '100% \\ done; -- not'")
    op.execute("DROP TABLE signs;")
