"""What the words of definitions hang on: settings of the session, which have fixed values here."""

from sqlalchemy import text

_SETTINGS = {
    # With nothing but pg_catalog on the search path, every other name is qualified; temporary
    # tables come last, hiding none of it.
    "search_path": "pg_catalog, pg_temp",
    "quote_all_identifiers": "off",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    # What is asked looks expensive, and is not: each object is looked up by itself, in the order
    # that is written. To plan it in another way takes longer than to run it.
    "jit": "off",
    "from_collapse_limit": "1",
    "join_collapse_limit": "1",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""What the words of a definition hang on, apart from what is defined, and how it is asked for."""

_SAVED = "alembic_plugins.saved_"

GIVEN = "alembic_plugins.given"
"""The setting by which queries get what they are about, in JSON."""

SET_WORDING = text(
    f"SELECT pg_catalog.concat(pg_catalog.set_config('{GIVEN}', CAST(:given AS text), true), "
    + ", ".join(
        f"pg_catalog.set_config('{_SAVED}{name}', pg_catalog.current_setting('{name}'), true),"
        f" pg_catalog.set_config('{name}', '{value}', true)"
        for name, value in _SETTINGS.items()
    )
    + ")"
)
"""Lets definitions be told in words that depend on no setting, until the transaction ends.

`given` is what the queries are about.
"""

RESET_WORDING = text(
    "SELECT pg_catalog.concat("
    + ", ".join(
        f"pg_catalog.set_config('{name}', pg_catalog.current_setting('{_SAVED}{name}'), true)"
        for name in _SETTINGS
    )
    + ")"
)
"""Puts back what `SET_WORDING` has changed."""
