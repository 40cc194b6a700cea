"""How do rows get into PostgreSQL's tables?"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.dialects import postgresql as pg

from migtestkit.rows.synthetic.dialects import (
    SyntheticDialect,
    register_dialect,
)
from migtestkit.rows.synthetic.shapes import Checks, Key
from migtestkit.rows.synthetic.values import (
    FIRST,
    Family,
    family_of,
    register_family,
)

__unittest = True

#: What the catalogue's rows are replaced for: a table, its columns, defaults,
#: constraints and indexes. Of what is updated in place, such as statistics,
#: no row is replaced.
_SIGNATURES = text("""\
SELECT n.nspname, c.relname, c.oid::text || ' ' || c.relfilenode
|| ' ' || coalesce((SELECT string_agg(concat_ws(
        ' ', a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef,
        a.attidentity, a.attgenerated, a.attcollation), ',' ORDER BY a.attnum)
    FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '')
|| ' ' || coalesce((SELECT string_agg(d.oid || ' ' || d.xmin, ','
        ORDER BY d.oid) FROM pg_attrdef d WHERE d.adrelid = c.oid), '')
|| ' ' || coalesce((SELECT string_agg(k.oid || ' ' || k.xmin, ','
        ORDER BY k.oid) FROM pg_constraint k WHERE k.conrelid = c.oid), '')
|| ' ' || coalesce((SELECT string_agg(i.indexrelid || ' ' || i.xmin, ','
        ORDER BY i.indexrelid) FROM pg_index i WHERE i.indrelid = c.oid), '')
|| ' ' || coalesce((SELECT string_agg(e.oid || e.enumlabel, ','
        ORDER BY e.oid) FROM pg_enum e WHERE e.enumtypid IN (
        SELECT a.atttypid FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0)), '')
|| ' ' || coalesce((SELECT string_agg(k.oid || ' ' || k.xmin, ','
        ORDER BY k.oid) FROM pg_constraint k WHERE k.contypid IN (
        SELECT a.atttypid FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0) AND k.contypid > 0), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'""")
_CHECKS = text("""\
SELECT n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'c' AND c.relname = ANY (:names)
UNION ALL
SELECT n.nspname, c.relname, '', pg_get_partkeydef(c.oid) || ' '
    || pg_get_expr(p.relpartbound, p.oid)
FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhparent
JOIN pg_class p ON p.oid = h.inhrelid AND p.relispartition
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = ANY (:names)
UNION ALL
SELECT n.nspname, c.relname, k.conname, regexp_replace(
    pg_get_constraintdef(k.oid), '\\mVALUE\\M', quote_ident(a.attname), 'g')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_constraint k ON k.contypid = a.atttypid
WHERE k.contypid > 0 AND c.relname = ANY (:names)""")
_UNSEEN = text("""\
SELECT EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal)
OR EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_depend d
        WHERE d.objid = p.oid AND d.deptype = 'e'))
OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND n.nspname <> 'information_schema'
    AND n.nspname NOT LIKE 'pg\\_%')""")


@register_dialect("postgresql")
class PostgreSQLDialect(SyntheticDialect):
    """PostgreSQL, by any driver."""

    def schemas(self, connection: Connection) -> Sequence[str | None]:
        default = connection.dialect.default_schema_name
        return [
            None if name == default else name
            for name in inspect(connection).get_schema_names()
            if name != "information_schema" and not name.startswith("pg_")
        ]

    def tables(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> list[Key]:
        return sorted(self.signatures(connection, schemas), key=_by_name)

    def checks(self, connection: Connection, keys: Collection[Key]) -> Checks:
        found: dict[Key, list[tuple[str, str]]] = {}
        rows = connection.execute(
            _CHECKS, {"names": [key[1] for key in keys]}
        )
        for schema, table, name, sql in rows:
            key = (_short(connection, schema), table)
            found.setdefault(key, []).append((name, sql))
        return found

    def signatures(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> Mapping[Key, Hashable]:
        found = {}
        for schema, table, signature in connection.execute(_SIGNATURES):
            key = (_short(connection, schema), table)
            if key[0] in schemas:
                found[key] = signature
        return found

    def writes_unseen(
        self, connection: Connection, schemas: Sequence[str | None]
    ) -> bool:
        return bool(connection.scalar(_UNSEEN))

    @contextlib.contextmanager
    def references_later(self, connection: Connection) -> Iterator[None]:
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")
        yield
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


def _short(connection: Connection, schema: str) -> str | None:
    default = connection.dialect.default_schema_name
    return None if schema == default else schema


def _by_name(key: Key) -> tuple[str, str]:
    return key[0] or "", key[1]


def _ranges(make: Any) -> Family:
    def one(type_: Any, number: int) -> Any:
        # Apart from each other, for EXCLUDE constraints.
        return pg.Range(make(10 * number), make(10 * number + 5))

    return Family(one, variants=lambda t, n: (pg.Range(empty=True),))


def _day(number: int) -> datetime.date:
    return datetime.date(2021, 1, 1) + datetime.timedelta(number)


def _moment(number: int) -> datetime.datetime:
    return datetime.datetime(2021, 1, 1) + datetime.timedelta(number)


def _with_zone(number: int) -> datetime.datetime:
    return _moment(number).replace(tzinfo=datetime.timezone.utc)


def _of_domain(type_: Any, number: int) -> Any:
    return family_of(type_.data_type).typical(type_.data_type, number)


def _extremes_of_domain(type_: Any, number: int) -> Any:
    return family_of(type_.data_type).extremes(type_.data_type, number)


def _variants_of_domain(type_: Any, number: int) -> Any:
    return family_of(type_.data_type).variants(type_.data_type, number)


def _bits(type_: Any, number: int) -> str:
    return format(number, "b").zfill(type_.length or 1)[-(type_.length or 1):]


register_family(pg.INT4RANGE, _ranges(lambda n: n))
register_family(pg.INT8RANGE, _ranges(lambda n: n))
register_family(pg.NUMRANGE, _ranges(Decimal))
register_family(pg.DATERANGE, _ranges(_day))
register_family(pg.TSRANGE, _ranges(_moment))
register_family(pg.TSTZRANGE, _ranges(_with_zone))
register_family(
    pg.DOMAIN, Family(_of_domain, _extremes_of_domain, _variants_of_domain)
)
register_family(pg.BIT, Family(_bits))
register_family(
    pg.INET, Family(lambda t, n: f"10.{n // 250 % 250}.{n % 250}.1")
)
register_family(
    pg.CIDR, Family(lambda t, n: f"10.{n // 250 % 250}.{n % 250}.0/24")
)
register_family(
    pg.MACADDR,
    Family(lambda t, n: f"08:00:2b:01:{n // 250 % 250:02x}:{n % 250:02x}"),
)
register_family(pg.HSTORE, Family(lambda t, n: {"number": str(n)}))
register_family(pg.TSVECTOR, Family(lambda t, n: f"word{n}"))
register_family(pg.MONEY, Family(lambda t, n: str(FIRST + n)))
register_family(
    pg.INTERVAL, Family(lambda t, n: datetime.timedelta(hours=n + 1))
)
