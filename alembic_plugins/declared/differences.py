"""What makes a table of the database the one that is declared, and what of that is not done."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import MigrateOperation, ops
from sqlalchemy import (
    Column,
    Computed,
    Constraint,
    ForeignKeyConstraint,
    Identity,
    text,
)

from ..planning.tables import Incompatible, TableChange
from .comparison import Comparison
from .definitions import ColumnDefinition, Rule
from .names import make_name
from .statements import StatementRenderer
from .types import is_wider
from .violations import Cast, Rows

_ENDINGS = {"u": "key", "c": "check", "f": "fkey"}
"""What the names end with that constraints get which are declared without, by kind."""

_DROPPED = {"p": "primary", "u": "unique", "c": "check", "f": "foreignkey"}
"""What Alembic calls kinds of constraints."""

_CORRECT = "Correct these rows"
"""What has to be done to rows that do not keep a rule."""

_ORDER = ("drop", "add", "alter", "constrain", "refer")
"""In which order a table's changes are made."""


@dataclass
class Differences:
    """What is done to a table, and what is not.

    Attributes:
        changes: what is done, by when.
        refused: what is not done.
    """

    changes: dict[str, list[TableChange]] = field(default_factory=dict)
    refused: list[Incompatible] = field(default_factory=list)

    @property
    def now(self) -> tuple[TableChange, ...]:
        """What is done, in order, but for what has to come after other tables."""
        return tuple(change for when in _ORDER for change in self.changes.get(when, ()))

    @property
    def late(self) -> tuple[TableChange, ...]:
        """What is done after other tables are there."""
        return tuple(self.changes.get("late", ()))


