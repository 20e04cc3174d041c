"""add accounts nick

Revision ID: extends_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "extends_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table("logins", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.add_column("accounts", sa.Column("nick", sa.Text(), nullable=True), schema="public")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("accounts", "nick", schema="public")
    op.drop_table("logins")
