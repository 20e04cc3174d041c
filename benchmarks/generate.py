"""Write the same migrations as a host of this tool, for stock Alembic, for Django and as SQL.

By hand: ``python -m benchmarks.generate tool 10x20 FOLDER``.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from .ddl import Texts, render_code, render_sql
from .shapes import Shape

_SUITE = Path(__file__).with_name("suite")

TOOL_INI = """\
[alembic]
script_location = alembic_plugins:environment
version_locations = %(here)s/versions
path_separator = os
"""

UNGUARDED_INI = f"{TOOL_INI}plugin_guard = off\n"

STOCK_INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = newline
version_locations =
"""

STOCK_ENV = '''\
"""What `alembic init` writes, without logging and offline mode."""

import os

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
'''

REVISION = '''\
"""{message}

Revision ID: {revision}
Revises: {revises}
Create Date: 2026-01-01 00:00:00.000000

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = {revision!r}
down_revision: str | Sequence[str] | None = {down_revision!r}
branch_labels: str | Sequence[str] | None = {branch_labels!r}
depends_on: str | Sequence[str] | None = {depends_on!r}


def upgrade() -> None:
    """Upgrade schema."""
    {upgrade}


def downgrade() -> None:
    """Downgrade schema."""
    {downgrade}
'''

DJANGO_SETTINGS = """\
import os

INSTALLED_APPS = {apps!r}
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["PGDATABASE"],
        "HOST": os.environ["PGHOST"],
        "PORT": os.environ["PGPORT"],
        "USER": os.environ["PGUSER"],
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
    }}
}}
SECRET_KEY = "of no use"
USE_TZ = True
"""

DJANGO_MIGRATION = '''\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = {dependencies!r}
    operations = [
        migrations.RunSQL(
            """{upgrade}""",
            """{downgrade}""",
        )
    ]
'''


def write_tool(shape: Shape, folder: Path) -> None:
    """Write a host of this tool, each of its plugins a folder with a schema of its own."""
    _write(folder / "alembic.ini", TOOL_INI)
    _write(folder / "unguarded.ini", UNGUARDED_INI)
    _write(folder / "pytest.ini", "[pytest]\n")
    shutil.copytree(_SUITE, folder / "suite", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions").mkdir()
    for name in shape.names:
        required = shape.requirement(name)
        if required:
            _write(folder / "plugins" / name / "plugin.toml", f'requires = ["{required}"]\n')
        for number in range(shape.revisions):
            texts = render_code(number, None, only_tables=shape.merges)
            path, text = _fill_revision(shape, name, number, texts)
            _write(folder / "plugins" / name / "versions" / path, text)


def write_stock(shape: Shape, folder: Path) -> None:
    """Write a project of stock Alembic, each plugin a branch with a label.

    Nobody makes schemas for its revisions, nor sets a search path: they make them, and name them.
    """
    locations = "".join(f"  %(here)s/plugins/{name}/versions\n" for name in shape.names)
    _write(folder / "alembic.ini", STOCK_INI + locations)
    _write(folder / "migrations" / "env.py", STOCK_ENV)
    for name in shape.names:
        required = shape.requirement(name)
        depends_on = identify(required, shape.revisions - 1) if required else None
        for number in range(shape.revisions):
            texts = render_code(number, name, only_tables=shape.merges)
            if number == 0:
                texts = Texts(
                    f'op.execute("CREATE SCHEMA {name}")\n    {texts.upgrade}',
                    f'{texts.downgrade}\n    op.execute("DROP SCHEMA {name}")',
                )
            path, text = _fill_revision(
                shape, name, number, texts, label=name, depends_on=depends_on
            )
            _write(folder / "plugins" / name / "versions" / path, text)


def write_django(shape: Shape, folder: Path) -> None:
    """Write a Django project, each plugin an app.

    Its migrations are SQL, which spares Django the models that it would render after each: it can
    only be slower than what is measured here.
    """
    _write(folder / "settings.py", DJANGO_SETTINGS.format(apps=list(shape.names)))
    for name in shape.names:
        _write(folder / name / "__init__.py", "")
        _write(folder / name / "migrations" / "__init__.py", "")
        for number in range(shape.revisions):
            dependencies = [(name, _name_migration(parent)) for parent in shape.parents(number)]
            required = shape.requirement(name)
            if number == 0 and required:
                dependencies.append((required, _name_migration(shape.revisions - 1)))
            texts = _render_with_schema(shape, name, number)
            text = DJANGO_MIGRATION.format(
                dependencies=dependencies, upgrade=texts.upgrade, downgrade=texts.downgrade
            )
            _write(folder / name / "migrations" / f"{_name_migration(number)}.py", text)


def write_plain(shape: Shape, folder: Path) -> None:
    """Write a file of SQL for each plugin."""
    for name in shape.names:
        texts = [_render_with_schema(shape, name, number) for number in range(shape.revisions)]
        _write(folder / f"{name}.sql", "\n".join(text.upgrade for text in texts))


WRITERS: Mapping[str, Callable[[Shape, Path], None]] = {
    "tool": write_tool,
    "stock": write_stock,
    "django": write_django,
    "plain": write_plain,
}


def identify(name: str, number: int) -> str:
    """Return a revision's id: it looks as Alembic's do, and is the same each time."""
    return hashlib.sha256(f"{name} {number}".encode()).hexdigest()[:12]


def _render_with_schema(shape: Shape, name: str, number: int) -> Texts:
    texts = render_sql(number, name, only_tables=shape.merges)
    if number:
        return texts
    return Texts(
        f"CREATE SCHEMA {name};\n{texts.upgrade}", f"{texts.downgrade}\nDROP SCHEMA {name};"
    )


def _fill_revision(
    shape: Shape,
    name: str,
    number: int,
    texts: Texts,
    *,
    label: str | None = None,
    depends_on: str | None = None,
) -> tuple[str, str]:
    """Return a revision file's name and its text; label and dependency are the first one's."""
    revision = identify(name, number)
    parents = tuple(identify(name, parent) for parent in shape.parents(number))
    return f"{revision}_change_{number}.py", REVISION.format(
        message=f"change {number} of {name}",
        revision=revision,
        revises=", ".join(parents),
        down_revision=parents if len(parents) > 1 else parents[0] if parents else None,
        branch_labels=label if number == 0 else None,
        depends_on=depends_on if number == 0 else None,
        upgrade=texts.upgrade,
        downgrade=texts.downgrade,
    )


def _name_migration(number: int) -> str:
    return f"{number + 1:04}_change"


def _write(file: Path, text: str) -> None:
    # Half of the time would go into folders that are there already.
    if not os.path.isdir(file.parent):  # noqa: PTH112 - much cheaper, 10,000 times
        file.parent.mkdir(parents=True)
    file.write_text(text)


if __name__ == "__main__":
    WRITERS[sys.argv[1]](Shape.parse(sys.argv[2]), Path(sys.argv[3]))
