"""create shop items

Revision ID: shop_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "shop_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "shop_items",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("word", sa.Text(), index=True),
    )
    op.create_table(
        "shop_orders",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("item_id", sa.BigInteger(), sa.ForeignKey("shop_items.id"), nullable=True),
        sa.Column("account_id", sa.BigInteger(), sa.ForeignKey("accounts.id"), nullable=True),
    )
    op.execute("CREATE VIEW shop_words AS SELECT word FROM shop_items")
    op.execute("CREATE TABLE shop_days (day date) PARTITION BY RANGE (day)")
    op.execute("CREATE TABLE shop_days_all PARTITION OF shop_days DEFAULT")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP TABLE shop_days")
    op.execute("DROP VIEW shop_words")
    op.drop_table("shop_orders")
    op.drop_table("shop_items")
