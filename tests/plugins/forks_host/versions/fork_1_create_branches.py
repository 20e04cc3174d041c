"""create branches

Revision ID: fork_1
Revises: host_1

"""

import sqlalchemy as sa
from alembic import op

revision = "fork_1"
down_revision = "host_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "branches",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("account_id", sa.BigInteger(), sa.ForeignKey("accounts.id"), nullable=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("branches")
