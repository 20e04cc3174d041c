"""What a plugin author declares: a `Plugin` and its namespace."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ._base_errors import InvalidDeclaration, InvalidName

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

HOST = "host"
"""The host's branch goes by this name where plugins go by theirs."""

LISTS = ("requires", "extensions", "writes", "formerly")
"""The fields of a declaration that are lists of words."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_WORD = re.compile(r"[^\s\"]{1,63}")
"""A schema that exists already may have another kind of name, without blanks and quotes."""
_RESERVED = {"public", "information_schema", HOST, "head", "heads", "base", "current"}


def check_name(name: str) -> str:
    """Return `name` if it is one for a plugin or a schema.

    The length leaves room, within PostgreSQL's 63 bytes, for names derived from it.

    Raises:
        InvalidName: it is reserved, too long, or has other characters than a-z, 0-9 and _.
    """
    if not is_name(name):
        raise InvalidName(name)
    return name


@cache
def is_name(name: str) -> bool:
    """Tell whether a plugin or a schema may be called so."""
    is_reserved = name in _RESERVED or name.startswith("pg_")
    return _NAME.fullmatch(name) is not None and not is_reserved


def list_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """Return plugins' names, of which a string is a single one."""
    return (names,) if isinstance(names, str) else tuple(names)


@dataclass(frozen=True)
class Schema:
    """A PostgreSQL schema is the plugin's namespace.

    With `create` (the default) it belongs to the plugin alone: it is created before the plugin's
    first revision and dropped when the plugin is uninstalled. Without, it is used as it is found
    or as the plugin's revisions make it, and may be shared, `public` included.
    """

    name: str
    create: bool = True

    def __post_init__(self) -> None:
        if self.create or not _WORD.fullmatch(self.name):
            check_name(self.name)

    def __str__(self) -> str:
        return f"schema {self.name}" if self.create else f"schema {self.name} existing"


@dataclass(frozen=True, init=False)
class Prefix:
    """Tables in the host's schema are the plugin's, told by their names.

    A name that ends in an underscore is a prefix, any other the exact name of one table:
    ``Prefix("wiki_", "wikis")``.
    """

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        for name in names or ("",):
            if not _NAME.fullmatch(name) or name.startswith("pg_"):
                raise InvalidName(name)
        object.__setattr__(self, "names", tuple(names))
        if self.covers("alembic_version") or self.covers("alembic_plugin"):
            raise InvalidName(names[0])

    def __str__(self) -> str:
        return f"prefix {' '.join(self.names)}"

    def covers(self, table: str) -> bool:
        """Tell whether a table of that name is the plugin's."""
        return any(
            table.startswith(name) if name.endswith("_") else table == name for name in self.names
        )


Namespace = Schema | Prefix


def name_table(namespace: Namespace | None, name: str) -> str:
    """Return what a table is called in a namespace: with a prefix where that has one, once."""
    if not isinstance(namespace, Prefix) or namespace.covers(name):
        return name
    return next((prefix for prefix in namespace.names if prefix.endswith("_")), "") + name


def parse_namespace(text: str) -> Namespace:
    """Return the namespace that a configuration file writes as `text`.

    It is one of ``schema NAME``, ``schema NAME existing`` and ``prefix NAME [NAME ...]``.

    Raises:
        ValueError: `text` is none of these.
        InvalidName: a name in it is not allowed.
    """
    match text.split():
        case ["schema", name]:
            return Schema(name)
        case ["schema", name, "existing"]:
            return Schema(name, create=False)
        case ["prefix", *names] if names:
            return Prefix(*names)
    raise ValueError(
        f"namespace '{text}' is not 'schema NAME', 'schema NAME existing' or 'prefix NAME ...'"
    )


def overlap(first: Namespace, second: Namespace) -> bool:
    """Tell whether two plugins cannot have these namespaces side by side."""
    if isinstance(first, Schema) and isinstance(second, Schema):
        return first.name == second.name and (first.create or second.create)
    if isinstance(first, Prefix) and isinstance(second, Prefix):
        return any(second.covers(name) for name in first.names) or any(
            first.covers(name) for name in second.names
        )
    return False


