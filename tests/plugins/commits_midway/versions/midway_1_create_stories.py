"""create stories

Revision ID: midway_1
Revises:

"""

import sqlalchemy as sa
from alembic import op

revision = "midway_1"
down_revision = None
branch_labels = None
depends_on = None

stories = sa.table("stories", sa.column("id", sa.Integer), sa.column("word", sa.Text))


def upgrade() -> None:
    """Upgrade schema, in 12 statements of which 5, 6, 10 and 11 commit by themselves."""
    op.create_table(
        "stories",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("word", sa.Text(), nullable=False),
    )
    op.execute("CREATE TYPE story_mood AS ENUM ('grim')")
    op.bulk_insert(stories, [{"word": "100% one"}, {"word": "two"}])
    new = stories.insert().values(word="three").returning(stories.c.id)
    last = op.get_bind().scalar(new)
    with op.get_context().autocommit_block():
        op.create_index("stories_word_idx", "stories", ["word"], postgresql_concurrently=True)
        op.execute(f"UPDATE stories SET word = 'the last' WHERE id = {last}")
    op.execute("ALTER TABLE stories ADD COLUMN mood story_mood, ADD COLUMN reads int DEFAULT 0")
    for story in (1, 2):
        op.execute(
            sa.text("UPDATE stories SET reads = reads + :id WHERE id = :id").params(id=story)
        )
    with op.get_context().autocommit_block():
        op.execute("ALTER TYPE story_mood ADD VALUE 'glad'")
        op.execute("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS stories_key ON stories (word)")
    op.execute("UPDATE stories SET mood = 'glad', reads = reads + 1")


def downgrade() -> None:
    """Downgrade schema, in 7 statements of which 2, 3 and 5 commit by themselves."""
    op.execute("DELETE FROM stories WHERE id = 1")
    with op.get_context().autocommit_block():
        op.drop_index("stories_key", "stories", postgresql_concurrently=True)
        op.drop_index("stories_word_idx", "stories", postgresql_concurrently=True)
    op.execute("ALTER TABLE stories DROP COLUMN reads, DROP COLUMN mood")
    with op.get_context().autocommit_block():
        op.execute("VACUUM stories")
    op.drop_table("stories")
    op.execute("DROP TYPE story_mood")
