"""publish posts and count views

Revision ID: 9e8d54942031
Revises: 1d3da85fb083
Create Date: 2026-09-09 17:11:23.590764

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "9e8d54942031"
down_revision: str | Sequence[str] | None = "1d3da85fb083"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("posts", sa.Column("published", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        CREATE VIEW published_posts AS
        SELECT id, author_id, title, body, published, updated
        FROM posts
        WHERE published <= now()
        """
    )
    op.create_table(
        "post_views",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("viewed", sa.Date(), nullable=False),
        sa.Column("views", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("post_id", "viewed", name="post_views_pkey"),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name="post_views_post_id_fkey", ondelete="CASCADE"
        ),
        postgresql_partition_by="RANGE (viewed)",
    )
    op.execute(
        """
        CREATE TABLE post_views_2026 PARTITION OF post_views
        FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
        """
    )
    op.execute(
        """
        CREATE TABLE post_views_2027 PARTITION OF post_views
        FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')
        """
    )
    op.execute("CREATE TABLE post_views_default PARTITION OF post_views DEFAULT")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("post_views")
    op.execute("DROP VIEW published_posts")
    op.drop_column("posts", "published")