@dataclass(frozen=True)
class Requires:
    """One requirement of a plugin: another plugin, in some versions of it.

    `optional` means that it counts only where the other one is installed; with no `specifier`, any
    version of it will do.
    """

    text: str
    name: str
    optional: bool
    specifier: "SpecifierSet | None"

    def met_by(self, version: str | None) -> bool:
        """Tell whether a plugin of that version is good enough."""
        if not self.specifier:
            return True
        from packaging.version import InvalidVersion, Version

        try:
            return version is not None and self.specifier.contains(
                Version(version), prereleases=True
            )
        except InvalidVersion:
            return False


def parse_requirement(text: str) -> Requires:
    """Return what ``tags>=1.2`` or, if only where installed, ``tags?>=1.2`` means.

    Raises:
        ValueError: `text` is no requirement.
    """
    name = text.removesuffix("?")
    if _NAME.fullmatch(name):
        return Requires(text, name, text != name, None)
    # Most plugins do without versions, and need not wait for it.
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text.replace("?", " ", 1))
    except InvalidRequirement as error:
        raise ValueError(f"requirement '{text}' is not written like 'tags>=1.2'") from error
    return Requires(text, requirement.name, "?" in text, requirement.specifier)


@dataclass(frozen=True)
class Plugin:
    """A plugin, as its author declares it.

    Args:
        name: `[a-z][a-z0-9_]*`, at most 48 characters; the branch goes by this name too.
        versions: the folder of revision files, as ``package:folder`` or as a path; a relative
            path starts where the declaration is.
        version: the plugin's version; the one of its distribution by default.
        description: one line for readers.
        namespace: where its objects live; by default a schema of the plugin's name.
        models: ``package.module:Base.metadata``, imported only for autogenerate.
        requires: plugins that it needs, like ``tags>=1.2``; ``tags?`` where installed.
        extensions: PostgreSQL extensions that must be there before its first revision.
        writes: tables of the host that it may change.
        transaction: ``"plugin"`` runs all revisions of a command in one transaction,
            ``"revision"`` each in one of its own.
        hooks: ``package.module`` or ``package.module:object``, whose functions are called before
            and after it is installed, upgraded, downgraded and uninstalled.
        tables: tables that a sync makes without revisions: a list of mappings, a file of TOML or
            JSON that has one, or ``package.module:Base.metadata``; None is none.
        autogenerate: ``package.module:mapping`` with options of autogenerate's extensions, which
            hold for this plugin alone.
        formerly: the names that it had before: what a database knows by one of them becomes its.

    Raises:
        InvalidName: `name` is not allowed.
        InvalidDeclaration: a field has the wrong type or cannot be understood.
    """

    name: str
    versions: str | Path = "versions"
    version: str | None = None
    description: str = ""
    namespace: Schema | Prefix | None = None
    models: str | None = None
    requires: tuple[str, ...] | list[str] = ()
    extensions: tuple[str, ...] | list[str] = ()
    writes: tuple[str, ...] | list[str] = ()
    transaction: Literal["plugin", "revision"] = "plugin"
    hooks: str | None = None
    tables: str | Path | tuple[object, ...] | list[object] | None = None
    autogenerate: str | None = None
    formerly: tuple[str, ...] | list[str] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        problem = self._find_problem()
        if problem:
            raise InvalidDeclaration(self.name, "its declaration", problem)

    def _find_problem(self) -> str | None:
        for field in LISTS:
            value = getattr(self, field)
            if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
                return f"'{field}' must be a list of strings"
        for field in ("version", "description", "models", "hooks", "autogenerate"):
            if not isinstance(getattr(self, field), str | None):
                return f"'{field}' must be a string"
        return self._find_problem_of_kind() or self._find_problem_of_names()

    def _find_problem_of_kind(self) -> str | None:
        if not isinstance(self.tables, str | Path | tuple | list | None):
            return "'tables' must be a file, or a list of tables"
        if self.transaction not in ("plugin", "revision"):
            return "'transaction' must be 'plugin' or 'revision'"
        if not isinstance(self.namespace, Schema | Prefix | None):
            return "'namespace' must be a Schema or a Prefix"
        return None

    def _find_problem_of_names(self) -> str | None:
        try:
            names = [check_name(requires.name) for requires in self.requirements]
            formerly = [check_name(name) for name in self.formerly]
        except (ValueError, InvalidName) as error:
            return str(error).rstrip(".")
        if self.name in formerly:
            return "'formerly' has the name that it has now"
        return "it requires itself" if {self.name, *formerly}.intersection(names) else None

    @cached_property
    def requirements(self) -> tuple[Requires, ...]:
        """What `requires` says, parsed."""
        return tuple(parse_requirement(text) for text in self.requires)