class Differ:
    """Find out what makes a table the one that is declared.

    Args:
        renderer: renders statements.
        comparison: the table, and what it is to be.
        rows: its rows.
    """

    def __init__(self, renderer: StatementRenderer, comparison: Comparison, rows: Rows) -> None:
        self._renderer = renderer
        self._it = comparison
        self._rows = rows
        self._table = comparison.table
        self._found = Differences()
        self._blocked: set[str] = set()
        self._gone: set[str] = set()

    def find(self) -> Differences:
        """Return the differences."""
        for operation in self._it.operations:
            self._take(operation)
        for column in self._it.after.columns.values():
            if column.name in self._it.before.columns and self._it.is_about(column.name):
                self._set_default(self._it.before.columns[column.name], column)
        self._compare_rules()
        self._compare_foreign_keys()
        return self._found

    def _take(self, operation: MigrateOperation) -> None:
        """Take over what Alembic would do to the table or to a column of it."""
        if isinstance(operation, ops.AddColumnOp):
            self._add_column(operation.column.name)
        elif isinstance(operation, ops.DropColumnOp):
            operation.schema = self._table.schema
            self._gone.add(operation.column_name)
            self._refuse(operation.column_name, "it is not declared any more", operation)
        elif isinstance(operation, ops.CreateTableCommentOp | ops.DropTableCommentOp):
            operation.schema = self._table.schema
            self._change("alter", None, "comment is set", operation)
        elif isinstance(operation, ops.AlterColumnOp):
            name = operation.column_name
            if operation.modify_type is not None:
                self._set_type(name)
            if operation.modify_nullable is not None:
                self._set_required(name, is_required=not operation.modify_nullable)
            if operation.modify_comment is not False:
                comment = self._alter(name, modify_comment=operation.modify_comment)
                self._change("alter", name, "comment is set", comment)

    def _change(
        self, when: str, column: str | None, words: str, *operations: MigrateOperation
    ) -> None:
        statements = self._renderer.render(*operations)
        change = TableChange(str(self._table), column, words, statements)
        self._found.changes.setdefault(when, []).append(change)

    def _refuse(
        self, column: str | None, reason: str, *operations: MigrateOperation, remedy: str = ""
    ) -> None:
        instead = "; ".join(self._renderer.render(*operations))
        self._found.refused.append(Incompatible(str(self._table), column, reason, instead, remedy))

    def _block(self, name: str, reason: str, *operations: MigrateOperation) -> None:
        """Refuse a change of a column, on which its constraints and indexes depend."""
        self._blocked.add(name)
        self._refuse(name, reason, *operations)

    def _alter(self, name: str, **changes: Any) -> ops.AlterColumnOp:  # noqa: ANN401 - as Alembic
        return ops.AlterColumnOp(self._table.name, name, schema=self._table.schema, **changes)

    def _add_column(self, name: str) -> None:
        definition, column = self._it.after.columns[name], _detach(self._table.c[name])
        operation = ops.AddColumnOp(self._table.name, column, schema=self._table.schema)
        if definition.required and not definition.has_value and self._rows.are_there():
            self._blocked.add(name)
            column.nullable = True  # The next sync makes it required, when all rows have a value.
            made = "; ".join(self._renderer.render(operation))
            remedy = f"Declare a default, or run {made!r} and give all rows a value"
            reason = "it is required, has no default, and the table has rows"
            self._refuse(name, reason, operation, remedy=remedy)
        else:
            self._change("add", name, f"is added as {definition.type}", operation)

    def _set_type(self, name: str) -> None:
        before, after = self._it.before.columns[name], self._it.after.columns[name]
        operation = self._alter(name, modify_type=self._table.c[name].type)
        if not is_wider(before.type, after.type):
            words = f"it is {before.type}, of which {after.type} does not take all values"
            self._block(name, words, *self._convert(before, after))
        elif before.is_viewed:
            words = f"it is {before.type}, which cannot become {after.type} while a view shows it"
            self._block(name, words, operation)
        else:
            self._change("alter", name, f"{before.type} becomes {after.type}", operation)

    def _convert(
        self, before: ColumnDefinition, after: ColumnDefinition
    ) -> Sequence[MigrateOperation]:
        """Return what changes the type of a column where values may be lost.

        What is not to stay is dropped before, as it may not go with the type.
        """
        name, column = before.name, self._table.c[before.name]
        cast = self._rows.find_cast(before.type, after.type)
        if cast is Cast.NONE:
            return self._make_anew(name)
        drops = self._drop_rules_of(name)
        if cast is Cast.ASSIGNMENT:
            return [*drops, self._alter(name, modify_type=column.type)]
        # PostgreSQL converts neither values nor the default by itself.
        if before.words is not None:
            drops.append(self._alter(name, modify_server_default=None))
        using = f"{self._renderer.quote(name)}::{after.type}"
        return [*drops, self._alter(name, modify_type=column.type, postgresql_using=using)]

    def _drop_rules_of(self, name: str) -> list[MigrateOperation]:
        """Return what drops the CHECKs and foreign keys of a column that are not declared."""
        it = self._it
        declared = {rule.definition for rule in it.after.rules.values()}
        rules = [
            rule
            for rule in it.before.rules.values()
            if rule.kind == "c" and name in rule.columns and rule.definition not in declared
        ]
        rules += [
            Rule(str(operation.constraint_name), "f", "")
            for operation in it.operations
            if isinstance(operation, ops.DropConstraintOp)
            and name in _find_columns(operation.to_constraint())
        ]
        return [operation for rule in rules for operation in self._drop(rule)]

    def _make_anew(self, name: str) -> Sequence[MigrateOperation]:
        """Return what drops a column and adds it again."""
        table, schema, column = self._table.name, self._table.schema, _detach(self._table.c[name])
        drop = ops.DropColumnOp(table, name, schema=schema)
        return [drop, ops.AddColumnOp(table, column, schema=schema)]

    def _set_required(self, name: str, *, is_required: bool) -> None:
        operation = self._alter(name, modify_nullable=not is_required)
        if not is_required:
            self._change("alter", name, "is not required any more", operation)
        elif self._rows.have_null(name):
            reason = "it is required, and rows have no value in it"
            self._refuse(name, reason, operation, remedy="Give these rows a value")
        else:
            self._change("alter", name, "becomes required", operation)

    def _set_default(self, before: ColumnDefinition, after: ColumnDefinition) -> None:
        name, column = before.name, self._table.c[before.name]
        if before.collation != after.collation and before.type == after.type:
            words = f"it is sorted by {before.collation or 'default'}, not {after.collation}"
            self._block(name, words, self._alter(name, modify_type=column.type))
        if (before.generated, before.words) == (after.generated, after.words):
            return
        if before.generated or after.generated:
            words = f"its values are {_describe(before)}, and {_describe(after)} is declared"
            self._block(name, words, *self._make_anew(name))
        elif name not in self._blocked:
            default = None if after.words is None else text(after.words.replace(":", "\\:"))
            operation = self._alter(name, modify_server_default=default)
            self._change("alter", name, f"{_describe(after)}", operation)

    def _compare_rules(self) -> None:
        """Compare constraints, but for foreign keys, and indexes."""
        kept: set[str] = set()
        for rule in self._it.after.rules.values():
            if not all(map(self._it.is_about, rule.columns)):
                continue
            known = self._find_known(rule)
            kept |= {known.name} if known else set()
            if known is None or known.definition != rule.definition or known.kind != rule.kind:
                self._set_rule(known, rule)
        for rule in self._it.before.rules.values():
            is_ours = rule.columns and all(map(self._it.is_about, rule.columns))
            others = self._gone | self._blocked
            if rule.name not in kept and is_ours and others.isdisjoint(rule.columns):
                self._drop_rule(rule)

    def _find_known(self, rule: Rule) -> Rule | None:
        """Return the rule of the database that is a declared one, or stands in its place."""
        rules = self._it.before.rules
        same = rules.get(rule.name)
        if same is not None and (same.kind, same.definition) == (rule.kind, rule.definition):
            return same
        kin = [known for known in rules.values() if known.kind == rule.kind]
        alike = next((known for known in kin if known.definition == rule.definition), None)
        return alike or (kin[0] if kin and rule.kind == "p" else same)

    def _set_rule(self, known: Rule | None, rule: Rule) -> None:
        """Make a rule, in the place of another one if there is one."""
        is_key = rule.kind == "p"
        if not self._blocked.isdisjoint(rule.columns) or (is_key and not self._it.is_whole):
            return
        made = self._make(rule.name)
        if is_key or (known is not None and known.kind != rule.kind):
            words = f"it has {_word(known)}, and {_word(rule)} is declared"
            self._refuse(None, words, *self._drop(known), *made)
        elif self._is_broken(rule):
            column = rule.columns[0] if len(rule.columns) == 1 else None
            reason = f"rows do not keep {_word(rule)}"
            self._refuse(column, reason, *self._drop(known), *made, remedy=_CORRECT)
        else:
            if known is not None:
                self._change("drop", None, f"{_word(known)} is replaced", *self._drop(known))
            self._change("constrain", None, f"{_word(rule)} is added", *made)

    def _make(self, name: str) -> list[MigrateOperation]:
        """Return what makes a constraint or an index; a primary key has no name before."""
        for index in self._table.indexes:
            if index.name == name:
                return [ops.CreateIndexOp.from_index(index)]
        found = (c for c in self._table.constraints if str(c.name) == name)
        constraint = next(found, self._table.primary_key)
        return [ops.AddConstraintOp.from_constraint(constraint)]

    def _drop(self, rule: Rule | None) -> list[MigrateOperation]:
        if rule is None:
            return []
        table, schema = self._table.name, self._table.schema
        if rule.kind == "i":
            return [ops.DropIndexOp(rule.name, table, schema=schema)]
        return [ops.DropConstraintOp(rule.name, table, _DROPPED.get(rule.kind), schema=schema)]

    def _drop_rule(self, rule: Rule) -> None:
        """Drop a constraint that a sync has named, so that the table takes more; refuse others."""
        if self._is_named_by_sync(rule.name, rule.kind, rule.columns):
            self._change("drop", None, f"{_word(rule)} is dropped", *self._drop(rule))
        elif self._it.is_whole:
            self._refuse(None, f"it has {_word(rule)}, which is not declared", *self._drop(rule))

    def _is_named_by_sync(self, name: str, kind: str, columns: Sequence[str]) -> bool:
        ending = _ENDINGS.get(kind)
        return ending is not None and name == make_name(self._table.name, *columns, ending)

    def _is_broken(self, rule: Rule) -> bool:
        """Tell whether rows do not keep a rule; those of a new column have its default."""
        new = [c for n, c in self._it.after.columns.items() if n not in self._it.before.columns]
        added = [column for column in new if column.name in rule.columns]
        if rule.is_unique:
            if added:
                return any(c.words and not c.generated for c in added) and self._rows.are_several()
            return self._rows.break_unique(rule)
        return rule.kind == "c" and not added and self._rows.break_check(rule)

    def _compare_foreign_keys(self) -> None:
        drops = {
            operation.constraint_name: operation.to_constraint()
            for operation in self._it.operations
            if isinstance(operation, ops.DropConstraintOp)
        }
        by_columns = {_find_columns(key): name for name, key in drops.items()}
        for operation in self._it.operations:
            if isinstance(operation, ops.CreateForeignKeyOp):
                name = operation.constraint_name
                key = next(k for k in self._table.foreign_key_constraints if k.name == name)
                replaced = by_columns.get(_find_columns(key))
                drops.pop(replaced, None)
                self._set_foreign_key(key, replaced)
        for dropped, constraint in drops.items():
            columns = _find_columns(constraint)
            if (self._gone | self._blocked).isdisjoint(columns):
                self._drop_rule(Rule(str(dropped), "f", f"foreign key {dropped}", columns))

    def _set_foreign_key(self, key: ForeignKeyConstraint, replaced: object) -> None:
        columns = _find_columns(key)
        if not self._blocked.isdisjoint(columns):
            return
        rule = Rule(
            str(key.name), "f", f"FOREIGN KEY ({', '.join(columns)}) to {key.referred_table}"
        )
        old = [] if replaced is None else self._drop(Rule(str(replaced), "f", ""))
        made = ops.CreateForeignKeyOp.from_constraint(key)
        added = [c for c in columns if c not in self._it.before.columns]
        is_there = str(key.referred_table) in self._it.known
        if not added and self._rows.break_foreign_key(key, is_target_there=is_there):
            self._refuse(None, f"rows do not keep {_word(rule)}", *old, made, remedy=_CORRECT)
            return
        if old:
            self._change("drop", None, f"foreign key {replaced} is replaced", *old)
        when = "late" if key in self._it.late else "refer"
        self._change(when, None, f"{_word(rule)} is added", made)


def _find_columns(constraint: Constraint) -> tuple[str, ...]:
    return tuple(element.parent.name for element in constraint.elements)  # type: ignore[attr-defined]


def _detach(column: Column[Any]) -> Column[Any]:
    """Return a column without constraints and indexes, which are added by themselves."""
    default = column.server_default
    generated = [default] if isinstance(default, Computed | Identity) else []
    return Column(
        column.name,
        column.type,
        *generated,
        nullable=column.nullable,
        server_default=None if generated else default,
        comment=column.comment,
    )


def _describe(column: ColumnDefinition) -> str:
    """Return where the values of a column come from."""
    if column.generated in ("stored", "virtual"):
        return f"generated as {column.words}, {column.generated}"
    if column.generated:
        return f"{column.generated}"
    return "without default" if column.words is None else f"default {column.words}"


def _word(rule: Rule | None) -> str:
    """Return what a rule is, in words."""
    if rule is None:
        return "no primary key"
    return (
        f"index {rule.name} {rule.definition}" if rule.kind == "i" else rule.definition or rule.name
    )
