"""create note_days

Revision ID: notes_2
Revises: notes_1

"""

from alembic import op

revision = "notes_2"
down_revision = "notes_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE SEQUENCE note_numbers")
    op.execute("CREATE VIEW note_words AS SELECT word FROM notes")
    op.execute("CREATE TABLE note_days (day date) PARTITION BY RANGE (day)")
    op.execute("CREATE TABLE note_days_all PARTITION OF note_days DEFAULT")
    op.execute("ALTER TABLE notes ADD COLUMN number bigint DEFAULT nextval('note_numbers')")


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("notes", "number")
    op.execute("DROP TABLE note_days")
    op.execute("DROP VIEW note_words")
    op.execute("DROP SEQUENCE note_numbers")
