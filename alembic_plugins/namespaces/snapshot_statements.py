"""The statements that record what the objects of branches are, and what was changed by hand before.

What differs from what was recorded when a step begins, and is the same when it ends, is none of its
doing: of that, what was recorded stays. A step does not fail because that cannot be told.
"""

from functools import cache

from ..catalog.definitions import FORMAT
from ..registry.tables import Tables
from .snapshots import GIVEN_PART, MAJOR, TAKEN_SPACES, Scope, find_names, make_objects_query

FAILED = 0
"""The format of what could not be recorded."""

FACTS = ""
"""Where notes have what is about all of a branch: no object has this name.

`failure` is why it could not be recorded; `since` and `revisions` tell of the step that was
recorded when something was last found as it was recorded.
"""

_DRIFT = "alembic_plugins.drift"
"""The setting that has what was changed by hand before a step, by branch and object."""

# The branches that a step is about, with their heads.
_NAMED = """
    {name} AS MATERIALIZED (
        SELECT n ->> 0 AS plugin,
               ARRAY(SELECT jsonb_array_elements_text(n) OFFSET 1) AS revisions
        FROM given, jsonb_array_elements(it -> 'named') n)"""

# The branches that a transaction is about, and those others of which it has altered something, or
# something on which theirs depend: their definitions have the names of that. Every table has a
# column from the beginning that never changes, which tells what is new.
_MOVED = f"""{_NAMED.format(name="named")},
    altered AS MATERIALIZED (
        SELECT c.tableoid AS classid, c.oid AS objid
        FROM pg_locks l
        JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384
          AND l.mode = 'AccessExclusiveLock' AND l.granted
          AND NOT EXISTS (SELECT FROM pg_attribute
                          WHERE attrelid = c.oid AND attnum = -1
                            AND age(xmin) <= age(pg_current_xact_id()::xid))
        UNION ALL
        SELECT r.classid, r.objid
        FROM recorded r
        WHERE r.plugin IN (SELECT plugin FROM named)
          AND age(CASE r.classid
                  WHEN 'pg_type'::regclass THEN (SELECT xmin FROM pg_type WHERE oid = r.objid)
                  WHEN 'pg_proc'::regclass THEN (SELECT xmin FROM pg_proc WHERE oid = r.objid)
                  END) <= age(pg_current_xact_id()::xid)),
    moved AS MATERIALIZED (
        SELECT classid, objid FROM altered
        UNION ALL
        SELECT 'pg_type'::regclass, t.oid
        FROM altered a CROSS JOIN LATERAL (
            SELECT reltype FROM pg_class WHERE oid = a.objid AND a.classid = 'pg_class'::regclass
            UNION ALL SELECT a.objid WHERE a.classid = 'pg_type'::regclass) e (oid)
        CROSS JOIN LATERAL (
            SELECT e.oid UNION ALL SELECT typarray FROM pg_type WHERE oid = e.oid) t
        WHERE t.oid <> 0),
    concerned AS MATERIALIZED (
        SELECT classid, objid FROM altered
        UNION
        SELECT CASE WHEN h.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END,
               coalesce(h.oid, d.objid)
        FROM moved m
        JOIN pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid
        CROSS JOIN LATERAL (SELECT CASE d.classid
            WHEN 'pg_constraint'::regclass THEN (
                SELECT nullif(conrelid, 0) FROM pg_constraint WHERE oid = d.objid)
            WHEN 'pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_rewrite WHERE oid = d.objid)
            WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef WHERE oid = d.objid)
            WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger WHERE oid = d.objid)
            WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = d.objid)
            END) h (oid)),
    wanted AS MATERIALIZED (
        SELECT plugin, revisions FROM named
        UNION ALL
        SELECT s.plugin, s.revisions FROM {{snapshot}} s
        WHERE s.plugin NOT IN (SELECT plugin FROM named)
          AND s.plugin IN (SELECT r.plugin FROM concerned c CROSS JOIN LATERAL (
                               SELECT plugin FROM recorded
                               WHERE objid = c.objid AND classid = c.classid OFFSET 0) r))
"""  # noqa: S608 - constants

# What is not as it was recorded, in words that hold here: definition and notes as they are.
_CHANGED = f"""
    SELECT set_config('{_DRIFT}', coalesce(jsonb_object_agg(s.plugin, jsonb_build_object(
               'recorded', s.recorded_at, 'objects', (
                   SELECT jsonb_object_agg(key, jsonb_build_array(d -> key, n -> key))
                   FROM (SELECT jsonb_object_keys(d || s.definitions) AS key) k
                   WHERE (d -> key, n -> key) IS DISTINCT FROM
                         (s.definitions -> key, s.notes -> key))))::text, ''), false)
    FROM given CROSS JOIN wanted w
    JOIN {{snapshot}} s ON s.plugin = w.plugin AND s.revisions @> w.revisions
        AND s.revisions <@ w.revisions AND s.format = {FORMAT} AND s.server_version = {MAJOR}
        AND s.epoch = it ->> 'epoch'
    LEFT JOIN live l ON l.plugin = w.plugin
    CROSS JOIN LATERAL (
        SELECT coalesce(l.definitions, '{{{{}}}}') AS d, coalesce(l.notes, '{{{{}}}}') AS n) e
    WHERE d <> s.definitions OR n <> s.notes - '{FACTS}'"""  # noqa: S608 - constants

_PARTS = ("definitions", "notes", "places")


