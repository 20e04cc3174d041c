"""select nothing

Revision ID: wrong_2
Revises: wrong_1

"""

from alembic import op

revision = "wrong_2"
down_revision = "wrong_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("SELECT * FROM nowhere")


def downgrade() -> None:
    """Downgrade schema."""
    pass
