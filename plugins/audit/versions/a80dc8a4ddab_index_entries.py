"""index entries

Revision ID: a80dc8a4ddab
Revises: 255350ad3893
Create Date: 2026-04-02 16:48:09.120386

"""

from collections.abc import Sequence

from alembic import op

revision: str = "a80dc8a4ddab"
down_revision: str | Sequence[str] | None = "255350ad3893"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_index("entries_actor_id_created_idx", "entries", ["actor_id", "created"])
    op.create_index("entries_meta_idx", "entries", ["meta"], postgresql_using="gin")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("entries_meta_idx", table_name="entries", postgresql_using="gin")
    op.drop_index("entries_actor_id_created_idx", table_name="entries")
