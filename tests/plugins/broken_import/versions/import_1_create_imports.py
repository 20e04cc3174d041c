"""create imports

Revision ID: import_1
Revises:

"""

import missing_module
import sqlalchemy as sa
from alembic import op

revision = "import_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.create_table(
        "imports",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("here", missing_module.TYPE),
    )


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_table("imports")
