"""index members

Revision ID: uniquely_2
Revises: uniquely_1

"""

import sqlalchemy as sa
from alembic import op

revision = "uniquely_2"
down_revision = "uniquely_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("members", sa.Column("since", sa.Date(), nullable=True))
    with op.get_context().autocommit_block():
        op.create_index(
            "members_email_key", "members", ["email"], unique=True, postgresql_concurrently=True
        )


def downgrade() -> None:
    """Downgrade schema."""
    with op.get_context().autocommit_block():
        op.drop_index("members_email_key", "members", postgresql_concurrently=True)
    op.drop_column("members", "since")
