"""add users active

Revision ID: f28747411182
Revises: 91d60b8b3b46
Create Date: 2026-06-19 08:03:31.556490

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "f28747411182"
down_revision: str | Sequence[str] | None = "91d60b8b3b46"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        "users",
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("users", "active")