def _keep(part: str) -> str:
    """Return a part of a snapshot, of which what was changed by hand before is as it was."""
    return f"""
           CASE WHEN k.kept IS NULL THEN coalesce(l.{part}, '{{{{}}}}') ELSE (
               SELECT coalesce(jsonb_object_agg(key, value), '{{{{}}}}') FROM (
                   SELECT key, value FROM jsonb_each(l.{part}) WHERE NOT k.kept ? key
                   UNION ALL
                   SELECT key, value FROM jsonb_each(s.{part}) WHERE k.kept ? key) e) END"""  # noqa: S608 - constants


# What was changed by hand before, and was left so.
_KEPT = f"""
    LEFT JOIN {{snapshot}} s ON s.plugin = w.plugin
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(d.key, true) AS kept
        FROM (SELECT nullif(current_setting('{_DRIFT}', true), '')::jsonb -> w.plugin AS it) c
        CROSS JOIN LATERAL jsonb_each(c.it -> 'objects') d
        WHERE to_jsonb(s.recorded_at) = c.it -> 'recorded'
          AND jsonb_build_array(l.definitions -> d.key, l.notes -> d.key) = d.value) k"""  # noqa: S608 - constants

_SINCE = f"""
           || CASE WHEN k.kept IS NULL THEN '{{{{}}}}' ELSE jsonb_build_object('{FACTS}', coalesce(
               s.notes -> '{FACTS}', jsonb_build_object(
                   'since', s.recorded_at, 'revisions', s.revisions))) END"""

_INSERT = f"""
    INSERT INTO {{snapshot}} (plugin, revisions, recorded_at, server_version, format, epoch,
                            {", ".join(_PARTS)})"""

_REPLACE = f"""
    ON CONFLICT (plugin) DO UPDATE SET
        (revisions, recorded_at, server_version, format, epoch, {", ".join(_PARTS)}) =
        ROW (EXCLUDED.revisions, EXCLUDED.recorded_at, EXCLUDED.server_version, EXCLUDED.format,
             EXCLUDED.epoch, {", ".join(f"EXCLUDED.{part}" for part in _PARTS)})"""

_LIVE = f"""{_INSERT}
    SELECT w.plugin, w.revisions, clock_timestamp(), {MAJOR}, {FORMAT}, it ->> 'epoch',
           coalesce(l.definitions, '{{{{}}}}'), coalesce(l.notes, '{{{{}}}}'),
           coalesce(l.places, '{{{{}}}}')
    FROM given, wanted w LEFT JOIN live l ON l.plugin = w.plugin{_REPLACE}"""  # noqa: S608 - constants

_MERGED = f"""{_INSERT}
    SELECT w.plugin, w.revisions, clock_timestamp(), {MAJOR}, {FORMAT}, it ->> 'epoch',
           {_keep("definitions")}, {_keep("notes")}{_SINCE}, {_keep("places")}
    FROM given CROSS JOIN wanted w LEFT JOIN live l ON l.plugin = w.plugin{_KEPT}{_REPLACE}"""  # noqa: S608 - constants

_FAILURE = f"""WITH {GIVEN_PART},{_NAMED.format(name="wanted")}{_INSERT}
    SELECT w.plugin, w.revisions, clock_timestamp(), {MAJOR}, {FAILED}, it ->> 'epoch', '{{{{}}}}',
           jsonb_build_object('{FACTS}', jsonb_build_object('failure', SQLERRM)), '{{{{}}}}'
    FROM given, wanted w{_REPLACE}"""  # noqa: S608 - constants

# What raises is rolled back, and nothing else of the transaction. What is executed as a string is
# planned for one time, and not kept.
_RECORDING = """DO $recording$
BEGIN
    BEGIN
        EXECUTE $statement${recording}$statement$;
    EXCEPTION WHEN OTHERS OR QUERY_CANCELED THEN
        {failure};
    END;
    PERFORM set_config('{drift}', '', false);
EXCEPTION WHEN OTHERS OR QUERY_CANCELED THEN
    RAISE WARNING 'It could not be recorded what objects are now: %', SQLERRM;
END
$recording$"""

_READING = """DO $reading$
BEGIN
    EXECUTE $statement${reading}$statement$;
EXCEPTION WHEN OTHERS OR QUERY_CANCELED THEN
    PERFORM set_config('{drift}', '', false);
END
$reading$"""


@cache
def make_recording(
    tables: Tables, scope: Scope, *, keeps_drift: bool, is_block: bool = True
) -> str:
    """Return the statement that records what the objects of branches are.

    It takes what `give` returns. Branches of others are recorded with these where the transaction
    has altered something of theirs, or on which theirs depends: their definitions have its name.

    Args:
        tables: the registry's, with their schema.
        scope: what has to be looked for.
        keeps_drift: whether of what was changed by hand before, what was recorded stays.
        is_block: whether it is in PL/pgSQL, and raises nothing.
    """
    names = find_names(tables)
    wanted = _MOVED if scope.has_others else _NAMED.format(name="wanted")
    objects = make_objects_query(tables, wanted.format_map(names), TAKEN_SPACES, scope)
    insert = (_MERGED if keeps_drift else _LIVE).format_map(names)
    recording, failure = f"WITH {objects} {insert}", _FAILURE.format_map(names)
    if not is_block:
        return recording
    return _RECORDING.format(recording=recording, failure=failure, drift=_DRIFT)


@cache
def make_drift_reading(tables: Tables, scope: Scope) -> str:
    """Return the statement that finds what was changed by hand before a step.

    It takes what `give` returns, and tells the one that records.

    Args:
        tables: the registry's, with their schema.
        scope: what has to be looked for.
    """
    names = find_names(tables)
    wanted = _NAMED.format(name="wanted")
    objects = make_objects_query(tables, wanted, TAKEN_SPACES, scope)
    reading = f"WITH {objects} {_CHANGED.format_map(names)}"
    return _READING.format(reading=reading, drift=_DRIFT)
