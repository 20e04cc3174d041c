"""create logins

Revision ID: by_email_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "by_email_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table("logins", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.create_index("by_email", "accounts", ["email"], schema="public")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("by_email", schema="public")
    op.drop_table("logins")
