"""create notes

Revision ID: computed_1
Revises:

"""

from importlib.util import find_spec

import sqlalchemy as sa
from alembic import op

revision = "computed_1"
down_revision = None
branch_labels = None
depends_on = "billing_1" if find_spec("alembic") else None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("notes")
