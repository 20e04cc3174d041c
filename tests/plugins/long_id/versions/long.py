"""create names

Revision ID: an_identifier_of_more_than_32_characters
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "an_identifier_of_more_than_32_characters"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "names",
        sa.Column("id", sa.BigInteger(), primary_key=True),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("names")
