"""SQL of which PostgreSQL's own words are parts: identities, quoted by its catalog."""

from sqlalchemy import TextClause, text


def raw(statement: str) -> TextClause:
    """Return a statement that is sent as it is: colons and percent signs are parts of names."""
    return text(statement.replace(":", r"\:"))
