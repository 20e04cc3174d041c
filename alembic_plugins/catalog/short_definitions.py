"""Definitions as an author writes them: without schemas that are on the search path."""


def _unqualified(definition: str, is_visible: str, schema: str) -> str:
    """Return what cuts the schema of an object that is visible out of the head of its definition.

    PostgreSQL prints it in any case.
    """
    name = f"{schema}::regnamespace || '.'"
    place = f"position({name} IN {definition})"
    cut = f"overlay({definition} PLACING '' FROM {place} FOR length({name}))"
    return f"(CASE WHEN {is_visible} THEN {cut} ELSE {definition} END)"


_STATISTICS = "(SELECT stxnamespace FROM pg_statistic_ext x WHERE x.oid = k.objid)"

_SHORTER = {
    **{
        f"pg_get_{what}({oid}": f"pg_get_{what}({oid}, {more}true"
        for what, oid, more in (
            *(("indexdef", "c.oid", "0, "), ("viewdef", "c.oid", "")),
            *(("constraintdef", "c.oid", ""), ("triggerdef", "g.oid", "")),
            *(("ruledef", "w.oid", ""), ("expr", "d.adbin, d.adrelid", "")),
        )
    },
    "pg_get_functiondef(p.oid)": _unqualified(
        "pg_get_functiondef(p.oid)", "pg_function_is_visible(p.oid)", "p.pronamespace"
    ),
    "pg_get_statisticsobjdef(k.objid)": _unqualified(
        "pg_get_statisticsobjdef(k.objid)", "pg_statistics_obj_is_visible(k.objid)", _STATISTICS
    ),
    "coalesce(p.oid::regprocedure::text, o.identity)": """coalesce(
               p.oid::regprocedure::text, format_type(t.oid, NULL),
               CASE WHEN k.classid = 'pg_statistic_ext'::regclass
                         AND pg_statistics_obj_is_visible(k.objid) THEN o.name END,
               o.identity)""",
}
"""What prints no schema that is on the search path, and fewer parentheses."""


def shorten(query: str) -> str:
    """Return a query for definitions that leaves out schemas that are on the search path."""
    for words, shorter in _SHORTER.items():
        query = query.replace(words, shorter)
    return query
