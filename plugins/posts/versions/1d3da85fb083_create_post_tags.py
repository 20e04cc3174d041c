"""create post tags

Revision ID: 1d3da85fb083
Revises: 86b728923b2e
Create Date: 2026-05-13 10:54:02.968341

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "1d3da85fb083"
down_revision: str | Sequence[str] | None = "86b728923b2e"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "post_tags",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("tag_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "tag_id", name="post_tags_pkey"),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name="post_tags_post_id_fkey", ondelete="CASCADE"
        ),
        # A tag that posts have stays: no ON DELETE here.
        sa.ForeignKeyConstraint(["tag_id"], ["tags.tags.id"], name="post_tags_tag_id_fkey"),
    )
    op.create_index("post_tags_tag_id_idx", "post_tags", ["tag_id"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("post_tags_tag_id_idx", table_name="post_tags")
    op.drop_table("post_tags")
