"""What objects depend on, and the like, which no definition tells."""

import json
from dataclasses import replace

from sqlalchemy import Connection, text

from .drift import Key
from .states import State
from .wording import GIVEN

# What stands for objects in pg_depend. Columns stand for themselves; of other objects it does not
# matter which of their parts is meant.
_STANDS = f"""
    place AS MATERIALIZED (
        SELECT n, (p ->> 0)::oid AS classid, (p ->> 1)::oid AS objid, (p ->> 2)::int AS objsubid
        FROM jsonb_array_elements(current_setting('{GIVEN}')::jsonb) WITH ORDINALITY AS e (p, n)),
    stand AS MATERIALIZED (
        SELECT p.n, p.classid, p.objid, CASE WHEN c.relkind IN ('r', 'p', 'f') THEN p.objsubid END
                   AS objsubid
        FROM place p
        LEFT JOIN pg_class c ON p.classid = 'pg_class'::regclass AND c.oid = p.objid
        UNION ALL
        SELECT p.n, 'pg_attrdef'::regclass, d.oid, NULL
        FROM place p JOIN pg_attrdef d ON d.adrelid = p.objid AND d.adnum = p.objsubid
        WHERE p.classid = 'pg_class'::regclass
        UNION ALL
        SELECT p.n, 'pg_rewrite'::regclass, w.oid, NULL
        FROM place p JOIN pg_rewrite w ON w.ev_class = p.objid AND w.rulename = '_RETURN'
        WHERE p.classid = 'pg_class'::regclass AND p.objsubid = 0
        UNION ALL
        SELECT p.n, 'pg_class'::regclass, c.conindid, NULL
        FROM place p JOIN pg_constraint c ON c.oid = p.objid AND c.contype IN ('p', 'u', 'x')
        WHERE p.classid = 'pg_constraint'::regclass
        UNION ALL
        SELECT p.n, 'pg_type'::regclass, e.oid, NULL
        FROM place p
        LEFT JOIN pg_class c ON p.classid = 'pg_class'::regclass AND c.oid = p.objid
        JOIN pg_type t ON t.oid = CASE WHEN p.classid = 'pg_type'::regclass THEN p.objid
                                       ELSE c.reltype END
        LEFT JOIN pg_range r ON r.rngtypid = t.oid
        CROSS JOIN LATERAL (VALUES (t.oid), (t.typarray), (r.rngmultitypid)) e (oid)
        WHERE p.objsubid = 0 AND e.oid <> 0 AND NOT (p.classid = 'pg_type'::regclass
                                                     AND e.oid = p.objid)
        UNION ALL
        SELECT p.n, 'pg_class'::regclass, t.typrelid, NULL
        FROM place p JOIN pg_type t ON t.oid = p.objid AND t.typtype = 'c'
        WHERE p.classid = 'pg_type'::regclass
        UNION ALL
        SELECT p.n, 'pg_constraint'::regclass, c.oid, NULL
        FROM place p JOIN pg_constraint c ON c.contypid = p.objid
        WHERE p.classid = 'pg_type'::regclass)"""  # noqa: S608 - constants

# Which objects depend on which, by their numbers in what was given.
_NEEDS = text(f"""
    WITH {_STANDS}
    SELECT DISTINCT u.n AS user_number, r.n AS needed
    FROM stand u
    JOIN pg_depend d ON d.classid = u.classid AND d.objid = u.objid
        AND d.objsubid = coalesce(u.objsubid, d.objsubid)
    JOIN stand r ON d.refclassid = r.classid AND d.refobjid = r.objid
        AND d.refobjsubid = coalesce(r.objsubid, d.refobjsubid)
    LEFT JOIN pg_class s ON d.classid = 'pg_class'::regclass AND s.oid = d.objid
    WHERE u.n <> r.n AND s.relkind IS DISTINCT FROM 'S'
""")  # noqa: S608 - constants

# The columns that own sequences, likewise.
_OWNERS = text(f"""
    WITH {_STANDS}
    SELECT s.n AS sequence, o.n AS owner
    FROM place s
    JOIN pg_depend d ON d.classid = s.classid AND d.objid = s.objid AND d.deptype IN ('a', 'i')
    JOIN place o ON o.classid = d.refclassid AND o.objid = d.refobjid
        AND o.objsubid = d.refobjsubid AND o.objsubid > 0
    JOIN pg_class c ON c.oid = s.objid AND c.relkind = 'S'
    WHERE s.classid = 'pg_class'::regclass
""")  # noqa: S608 - constants

# The columns of views, and those of tables that they have only by inheritance, likewise.
_COLUMNS = text(f"""
    WITH {_STANDS}
    SELECT p.n, p.objsubid, array_agg(
               concat_ws(' ', quote_ident(attname), format_type(atttypid, atttypmod),
                         nullif(attcollation, 0)::regcollation) ORDER BY attnum) AS columns
    FROM place p
    JOIN pg_class c ON p.classid = 'pg_class'::regclass AND c.oid = p.objid
    JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attnum > 0
        AND CASE WHEN c.relkind = 'v' THEN p.objsubid = 0
                 ELSE a.attnum = p.objsubid AND a.attinhcount > 0 AND NOT a.attislocal END
    GROUP BY p.n, p.objsubid
""")  # noqa: S608 - constants

_SET = text(f"SELECT set_config('{GIVEN}', CAST(:given AS text), true)")


def add_facts(connection: Connection, state: State) -> State:
    """Return a state with what its objects depend on, by their places.

    Args:
        connection: leads to the database, within `alembic_plugins.catalog.snapshot.worded`.
        state: what the objects are.
    """
    keys = list(state.places)
    connection.execute(_SET, {"given": json.dumps([state.places[key] for key in keys])})
    needs: dict[Key, set[Key]] = {}
    for row in connection.execute(_NEEDS):
        needs.setdefault(keys[row.user_number - 1], set()).add(keys[row.needed - 1])
    owners = {keys[row.sequence - 1]: keys[row.owner - 1] for row in connection.execute(_OWNERS)}
    columns = connection.execute(_COLUMNS).all()
    return replace(
        state,
        needs={key: frozenset(needs.get(key, ())) for key in keys},
        owners=owners,
        view_columns={keys[row.n - 1]: tuple(row.columns) for row in columns if not row.objsubid},
        inherited=frozenset(keys[row.n - 1] for row in columns if row.objsubid),
    )
