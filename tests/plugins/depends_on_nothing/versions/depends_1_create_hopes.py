"""create hopes

Revision ID: depends_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "depends_1"
down_revision = None
branch_labels = None
depends_on = "never_written"


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "hopes",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("hopes")
