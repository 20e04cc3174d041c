"""seed tags

Revision ID: ef14608baa74
Revises: 95597fa24c28
Create Date: 2026-02-26 09:12:44.085931

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "ef14608baa74"
down_revision: str | Sequence[str] | None = "95597fa24c28"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The table as this revision finds it, not as models have it by now.
tags = sa.table("tags", sa.column("name", sa.Text()), sa.column("colour", sa.Text()))


def upgrade() -> None:
    """Upgrade schema."""
    op.bulk_insert(
        tags,
        [
            {"name": "urgent", "colour": "#d73a4a"},
            {"name": "bug", "colour": "#e99695"},
            {"name": "feature", "colour": "#0e8a16"},
            {"name": "docs", "colour": "#0075ca"},
        ],
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DELETE FROM tags WHERE name IN ('urgent', 'bug', 'feature', 'docs')")
