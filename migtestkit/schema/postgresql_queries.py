"""Which rows of PostgreSQL's catalogues make up a schema?

Each section is read as one text, so that two moments are compared without
their rows being looked at. Server-made identities (OIDs, column numbers) are
in the rows, to tell what belongs to what; no fact is made of them. All that
was there before the first user's object has an OID below 16384
(``FirstNormalObjectId`` of PostgreSQL's ``access/transam.h``).
"""

from __future__ import annotations

from collections.abc import Mapping

from migtestkit.schema.postgresql_others import (
    OTHERS,
    PUBLISHED_13,
    PUBLISHED_15,
    SCHEMAS_15,
    Section,
)

__unittest = True

#: Some builds of the server (seen: Debian's 15.20) note among the options of
#: each column where in the WAL its table was made. Nobody can set that, and
#: it is documented nowhere; the same table made again has another.
STAMP = "pg_attver="

#: The catalogues' own OIDs, the same on every server.
PG_TYPE, PG_ATTRIBUTE, PG_PROC, PG_CLASS = 1247, 1249, 1255, 1259
PG_CONSTRAINT, PG_NAMESPACE, PG_REWRITE, PG_TRIGGER = 2606, 2615, 2618, 2620
PG_POLICY = 3256
PG_LANGUAGE, PG_FDW, PG_SERVER = 2612, 2328, 1417


_NAMESPACES = Section(
    "oid::int8, nspname, pg_get_userbyid(nspowner), nspowner = 10",
    """pg_namespace
    WHERE nspname = 'public'
       OR oid >= 16384 AND NOT starts_with(nspname, 'pg_temp_')
          AND NOT starts_with(nspname, 'pg_toast_temp_')""",
    "oid",
)

# One row.
_DATABASE = Section(
    "pg_get_userbyid(datdba)",
    "pg_database WHERE datname = current_database()",
    "1",
)

_RELATIONS = Section(
    """c.oid::int8, relnamespace::int8, relname, relkind,
    pg_get_userbyid(relowner),
    relpersistence, relispartition,
    (SELECT amname FROM pg_am WHERE pg_am.oid = relam AND amname <> 'heap'),
    (SELECT spcname FROM pg_tablespace AS s WHERE s.oid = reltablespace),
    reloptions,
    (SELECT t.reloptions FROM pg_class AS t WHERE t.oid = c.reltoastrelid),
    relrowsecurity, relforcerowsecurity, relreplident, relispopulated,
    CASE WHEN relispartition THEN pg_get_expr(relpartbound, c.oid) END,
    CASE WHEN relkind = 'p' THEN pg_get_partkeydef(c.oid)
         WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
    CASE WHEN relkind = 'f' THEN (
        SELECT json_build_array(srvname, ftoptions)
        FROM pg_foreign_table AS f
        JOIN pg_foreign_server AS s ON s.oid = ftserver
        WHERE ftrelid = c.oid
    ) END,
    CASE WHEN reloftype <> 0 THEN format_type(reloftype, NULL) END,
    reltype::int8""",
    """pg_class AS c
    WHERE c.oid >= 16384 AND relpersistence <> 't'
      AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')""",
    "c.oid",
)

_INHERITS = Section(
    "inhrelid::int8, inhparent::int8, inhseqno, {pending}",
    """pg_inherits
    JOIN pg_class AS c ON c.oid = inhrelid AND relkind IN ('r', 'p', 'f')""",
    "inhrelid, inhseqno",
)

