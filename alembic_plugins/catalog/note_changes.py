"""The statements for comments, storage parameters, privileges and the like."""

from collections.abc import Iterator

from ..registry.sql import quote_name
from .diff import Parts
from .drift import LETTERS, Key
from .printed import quote_literal, split, split_field, split_list, split_on
from .states import State, Statement, Verb

OF_ROLES = ("owner", "privileges")
"""The notes that are about roles, which are those of one server."""

OF_SERVERS = ("tablespace",)
"""The notes that are about what one server has."""

_USUAL = {
    **dict.fromkeys(("text", "character varying", "character", "bytea"), "EXTENDED"),
    **dict.fromkeys(("json", "jsonb", "xml"), "EXTENDED"),
    "numeric": "MAIN",
}
"""How values of types are stored by default, for which there is a word since PostgreSQL 16."""

_ON = ("constraint", "trigger", "rule", "policy")
_RIGHTS = {
    **{"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE"},
    **{"x": "REFERENCES", "t": "TRIGGER", "m": "MAINTAIN", "U": "USAGE", "X": "EXECUTE"},
    "C": "CREATE",
}
_TO_ALL = {"function": "X", "procedure": "X", "aggregate": "X", "type": "U"}
"""What everybody may do with objects of which nobody has said anything."""


def change_notes(state: State, key: Key, before: Parts, after: Parts) -> Iterator[Statement]:
    """Yield what changes the notes of an object.

    Args:
        state: what objects are by then.
        key: the object.
        before: its notes.
        after: what they are to be.
    """
    for part in sorted(before.keys() | after.keys()):
        then, now = before.get(part), after.get(part)
        if then != now:
            for sql in _change(state, key, part, then, now):
                yield Statement(Verb.NOTE, key, sql, part)


def _change(state: State, key: Key, part: str, then: str | None, now: str | None) -> Iterator[str]:
    head = f"ALTER {name_object(state, key)}"
    if key[0] == "column":
        table, name = split_field(key[1])
        head = f"ALTER TABLE {table} ALTER COLUMN {name}"
    if part == "comment":
        literal = "NULL" if now is None else quote_literal(now)
        yield f"COMMENT ON {name_object(state, key)} IS {literal}"
    elif part == "privileges":
        yield from _change_privileges(state, key, then, now)
    elif part in ("storage parameters", "options"):
        yield from _change_options(head, then, now)
    else:
        yield f"{head} {_word_note(state, key, part, now)}"


def _word_note(state: State, key: Key, part: str, now: str | None) -> str:
    type_ = state.definitions.get(key, {}).get("type", "").partition("(")[0]
    meant = LETTERS.get(part, {}).get(now or "")
    words = {
        "owner": f"OWNER TO {_name_role(now or '')}",
        "tablespace": f"SET TABLESPACE {now or 'pg_default'}",
        "access method": f"SET ACCESS METHOD {now or 'heap'}",
        "replica identity": f"REPLICA IDENTITY {_cut_schema(now or 'DEFAULT')}",
        "statistics target": f"SET STATISTICS {now or '-1'}",
        "storage": f"SET STORAGE {meant or _USUAL.get(type_, 'DEFAULT')}",
        "compression": f"SET COMPRESSION {meant or 'default'}",
    }
    if part not in words:
        raise LookupError(f"there is no statement for the {part} of a {key[0]}")
    return words[part]


def _name_role(role: str) -> str:
    """Return a role, of which the catalog has the name alone, as SQL has it."""
    is_plain = role.isascii() and role.isidentifier() and role == role.lower()
    return role if is_plain else quote_name(role)


def _cut_schema(words: str) -> str:
    """Return the replica identity with an index as ALTER TABLE takes it, without its schema."""
    head, found, index = words.partition("USING INDEX ")
    return f"{found}{split(index, '.')[-1]}" if found else head


def name_object(state: State, key: Key) -> str:
    """Return an object as COMMENT ON has it."""
    kind, identity = key
    own, table = split_on(identity)
    if kind in _ON:
        return f"{kind.upper()} {own} ON {table}"
    if kind == "type" and {"type", "constraints"} & state.definitions.get(key, {}).keys():
        return f"DOMAIN {identity}"
    if kind == "aggregate" and identity.endswith("()"):
        return f"AGGREGATE {identity[:-2]}(*)"
    return f"{kind.upper().removesuffix(' OBJECT')} {own}"


def _change_options(head: str, then: str | None, now: str | None) -> Iterator[str]:
    olds, news = (
        {name: value for name, _, value in (it.partition("=") for it in _split(words))}
        for words in (then, now)
    )
    gone = [name for name in olds if name not in news]
    set_ = [f"{name} = {_word(v)}" for name, v in news.items() if olds.get(name) != v]
    if gone:
        yield f"{head} RESET ({', '.join(gone)})"
    if set_:
        yield f"{head} SET ({', '.join(set_)})"


def _split(words: str | None) -> list[str]:
    return split_list(f"({words})") if words else []


def _word(value: str) -> str:
    return value if value.replace(".", "").isalnum() else quote_literal(value)


def _change_privileges(state: State, key: Key, then: str | None, now: str | None) -> Iterator[str]:
    olds, news = _read_rights(key, then), _read_rights(key, now)
    target = name_object(state, key)
    if key[0] in ("table", "foreign table", "view", "materialized view"):
        target = f"TABLE {key[1]}"
    column = ""
    if key[0] == "column":
        table, name = split_field(key[1])
        target, column = f"TABLE {table}", f" ({name})"
    for role in sorted(olds.keys() | news.keys()):
        old, new = olds.get(role, frozenset()), news.get(role, frozenset())
        if old - new:
            yield f"REVOKE {_word_rights(old - new, column)} ON {target} FROM {role}"
        for option in ("", "*"):
            given = frozenset(it for it in new - old if it.endswith("*") == bool(option))
            if given:
                suffix = " WITH GRANT OPTION" if option else ""
                yield f"GRANT {_word_rights(given, column)} ON {target} TO {role}{suffix}"


def _read_rights(key: Key, words: str | None) -> dict[str, frozenset[str]]:
    """Return the rights of roles other than the owner, who has granted them."""
    if words is None:
        given = _TO_ALL.get(key[0])
        return {"PUBLIC": frozenset(given)} if given else {}
    found: dict[str, frozenset[str]] = {}
    for item in split(words, ", "):
        head, _, grantor = item.rpartition("/")
        role, _, letters = head.rpartition("=")
        if role != grantor:
            found[role or "PUBLIC"] = frozenset(_split_rights(letters))
    return found


def _split_rights(letters: str) -> Iterator[str]:
    for place, letter in enumerate(letters):
        if letter != "*":
            yield letter + ("*" if letters[place + 1 : place + 2] == "*" else "")


def _word_rights(rights: frozenset[str], column: str) -> str:
    order = list(_RIGHTS)
    names = sorted((it.rstrip("*") for it in rights), key=order.index)
    return ", ".join(f"{_RIGHTS[name]}{column}" for name in names)
