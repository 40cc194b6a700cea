"""Which rows of PostgreSQL's catalogues make up what is seldom used?

Extensions, publications, statistics, casts and the like: each row is a kind,
the OID of a table that it belongs to, that of its schema, its name and its
definition, already as text.
"""

from __future__ import annotations

from typing import NamedTuple

__unittest = True


class Section(NamedTuple):
    """One part of the catalogues: what is read, of what, in what order."""

    columns: str
    source: str
    order: str


PUBLISHED_13 = "''"
PUBLISHED_15 = """
    (SELECT ' (' || string_agg(quote_ident(attname), ', ' ORDER BY attnum)
            || ')'
     FROM pg_attribute
     WHERE attrelid = r.prrelid AND attnum = ANY (r.prattrs)),
    ' WHERE ' || pg_get_expr(r.prqual, r.prrelid)"""

SCHEMAS_15 = """
    || coalesce((
        SELECT ' FOR TABLES IN SCHEMA '
            || string_agg(quote_ident(nspname), ', ' ORDER BY nspname)
        FROM pg_publication_namespace
        JOIN pg_namespace AS n ON n.oid = pnnspid WHERE pnpubid = p.oid
    ), '')"""

_EXTENSIONS = """
SELECT 3079 AS class, oid AS id, 'extension' AS kind, 0 AS relation,
    0 AS namespace, extname::text AS name,
    concat('VERSION ', quote_literal(extversion), ' SCHEMA ',
           extnamespace::regnamespace) AS definition, extowner AS owner
FROM pg_extension WHERE extname <> 'plpgsql'
UNION ALL
SELECT 3079, 0, 'option', 0, 0, 'extension plpgsql', 'dropped', 0
WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'plpgsql')
UNION ALL
SELECT 2615, 0, 'option', 0, 0, 'schema public', 'dropped', 0
WHERE to_regnamespace('public') IS NULL"""

_PUBLICATIONS = """
SELECT 6104, p.oid, 'publication', 0, 0, pubname, (
    CASE WHEN puballtables THEN 'FOR ALL TABLES ' ELSE '' END
    || coalesce((
        SELECT 'FOR TABLE ' || string_agg(
            concat(prrelid::regclass, {published}), ', '
            ORDER BY prrelid::regclass::text)
        FROM pg_publication_rel AS r WHERE prpubid = p.oid
    ), '')
    {schemas}
    || ' WITH ' || (
        to_jsonb(p) - 'oid' - 'pubname' - 'pubowner' - 'puballtables'
    )::text), pubowner
FROM pg_publication AS p
UNION ALL
SELECT 6100, oid, 'subscription', 0, 0, subname, '', subowner
FROM pg_subscription WHERE subdbid = (
    SELECT oid FROM pg_database WHERE datname = current_database())"""

_STATISTICS = """
SELECT 3381, oid, 'statistics', stxrelid, stxnamespace, stxname,
    concat(pg_get_statisticsobjdef(oid),
           ' TARGET ' || nullif(stxstattarget, -1)), stxowner
FROM pg_statistic_ext"""

_SETTINGS = """
SELECT 2964, 0, 'option', 0, 0, concat(
    'database setting ', split_part(one, '=', 1),
    ' of ' || nullif(setrole, 0)::regrole), one, 0
FROM pg_db_role_setting CROSS JOIN unnest(setconfig) AS one
WHERE setdatabase = (
    SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT 826, d.oid, 'default privilege', 0, 0, concat(
    privilege_type, ' ON ',
    CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
        WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES'
        ELSE 'SCHEMAS' END,
    ' IN SCHEMA ' || nullif(defaclnamespace, 0)::regnamespace,
    ' BY ', pg_get_userbyid(defaclrole), ' TO ',
    CASE grantee WHEN 0 THEN 'PUBLIC'
        ELSE pg_get_userbyid(grantee)::text END,
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END), '', 0
FROM pg_default_acl AS d CROSS JOIN aclexplode(defaclacl)"""

_TRIGGERS = """
SELECT 3466, oid, 'event trigger', 0, 0, evtname, concat(
    'ON ', evtevent, ' EXECUTE ', evtfoid::regproc,
    ' WHEN TAG IN ' || array_to_string(evttags, ', '),
    CASE evtenabled WHEN 'O' THEN '' WHEN 'D' THEN ' DISABLED'
        ELSE ' ENABLE ' || evtenabled::text END), evtowner
FROM pg_event_trigger"""

