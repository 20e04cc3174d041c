"""add entries outcome

Revision ID: 23507354cf3c
Revises: a80dc8a4ddab
Create Date: 2026-08-27 11:30:55.643218

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "23507354cf3c"
down_revision: str | Sequence[str] | None = "a80dc8a4ddab"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column(
        "entries",
        sa.Column("outcome", sa.Text(), server_default="success", nullable=False),
    )
    op.create_check_constraint(
        "entries_outcome_check", "entries", "outcome IN ('success', 'failure')"
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_constraint("entries_outcome_check", "entries", type_="check")
    op.drop_column("entries", "outcome")
