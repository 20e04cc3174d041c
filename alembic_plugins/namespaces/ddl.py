"""The SQL that makes a namespace, brings it onto the search path and takes it away."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Executable, String, func, literal, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateSchema, DropSchema, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.sql.elements import ColumnElement

from ..plugin import Namespace, Schema


def create_namespace(namespace: Namespace) -> Iterator[Executable]:
    """Yield what creates a plugin's schema, if it is ours to create."""
    if isinstance(namespace, Schema) and namespace.create:
        yield CreateSchema(namespace.name, if_not_exists=True)


class CreateExtension(ExecutableDDLElement):
    """``CREATE EXTENSION IF NOT EXISTS name``, for which SQLAlchemy has no construct."""

    def __init__(self, name: str) -> None:
        self.name = name


@compiles(CreateExtension)
def _compile_create_extension(
    element: CreateExtension, compiler: DDLCompiler, **_options: object
) -> str:
    return f"CREATE EXTENSION IF NOT EXISTS {compiler.preparer.quote(element.name)}"


def drop_schema(name: str) -> Executable:
    """Return what drops a plugin's schema, if it is empty."""
    return DropSchema(name, if_exists=True)


def enter_namespace(namespace: Namespace, needed: Iterable[Namespace]) -> Executable | None:
    """Return what puts a plugin's schema first on the search path, and those of others last.

    Args:
        namespace: the plugin's.
        needed: those of the plugins that it needs, of which schemas count.

    The host's path stays between them, so that a name of the host's means what it always did.
    A prefix needs no change. It is a plain SET, which `autocommit_block()` does not undo.
    """
    if not isinstance(namespace, Schema):
        return None
    host = func.nullif(func.pg_catalog.current_setting("search_path"), "")
    names: list[ColumnElement[str]] = [_quoted(namespace.name), host]
    schemas = (other.name for other in needed if isinstance(other, Schema))
    names += [_quoted(name) for name in schemas if name != namespace.name]
    # A function takes no more than 100 arguments, and a plugin may need more plugins than that.
    path = func.pg_catalog.array_to_string(array(names), ", ")
    return select(func.pg_catalog.set_config("search_path", path, False))


def leave_namespace(path: str | None) -> Executable:
    """Return what sets the search path back to `path`; None is the session's own."""
    if path is None:
        return text("RESET search_path")
    return select(func.pg_catalog.set_config("search_path", path, False))


def _quoted(name: str) -> ColumnElement[str]:
    return func.pg_catalog.quote_ident(literal(name, String))
