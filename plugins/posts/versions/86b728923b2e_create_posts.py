"""create posts

Revision ID: 86b728923b2e
Revises:
Create Date: 2026-05-06 15:27:36.214875

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "86b728923b2e"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column(
            "updated", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="posts_pkey"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="posts_author_id_fkey"),
    )
    op.create_index("posts_author_id_created_idx", "posts", ["author_id", "created"])
    op.execute(
        """
        CREATE FUNCTION set_updated() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.updated = now();
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER posts_set_updated BEFORE UPDATE ON posts
        FOR EACH ROW EXECUTE FUNCTION set_updated()
        """
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP TRIGGER posts_set_updated ON posts")
    op.execute("DROP FUNCTION set_updated()")
    op.drop_index("posts_author_id_created_idx", table_name="posts")
    op.drop_table("posts")