# What few columns have stands apart: thousands of columns cost time.
_COLUMNS = Section(
    """attrelid::int8, attnum, attname, format_type(atttypid, atttypmod),
    attnotnull, pg_get_expr(adbin, adrelid),
    CASE WHEN attidentity <> '' OR attgenerated <> ''
           OR attcollation <> typcollation OR attstorage <> typstorage
           OR attstattarget <> -1 OR {compression} IS NOT NULL
           OR cardinality(attoptions) > 1
           OR NOT starts_with(attoptions[1], '{stamp}')
           OR attfdwoptions IS NOT NULL
    THEN json_build_array(attidentity, attgenerated,
        CASE WHEN attcollation <> typcollation
             THEN (SELECT l.oid::regcollation::text FROM pg_collation AS l
                   WHERE l.oid = attcollation) END,
        CASE WHEN attstorage <> typstorage THEN attstorage END,
        {compression}, nullif(attstattarget, -1),
        attoptions, attfdwoptions) END""",
    """pg_attribute AS a
    JOIN pg_class AS c ON c.oid = attrelid
    JOIN pg_type AS t ON t.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped
      AND relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
      AND relpersistence <> 't'""",
    "attrelid, attnum",
)

_SEQUENCES = Section(
    """seqrelid::int8, format_type(seqtypid, NULL), seqstart, seqincrement,
    seqmin,
    seqmax, seqcache, seqcycle, refobjid::int8, refobjsubid, deptype""",
    """pg_sequence
    LEFT JOIN pg_depend ON classid = 'pg_class'::regclass
        AND objid = seqrelid AND deptype IN ('a', 'i')
        AND refclassid = 'pg_class'::regclass AND refobjsubid > 0
    WHERE seqrelid >= 16384""",
    "seqrelid",
)

# What a partition has from its parent is the parent's.
_CONSTRAINTS = Section(
    """oid::int8, conrelid::int8, contypid::int8, conname, contype,
    conindid::int8,
    pg_get_constraintdef(oid)""",
    """pg_constraint
    WHERE oid >= 16384 AND conparentid = 0 AND contype <> 't'
      AND (contype <> 'n' OR connoinherit OR NOT convalidated)""",
    "oid",
)

_INDEXES = Section(
    """indexrelid::int8, indrelid::int8, relname,
    CASE WHEN k.oid IS NULL THEN pg_get_indexdef(indexrelid) END,
    (SELECT spcname FROM pg_tablespace AS s WHERE s.oid = reltablespace),
    CASE WHEN k.oid IS NOT NULL THEN reloptions END,
    indisvalid AND indisready, indisclustered, indisreplident""",
    """pg_index AS i
    JOIN pg_class AS c ON c.oid = indexrelid
    LEFT JOIN pg_constraint AS k
        ON conindid = indexrelid AND contype IN ('p', 'u', 'x')
    WHERE indexrelid >= 16384 AND NOT relispartition
      AND relpersistence <> 't' AND relnamespace <> 'pg_toast'::regnamespace
    """,
    "indexrelid",
)

# Those of foreign keys are the server's own, and count where somebody
# switched them off.
_TRIGGERS = Section(
    """oid::int8, tgrelid::int8, tgname, tgenabled, tgisinternal,
    CASE WHEN NOT tgisinternal THEN pg_get_triggerdef(oid) END""",
    """pg_trigger
    WHERE oid >= 16384 AND tgparentid = 0
      AND (NOT tgisinternal OR tgenabled <> 'O')""",
    "oid",
)

_RULES = Section(
    "oid::int8, ev_class::int8, rulename, ev_enabled, pg_get_ruledef(oid)",
    "pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN'",
    "oid",
)

_POLICIES = Section(
    """oid::int8, polrelid::int8, polname, polcmd, polpermissive,
    (SELECT array_agg(role ORDER BY role) FROM (
        SELECT CASE WHEN one = 0 THEN 'PUBLIC'
                    ELSE pg_get_userbyid(one)::text END AS role
        FROM unnest(polroles) AS one) AS roles),
    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)""",
    "pg_policy WHERE oid >= 16384",
    "oid",
)

