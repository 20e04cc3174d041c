"""create users

Revision ID: 78c11a55772b
Revises:
Create Date: 2026-02-11 09:41:07.318254

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "78c11a55772b"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column(
            "created", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
        sa.UniqueConstraint("email", name="users_email_key"),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("users")