_OPERATORS = """
SELECT 2605, oid, 'cast', 0, 0, concat(
    format_type(castsource, NULL), ' AS ', format_type(casttarget, NULL)),
    concat_ws(' ', castmethod, nullif(castfunc, 0)::regprocedure,
              castcontext), 0
FROM pg_cast AS c WHERE oid >= 16384 AND NOT EXISTS (
    SELECT FROM pg_depend AS d
    WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid
      AND d.deptype = 'i')
UNION ALL
SELECT 2617, oid, 'operator', 0, 0, oid::regoperator::text, concat_ws(' ',
    oprcode::oid::regproc, 'COMMUTATOR ' || nullif(oprcom, 0)::regoperator,
    'NEGATOR ' || nullif(oprnegate, 0)::regoperator,
    'RESTRICT ' || nullif(oprrest::oid, 0)::regproc,
    'JOIN ' || nullif(oprjoin::oid, 0)::regproc,
    CASE WHEN oprcanmerge THEN 'MERGES' END,
    CASE WHEN oprcanhash THEN 'HASHES' END), oprowner
FROM pg_operator WHERE oid >= 16384
UNION ALL
SELECT 2616, o.oid, 'operator class', 0, 0,
    (pg_identify_object(2616, o.oid, 0)).identity, concat_ws(' ',
    CASE WHEN opcdefault THEN 'DEFAULT' END,
    'FOR TYPE', format_type(opcintype, NULL),
    'STORAGE ' || format_type(nullif(opckeytype, 0), NULL)), opcowner
FROM pg_opclass AS o WHERE o.oid >= 16384
UNION ALL
SELECT 2753, oid, 'operator family', 0, 0,
    (pg_identify_object(2753, oid, 0)).identity, concat_ws(', ', (
        SELECT string_agg(concat(
            amopstrategy, ' ', amopopr::regoperator), ', '
            ORDER BY amopstrategy, amopopr::regoperator::text)
        FROM pg_amop WHERE amopfamily = f.oid
    ), (SELECT string_agg(concat(
            amprocnum, ' ', amproc::oid::regprocedure), ', '
            ORDER BY amprocnum, amproc::oid::regprocedure::text)
        FROM pg_amproc WHERE amprocfamily = f.oid)), opfowner
FROM pg_opfamily AS f WHERE oid >= 16384"""

_TEXTS = """
SELECT 3456, oid, 'collation', 0, collnamespace, collname, (
    to_jsonb(c) - 'oid' - 'collname' - 'collnamespace' - 'collowner'
    - 'collversion')::text, collowner
FROM pg_collation AS c WHERE oid >= 16384
UNION ALL
SELECT 2607, oid, 'conversion', 0, connamespace, conname, concat_ws(' ',
    pg_encoding_to_char(conforencoding), 'TO',
    pg_encoding_to_char(contoencoding), 'FROM', conproc::oid::regproc,
    CASE WHEN condefault THEN 'DEFAULT' END), conowner
FROM pg_conversion WHERE oid >= 16384
UNION ALL
SELECT 3602, oid, 'text search configuration', 0, cfgnamespace, cfgname,
    concat_ws(' ', (pg_identify_object(3601, cfgparser, 0)).identity, (
        SELECT string_agg(concat(
            maptokentype, ':', mapdict::regdictionary), ' '
            ORDER BY maptokentype, mapseqno)
        FROM pg_ts_config_map WHERE mapcfg = c.oid)), cfgowner
FROM pg_ts_config AS c WHERE oid >= 16384
UNION ALL
SELECT 3600, oid, 'text search dictionary', 0, dictnamespace, dictname,
    concat_ws(' ', (pg_identify_object(3764, dicttemplate, 0)).identity,
              dictinitoption), dictowner
FROM pg_ts_dict WHERE oid >= 16384
UNION ALL
SELECT 3601, oid, 'text search parser', 0, prsnamespace, prsname, '', 0
FROM pg_ts_parser WHERE oid >= 16384
UNION ALL
SELECT 3764, oid, 'text search template', 0, tmplnamespace, tmplname, '', 0
FROM pg_ts_template WHERE oid >= 16384"""

_FOREIGN = """
SELECT 2328, oid, 'foreign-data wrapper', 0, 0, fdwname, concat_ws(' ',
    'HANDLER ' || nullif(fdwhandler, 0)::regproc,
    'VALIDATOR ' || nullif(fdwvalidator, 0)::regproc,
    fdwoptions::text), fdwowner
FROM pg_foreign_data_wrapper WHERE oid >= 16384
UNION ALL
SELECT 1417, s.oid, 'server', 0, 0, srvname, concat_ws(' ', fdwname,
    'TYPE ' || quote_literal(srvtype),
    'VERSION ' || quote_literal(srvversion), srvoptions::text), srvowner
FROM pg_foreign_server AS s
JOIN pg_foreign_data_wrapper AS f ON f.oid = srvfdw
UNION ALL
SELECT 1418, umid, 'user mapping', 0, 0,
    concat(usename, ' on ', srvname), coalesce(umoptions::text, ''), 0
FROM pg_user_mappings
UNION ALL
SELECT 2612, oid, 'language', 0, 0, lanname, concat_ws(' ',
    'HANDLER ' || nullif(lanplcallfoid, 0)::regproc,
    CASE WHEN lanpltrusted THEN 'TRUSTED' END), lanowner
FROM pg_language WHERE oid >= 16384
UNION ALL
SELECT 2601, oid, 'access method', 0, 0, amname,
    concat(amtype, ' ', amhandler), 0
FROM pg_am WHERE oid >= 16384
UNION ALL
SELECT 3576, oid, 'transform', 0, 0,
    (pg_identify_object(3576, oid, 0)).identity, '', 0
FROM pg_transform WHERE oid >= 16384"""

OTHERS = Section(
    """class::int8, id::int8, kind, relation::int8, namespace::int8, name,
    definition,
    CASE WHEN owner <> 0 THEN pg_get_userbyid(owner) END""",
    "(" + "\nUNION ALL\n".join([
        _EXTENSIONS, _PUBLICATIONS, _STATISTICS, _SETTINGS, _TRIGGERS,
        _OPERATORS, _TEXTS, _FOREIGN,
    ]) + "\n) AS o",
    "kind, name, definition",
)
