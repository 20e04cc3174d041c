"""Make the pictures of docs/how-to/graph.md from the example host.

It is run in ``tests/`` as ``python -m support.screenshots``, with Chromium, and ``DATABASE_URL``
leading to an empty database.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from .browsers import Scheme, Size, open_page, start_browser
from .databases import Database
from .hosts import EXAMPLE, Host

_CHANGES = """
    ALTER TABLE audit.entries ADD COLUMN note text;
    INSERT INTO tags.tags (name, colour) SELECT 'tag ' || n, 'grey' FROM generate_series(1, 1200) n;
    ANALYZE tags.tags;
"""

_SHOTS: tuple[tuple[str, str, Size, Scheme], ...] = (
    ("graph.png", "", (1120, 1000), "light"),
    ("graph-dark.png", "#graph-title", (390, 800), "dark"),
)


def make_host(folder: Path, database: Database) -> Host:
    """Return the example host, on which somebody has done what the page tells of."""
    host = Host(folder, database).copy_example()
    host.run("plugin", "install", "audit", "posts")
    database.execute(_CHANGES)
    path = next((folder / "plugins" / "tags" / "versions").glob("ef14608baa74_*.py"))
    path.write_text(f"{path.read_text()}\n\nSINCE = 2\n")
    host.write(
        "plugins/posts/versions/c41d0e5a9b72_index_posts.py",
        '''
        """index posts by when they were published"""

        from alembic import op

        revision = "c41d0e5a9b72"
        down_revision = "9e8d54942031"


        def upgrade():
            op.create_index("posts_published", "posts", ["published"], schema="posts")


        def downgrade():
            op.drop_index("posts_published", schema="posts")
        ''',
    )
    return host


def main() -> None:
    """Make the pictures."""
    database = Database(make_url(os.environ["DATABASE_URL"]))
    with TemporaryDirectory() as folder, start_browser() as browser:
        host = make_host(Path(folder), database)
        page_path = Path(folder) / "graph.html"
        host.succeed("plugin", "graph", "--html", page_path.name)
        for name, place, size, scheme in _SHOTS:
            with open_page(browser, f"{page_path.as_uri()}{place}", size, scheme, scale=2) as page:
                page.screenshot(path=EXAMPLE / "docs" / "recordings" / name)


if __name__ == "__main__":
    main()
