"""create notebooks and pages

Revision ID: 998e39d24651
Revises:
Create Date: 2026-07-01 12:36:14.702359

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "998e39d24651"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "notes_notebooks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "created", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="notes_notebooks_pkey"),
    )
    op.create_table(
        "notes_pages",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("notebook_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "created", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="notes_pages_pkey"),
        sa.ForeignKeyConstraint(
            ["notebook_id"],
            ["notes_notebooks.id"],
            name="notes_pages_notebook_id_fkey",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name="notes_pages_author_id_fkey", ondelete="SET NULL"
        ),
    )
    op.create_index("notes_pages_notebook_id_idx", "notes_pages", ["notebook_id"])
    op.create_index("notes_pages_author_id_idx", "notes_pages", ["author_id"])


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("notes_pages_author_id_idx", table_name="notes_pages")
    op.drop_index("notes_pages_notebook_id_idx", table_name="notes_pages")
    op.drop_table("notes_pages")
    op.drop_table("notes_notebooks")
