"""Small things that several unit tests are made of."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Executable, create_engine
from sqlalchemy import Row as ResultRow
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.elements import CompilerElement

from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.catalog.oids import PG_CLASS
from alembic_plugins.catalog.queries import Dependent
from alembic_plugins.config.settings import Settings, read_settings
from alembic_plugins.guard.changes import Change
from alembic_plugins.guard.permissions import Permissions
from alembic_plugins.loading.session import Session
from alembic_plugins.namespaces.ownership import Ownership
from alembic_plugins.namespaces.recorded import RecordedObject
from alembic_plugins.planning.operations import Operation
from alembic_plugins.planning.plan import Plan
from alembic_plugins.plugin import Namespace, Prefix, Schema
from alembic_plugins.registry.state import AppliedRevision, InstalledPlugin, State
from alembic_plugins.registry.statements import Row
from alembic_plugins.registry.tables import VERSION
from alembic_plugins.revisions.branches import Branch, Node
from alembic_plugins.revisions.files import Part, RevisionInfo

Ids = tuple[str, ...]

DIALECT = create_engine("postgresql+psycopg://").dialect


def make_info(
    revision: str,
    down: Ids = (),
    *,
    depends: Ids = (),
    labels: Ids = (),
    doc: str = "",
    path: Path | None = None,
    replaces: tuple[Part, ...] = (),
) -> RevisionInfo:
    """Return a revision as its file would describe it."""
    info = RevisionInfo(revision, down, depends, labels, doc, str(path) if path else None)
    return info._replace(replaces=replaces)


def make_chain(name: str, *revisions: str) -> Branch:
    """Return a branch whose revisions follow each other."""
    downs = ((), *((revision,) for revision in revisions))
    return Branch(name, [make_info(r, d) for r, d in zip(revisions, downs, strict=False)])


def make_node(revision: str, plugin: str, down: Ids = (), depends: Ids = ()) -> Node:
    """Return a revision of the graph of all branches."""
    return Node(revision, plugin, down, depends)


def make_nodes(*nodes: Node) -> dict[str, Node]:
    """Return nodes by id."""
    return {node.revision: node for node in nodes}


def make_applied(
    revision: str,
    plugin: str,
    down: Ids = (),
    depends: Ids = (),
    *,
    checksum: str | None = None,
) -> AppliedRevision:
    """Return a row of the registry."""
    return AppliedRevision(revision, plugin, down, depends, (), f"about {revision}", checksum)


def make_installed(
    name: str, requires: Ids = (), *, namespace: Namespace | None = None
) -> InstalledPlugin:
    """Return a row of the registry."""
    return InstalledPlugin(name, None, "1.0", namespace or Schema(name), True, requires)


def make_state(*applied: AppliedRevision, requires: Mapping[str, Ids] | None = None) -> State:
    """Return what the database remembers, with a row for every plugin of which something is."""
    names = dict.fromkeys(item.plugin for item in applied if item.plugin != "host")
    plugins = {name: make_installed(name, (requires or {}).get(name, ())) for name in names}
    branches = ("host", *names)
    rows = frozenset(r for name in branches for r in State(applied=applied).heads(name))
    return State(rows, applied, plugins, version_table=True, registry=VERSION)


def set_aside(state: State, name: str) -> State:
    """Return a state in which a plugin that it has is set aside."""
    plugin = replace(state.plugins[name], quarantine=f"quarantine_{name}")
    return replace(
        state,
        rows=state.rows - set(state.heads(name)),
        applied=tuple(item for item in state.applied if item.plugin != name),
        plugins={other: known for other, known in state.plugins.items() if other != name},
        quarantined={name: plugin},
        kept=state.of(name),
    )


HOST = (make_applied("h1", "host"), make_applied("h2", "host", ("h1",)))
TAGS = (make_applied("t1", "tags"), make_applied("t2", "tags", ("t1",)))
POSTS = (make_applied("p1", "posts", (), ("t1",)),)
REQUIRES: Mapping[str, Ids] = {"posts": ("tags",)}
ALL = make_state(*HOST, *TAGS, *POSTS, requires=REQUIRES)
"""What the database remembers when all of `write_host` is applied."""


CRM = make_installed("crm")
NOTES = make_installed("notes", namespace=Prefix("notes_", "notebook"))
SHOP = make_installed("shop", namespace=Schema("app", create=False))
"""A plugin with a schema of its own, one with a prefix, and one that shares the host's schema."""

