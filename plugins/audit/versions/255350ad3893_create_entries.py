"""create entries

Revision ID: 255350ad3893
Revises:
Create Date: 2026-03-18 10:15:42.771093

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "255350ad3893"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "meta", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "created", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="entries_pkey"),
        # An entry outlives its actor.
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name="entries_actor_id_fkey", ondelete="SET NULL"
        ),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("entries")
