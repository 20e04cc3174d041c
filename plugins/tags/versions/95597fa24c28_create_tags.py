"""create tags

Revision ID: 95597fa24c28
Revises:
Create Date: 2026-02-25 13:05:18.437702

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "95597fa24c28"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "tags",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="tags_pkey"),
        sa.UniqueConstraint("name", name="tags_name_key"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("tags")
