"""index events

Revision ID: autocommit_2
Revises: autocommit_1

"""

from alembic import op

revision = "autocommit_2"
down_revision = "autocommit_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    with op.get_context().autocommit_block():
        op.create_index("events_id_idx", "events", ["id"], postgresql_concurrently=True)


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_index("events_id_idx", table_name="events")
