"""create letters

Revision ID: arguments_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "arguments_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade(name: str = "") -> None:
    """Upgrade schema."""
    op.create_table(f"letters{name}", sa.Column("id", sa.BigInteger(), primary_key=True))


def downgrade(name: str = "") -> None:
    """Downgrade schema."""
    op.drop_table(f"letters{name}")
