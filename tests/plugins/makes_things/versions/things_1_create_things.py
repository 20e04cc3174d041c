"""create things

Revision ID: things_1
Revises:

"""

from alembic import op

revision = "things_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Upgrade schema."""
    op.execute("CREATE TABLE things (id int PRIMARY KEY, word text)")
    op.execute("INSERT INTO things VALUES (1, 'one'), (2, 'two')")
    op.execute("CREATE TYPE mood AS ENUM ('good')")
    op.execute("CREATE SEQUENCE numbers")
    op.execute("CREATE VIEW words AS SELECT word FROM things")
    op.execute("CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    op.execute("CREATE TABLE parts (id int) PARTITION BY RANGE (id)")
    op.execute("CREATE TABLE parts_all PARTITION OF parts DEFAULT")


def downgrade() -> None:
    """Downgrade schema."""
    op.execute("DROP TABLE parts")
    op.execute("DROP FUNCTION one()")
    op.execute("DROP VIEW words")
    op.execute("DROP SEQUENCE numbers")
    op.execute("DROP TYPE mood")
    op.execute("DROP TABLE things")
