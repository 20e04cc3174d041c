"""create letters

Revision ID: counts_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "counts_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE TYPE tone AS ENUM ('kind', 'cold')")
    op.create_table(
        "letters",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("number", sa.Integer(), sa.Identity(always=True)),
        sa.Column("word", sa.Text(), index=True),
    )
    op.execute("ALTER TABLE letters ADD COLUMN tone tone DEFAULT 'kind'")
    op.execute("CREATE VIEW words AS SELECT word FROM letters")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP VIEW words")
    op.drop_table("letters")
    op.execute("DROP TYPE tone")