CATALOGS = {
    "function": 1255,
    "type": 1247,
    "domain constraint": 2606,
    "table constraint": 2606,
    "default value": 2604,
    "cast": 2605,
    "operator": 2617,
    "trigger": 2620,
    "schema": 2615,
    "extension": 3079,
    "statistics object": 3381,
    "publication": 6104,
    "large object": 2613,
}
"""The system catalogs of some kinds of objects; all others are relations here."""


def make_object(
    identity: str,
    kind: str = "table",
    **values: Any,  # noqa: ANN401 - any field's
) -> DatabaseObject:
    """Return an object that stands for itself, in the schema that its identity begins with."""
    schema, _, name = identity.partition("(")[0].rpartition(".")
    key = (CATALOGS.get(kind, PG_CLASS), crc32(f"{kind} {identity}".encode()))
    item = DatabaseObject(*key, kind, identity, schema or None, name.strip('"'), schema or None)
    is_relation = item.classid == PG_CLASS
    return replace(item, own_name=item.name if is_relation else None, chain=(key,), **values)


def make_schema(name: str) -> DatabaseObject:
    """Return a schema, which is said to be in itself."""
    return make_object(name, "schema", schema=name, own_schema=name)


def make_part(
    identity: str,
    kind: str,
    whole: DatabaseObject,
    **values: Any,  # noqa: ANN401 - any field's
) -> DatabaseObject:
    """Return an object that hangs on another one, and is where that is."""
    item = make_object(identity, kind)
    part = replace(
        item,
        schema=whole.schema,
        name=whole.name,
        own_schema=item.own_schema if item.own_name else whole.schema,
        chain=(*item.chain, *whole.chain),
        is_part=whole.classid == PG_CLASS,
    )
    return replace(part, **values)


def rename(item: DatabaseObject, identity: str) -> DatabaseObject:
    """Return an object that stands for itself by another name, maybe in another schema."""
    other = make_object(identity, item.kind)
    return replace(
        item,
        identity=identity,
        schema=other.schema,
        name=other.name,
        own_schema=other.own_schema,
        own_name=other.own_name,
    )


def make_recorded(
    item: DatabaseObject,
    plugin: str,
    revision: str | None = None,
    *,
    made: bool = True,
    column: int = 0,
) -> RecordedObject:
    """Return what the registry has of an object, or of a column of it."""
    place = (*item.key, column)
    return RecordedObject(plugin, revision, made, place, item.kind, item.identity)


def make_dependent(words: str, item: DatabaseObject | None = None) -> Dependent:
    """Return something that depends on an object, and is a view of the host's if nothing else."""
    item = item or make_object("app.sums", "view")
    return Dependent(words, item.kind, item)


def make_ownership(*plugins: InstalledPlugin, recorded: Iterable[RecordedObject] = ()) -> Ownership:
    """Return what tells whose objects are, where the host's tables are in schema `app`."""
    return Ownership(plugins or (CRM, NOTES, SHOP), "app", recorded)


def make_permissions(
    *branches: str,
    ownership: Ownership | None = None,
    **values: Any,  # noqa: ANN401 - any field's
) -> Permissions:
    """Return what some branches may do, where CRM, NOTES and SHOP are installed."""
    return Permissions(frozenset(branches), ownership or make_ownership(), **values)


def make_change(
    before: DatabaseObject | None,
    after: DatabaseObject | None,
    *modes: str,
    **values: Any,  # noqa: ANN401 - any field's
) -> Change:
    """Return what a transaction has done to an object, which one of the two has to be."""
    item = after or before
    assert item is not None
    return Change(item.key, before, after, frozenset(modes), **values)


def created(item: DatabaseObject, *, command: int = 0) -> Change:
    """Return the change of a transaction that has made an object."""
    return make_change(None, item, "AccessExclusiveLock", is_written=True, command=command)


def dropped(item: DatabaseObject) -> Change:
    """Return the change of a transaction that has dropped an object."""
    return make_change(item, None, "AccessExclusiveLock")


def renamed(item: DatabaseObject, identity: str) -> Change:
    """Return the change of a transaction that has renamed or moved an object."""
    return make_change(item, rename(item, identity), "AccessExclusiveLock", is_written=True)


def altered(item: DatabaseObject, **columns: Mapping[int, str]) -> Change:
    """Return the change of a transaction that has made something else of a relation."""
    known = {"is_written": True, "is_reshaped": True}
    return make_change(item, item, "AccessExclusiveLock", **known, **columns)


def wrote(item: DatabaseObject) -> Change:
    """Return the change of a transaction that has written rows of a table."""
    return make_change(item, item, "RowExclusiveLock")


