"""add page counts

Revision ID: 4add1d040a4f
Revises: 998e39d24651
Create Date: 2026-07-22 09:58:47.331086

"""

from collections.abc import Sequence

from alembic import op

revision: str = "4add1d040a4f"
down_revision: str | Sequence[str] | None = "998e39d24651"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute(
        """
        CREATE MATERIALIZED VIEW notes_page_counts AS
        SELECT notebooks.id AS notebook_id, count(pages.id) AS pages
        FROM notes_notebooks AS notebooks
        LEFT JOIN notes_pages AS pages ON pages.notebook_id = notebooks.id
        GROUP BY notebooks.id
        """
    )
    # REFRESH MATERIALIZED VIEW CONCURRENTLY asks for a unique index.
    op.create_index(
        "notes_page_counts_notebook_id_idx", "notes_page_counts", ["notebook_id"], unique=True
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("notes_page_counts_notebook_id_idx", table_name="notes_page_counts")
    op.execute("DROP MATERIALIZED VIEW notes_page_counts")