_TYPES = Section(
    """t.oid::int8, typnamespace::int8, typname, typtype,
    pg_get_userbyid(typowner),
    CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) END,
    typnotnull, typdefault,
    CASE WHEN typtype = 'd' AND typcollation <> (
             SELECT b.typcollation FROM pg_type AS b
             WHERE b.oid = t.typbasetype)
         THEN typcollation::regcollation::text END,
    CASE WHEN typtype = 'e' THEN (
        SELECT array_agg(enumlabel ORDER BY enumsortorder)
        FROM pg_enum WHERE enumtypid = t.oid) END,
    CASE WHEN typtype = 'r' THEN (
        SELECT json_build_array(
            format_type(rngsubtype, NULL), opcname, opcdefault,
            nullif(rngcollation, 0)::regcollation::text,
            nullif(rngcanonical, 0)::regproc::text,
            nullif(rngsubdiff, 0)::regproc::text, {multirange})
        FROM pg_range JOIN pg_opclass AS o ON o.oid = rngsubopc
        WHERE rngtypid = t.oid) END""",
    """pg_type AS t
    WHERE t.oid >= 16384
      AND (typtype IN ('e', 'd', 'r') OR typtype = 'b' AND typcategory <> 'A')
    """,
    "t.oid",
)

_FUNCTIONS = Section(
    """p.oid::int8, pronamespace::int8, proname,
    pg_get_function_identity_arguments(p.oid), prokind,
    (SELECT lanname FROM pg_language AS l WHERE l.oid = prolang),
    pg_get_userbyid(proowner),
    CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) ELSE (
        SELECT concat_ws(' ',
            'SFUNC', aggtransfn::regproc, 'STYPE',
            format_type(aggtranstype, NULL),
            'FINALFUNC ' || nullif(aggfinalfn::oid, 0)::regproc::text,
            'COMBINEFUNC ' || nullif(aggcombinefn::oid, 0)::regproc::text,
            'MSFUNC ' || nullif(aggmtransfn::oid, 0)::regproc::text,
            'INITCOND ' || quote_literal(agginitval),
            'SORTOP ' || nullif(aggsortop::oid, 0)::regoperator::text,
            'KIND ' || nullif(aggkind::text, 'n'),
            'PARALLEL ' || nullif(proparallel::text, 'u'))
        FROM pg_aggregate WHERE aggfnoid = p.oid) END""",
    """pg_proc AS p
    WHERE p.oid >= 16384 AND NOT EXISTS (
        SELECT FROM pg_depend AS d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
          AND d.deptype IN ('e', 'i'))""",
    "p.oid",
)

_COMMENTS = Section(
    "classoid::int8, objoid::int8, objsubid, description",
    """pg_description
    WHERE objoid >= 16384
       OR objoid = to_regnamespace('public')
          AND classoid = 'pg_namespace'::regclass""",
    "classoid, objoid, objsubid",
)