def read(item: DatabaseObject) -> Change:
    """Return the change of a transaction that has read rows of a table."""
    return make_change(item, item, "AccessShareLock", scans=1)


def referred(item: DatabaseObject) -> Change:
    """Return the change of a transaction that has made something depend on an object."""
    return make_change(item, item, "AccessShareLock", is_referred=True)


def make_row(**values: object) -> ResultRow[tuple[object, ...]]:
    """Return a row of a query."""
    rows = iter([tuple(values.values())])
    result: Result[tuple[object, ...]] = IteratorResult(SimpleResultMetaData(list(values)), rows)
    return result.one()


def make_settings(here: Path, **values: Any) -> Settings:  # noqa: ANN401 - any field's
    """Return settings that say nothing but `values`."""
    empty = replace(read_settings(Config()), here=here, folders=(here / "plugins",))
    return replace(empty, **{"source": "alembic.ini", **values})


def write_file(path: Path, text: str = "") -> Path:
    """Write a file and the folders that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def write_revision(
    folder: Path,
    revision: str,
    down: str | Ids | None = None,
    *,
    depends: Ids = (),
    phase: str | None = None,
    replaces: Sequence[object] = (),
) -> Path:
    """Write a revision file that does nothing, or is a squash by what it replaces."""
    lines = (
        f'"""about {revision}"""',
        f"revision = {revision!r}",
        f"down_revision = {down!r}",
        f"depends_on = {depends!r}",
        f"phase = {phase!r}",
        *([f"replaces = {list(replaces)!r}"] if replaces else []),
        "def upgrade(): pass",
        "def downgrade(): pass",
    )
    return write_file(folder / f"{revision}_.py", "\n".join(lines))


def write_plugin(here: Path, name: str, *revisions: str, toml: str = "") -> Path:
    """Write a folder plugin below ``plugins`` whose revisions follow each other."""
    folder = here / "plugins" / name
    (folder / "versions").mkdir(parents=True)
    for revision, down in zip(revisions, (None, *revisions), strict=False):
        write_revision(folder / "versions", revision, down)
    if toml:
        write_file(folder / "plugin.toml", toml)
    return folder


def write_host(here: Path) -> Path:
    """Write a host with the plugins tags and posts, which requires tags; return its folder."""
    write_revision(here / "versions", "h1")
    write_revision(here / "versions", "h2", "h1")
    write_plugin(here, "tags", "t1", "t2")
    posts = write_plugin(here, "posts", toml="requires = ['tags']")
    write_revision(posts / "versions", "p1", depends=("t1",))
    return here


def make_config(here: Path, options: str = "", sections: str = "") -> Config:
    """Write an ``alembic.ini`` of a host that uses us, and return its configuration."""
    lines = (
        "[alembic]",
        "script_location = alembic_plugins:environment",
        "version_locations = %(here)s/versions",
        "path_separator = os",
        options,
        sections,
    )
    return Config(write_file(here / "alembic.ini", "\n".join(lines)))


def make_session(config: Config, state: State | None = None) -> Session:
    """Return a command's view of disk and of a database that is imagined."""
    return Session(config, ScriptDirectory.from_config(config), state or State())


def open_session(here: Path, state: State | None = None, options: str = "") -> Session:
    """Return the view of a host in a folder."""
    return make_session(make_config(here, options), state)


def to_sql(item: Executable | Row) -> str:
    """Return a statement, or a row, as offline mode prints it, without its line breaks."""
    statement = item.whole if isinstance(item, Row) else item
    assert isinstance(statement, CompilerElement)
    compiled = statement.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
    return " ".join(str(compiled).split())


def to_sent(statement: Executable) -> str:
    """Return a statement as it is sent: psycopg makes one percent sign of two."""
    no_parameters: dict[str, object] = {}
    return to_sql(statement) % no_parameters


def bind(statement: Executable) -> tuple[str, dict[str, object]]:
    """Return a statement with places for its values, and the values: OIDs have no literals."""
    assert isinstance(statement, CompilerElement)
    compiled = statement.compile(dialect=DIALECT)
    sql = re.sub(r"%\((\w+)\)s(::\w+)?", r":\1", " ".join(str(compiled).split()))
    return sql, dict(compiled.params or {})


def find_outcomes(plan: Plan) -> dict[str, type[Operation]]:
    """Return what becomes of plugins as a whole, in order."""
    return {name: type(operation) for name, operation in plan.outcomes.items()}
