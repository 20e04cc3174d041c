"""create questions

Revision ID: asks_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "asks_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "questions",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    count = op.get_bind().scalar(sa.text("SELECT count(*) FROM questions"))
    assert count == 0
    op.drop_table("questions")
