"""What the errors of drivers tell, which each has in a place of its own."""


def find_sqlstate(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of a driver's error, which psycopg2 has by another name."""
    return getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)


def find_field(error: BaseException | None, name: str) -> str:
    """Return PostgreSQL's "detail" or "hint"; asyncpg has them in an error of its own."""
    diagnostics = getattr(error, "diag", None)
    if diagnostics is not None:
        return getattr(diagnostics, f"message_{name}") or ""
    return getattr(getattr(error, "__cause__", None), name, None) or ""
