"""create stamps

Revision ID: counts_2
Revises: counts_1

"""

import sqlalchemy as sa
from alembic import op

revision = "counts_2"
down_revision = "counts_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE SEQUENCE stamp_numbers START 100")
    op.create_table(
        "stamps",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("letter_id", sa.BigInteger(), sa.ForeignKey("letters.id"), nullable=True),
        sa.Column("account_id", sa.BigInteger(), sa.ForeignKey("accounts.id"), nullable=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("stamps")
    op.execute("DROP SEQUENCE stamp_numbers")
