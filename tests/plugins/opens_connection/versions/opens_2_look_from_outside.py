"""look from outside

Revision ID: opens_2
Revises: opens_1

"""

import sqlalchemy as sa
from alembic import op

revision = "opens_2"
down_revision = "opens_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    with op.get_bind().engine.connect() as other:
        sa.inspect(other).get_columns("doors", schema="opens_connection")


def downgrade() -> None:
    """Downgrade schema."""
    pass