# What is granted beyond, or taken from, what an owner and PUBLIC have from
# the start. Schema "public" comes with more than another schema has.
_GRANTS = Section(
    """class::int8, id::int8, sub, granted, privilege_type,
    CASE grantee WHEN 0 THEN 'PUBLIC'
         ELSE pg_get_userbyid(grantee)::text END, is_grantable""",
    """(
        WITH held AS (
            SELECT 1259 AS class, oid AS id, 0 AS sub, relacl AS acl,
                CASE relkind WHEN 'S' THEN acldefault('s', relowner)
                     ELSE acldefault('r', relowner) END AS initial
            FROM pg_class
            WHERE oid >= 16384 AND relacl IS NOT NULL
              AND relpersistence <> 't'
            UNION ALL
            SELECT 1249, attrelid, attnum, attacl, NULL FROM pg_attribute
            WHERE attrelid >= 16384 AND attacl IS NOT NULL
              AND NOT attisdropped
            UNION ALL
            SELECT 1255, p.oid, 0, proacl, acldefault('f', proowner)
            FROM pg_proc AS p WHERE p.oid >= 16384 AND proacl IS NOT NULL
              AND NOT EXISTS (
                SELECT FROM pg_depend AS d
                WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                  AND d.deptype = 'e')
            UNION ALL
            SELECT 1247, oid, 0, typacl, acldefault('T', typowner)
            FROM pg_type WHERE oid >= 16384 AND typacl IS NOT NULL
            UNION ALL
            SELECT 2612, oid, 0, lanacl, acldefault('l', lanowner)
            FROM pg_language WHERE oid >= 16384 AND lanacl IS NOT NULL
            UNION ALL
            SELECT 2328, oid, 0, fdwacl, acldefault('F', fdwowner)
            FROM pg_foreign_data_wrapper
            WHERE oid >= 16384 AND fdwacl IS NOT NULL
            UNION ALL
            SELECT 1417, oid, 0, srvacl, acldefault('S', srvowner)
            FROM pg_foreign_server
            WHERE oid >= 16384 AND srvacl IS NOT NULL
            UNION ALL
            SELECT 2615, oid, 0,
                coalesce(nspacl, acldefault('n', nspowner)),
                acldefault('n', nspowner) || CASE WHEN nspname = 'public'
                    THEN ARRAY[makeaclitem(0, nspowner, 'USAGE', false)]
                        {create} END
            FROM pg_namespace
            WHERE nspname = 'public' OR oid >= 16384 AND nspacl IS NOT NULL
        ), now AS (
            SELECT class, id, sub, grantee, privilege_type, is_grantable
            FROM held, aclexplode(acl)
        ), first AS (
            SELECT class, id, sub, grantee, privilege_type, is_grantable
            FROM held, aclexplode(initial)
        )
        SELECT true AS granted, n.* FROM (TABLE now EXCEPT TABLE first) AS n
        UNION ALL
        SELECT false, f.* FROM (TABLE first EXCEPT TABLE now) AS f
    ) AS g""",
    "class, id, sub, granted, grantee, privilege_type",
)

# The types and tables of an extension; functions are left out above.
_MEMBERS = Section(
    "classid::int8, objid::int8",
    """pg_depend WHERE deptype = 'e' AND classid <> 'pg_proc'::regclass
    AND objid >= 16384""",
    "classid, objid",
)

SECTIONS: Mapping[str, Section] = {
    "namespaces": _NAMESPACES,
    "database": _DATABASE,
    "relations": _RELATIONS,
    "inherits": _INHERITS,
    "columns": _COLUMNS,
    "sequences": _SEQUENCES,
    "constraints": _CONSTRAINTS,
    "indexes": _INDEXES,
    "triggers": _TRIGGERS,
    "rules": _RULES,
    "policies": _POLICIES,
    "types": _TYPES,
    "functions": _FUNCTIONS,
    "comments": _COMMENTS,
    "grants": _GRANTS,
    "members": _MEMBERS,
    "others": OTHERS,
}


def _since(version: tuple[int, ...], first: int, new: str, old: str) -> str:
    return new if version >= (first,) else old


def catalogue_query(version: tuple[int, ...]) -> str:
    """The one query that reads all sections, each as a column of JSON.

    :param version: the server's.
    """
    by_version = {
        "{stamp}": STAMP,
        "{pending}": _since(version, 14, "inhdetachpending", "false"),
        "{compression}": _since(
            version, 14, "nullif(attcompression, '')", "NULL"
        ),
        "{multirange}": _since(
            version, 14, "format_type(rngmultitypid, NULL)", "NULL"
        ),
        "{create}": _since(
            version, 15, "",
            "|| makeaclitem(0, nspowner, 'CREATE', false)",
        ),
        "{published}": _since(version, 15, PUBLISHED_15, PUBLISHED_13),
        "{schemas}": _since(version, 15, SCHEMAS_15, ""),
    }
    parts = []
    for section in SECTIONS.values():
        text = (
            f"(SELECT json_agg(json_build_array({section.columns})\n"
            f"ORDER BY {section.order})::text FROM {section.source})"
        )
        for mark, replacement in by_version.items():
            text = text.replace(mark, replacement)
        parts.append(text)
    return "SELECT " + ",\n".join(parts)
