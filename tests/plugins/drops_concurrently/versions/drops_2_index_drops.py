"""index drops

Revision ID: drops_2
Revises: drops_1

"""

from alembic import op

revision = "drops_2"
down_revision = "drops_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_index("drops_id_idx", "drops", ["id"])


def downgrade() -> None:
    """Downgrade schema."""
    with op.get_context().autocommit_block():
        op.drop_index("drops_id_idx", table_name="drops", postgresql_concurrently=True)
