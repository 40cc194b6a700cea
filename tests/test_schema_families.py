"""Is a type recognised on each database, and told from its neighbours?"""
from __future__ import annotations

import unittest

import sqlalchemy as sa
from migtestkit.errors import TableError
from migtestkit.schema.families import type_matches
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.types import TypeDecorator


class Money(TypeDecorator):
    """A type of an application's own."""

    impl = sa.Numeric(10, 2)
    cache_ok = True


LITE, PG, MY = sqlite.dialect(), postgresql.dialect(), mysql.dialect()
BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
#: Expected, what the database reflects, on which database.
SAME = (
    (sa.Boolean, mysql.TINYINT(display_width=1), MY),
    (sa.BOOLEAN, mysql.TINYINT(display_width=1), MY),
    (mysql.TINYINT, mysql.TINYINT(display_width=1), MY),
    (sa.Integer, mysql.TINYINT(display_width=4), MY),
    (sa.Integer, sa.BIGINT(), PG),
    (BIG, sa.INTEGER(), LITE),
    (BIG, sa.BIGINT(), PG),
    (sa.String(40), mysql.VARCHAR(40), MY),
    (sa.String, sa.VARCHAR(40), PG),
    (sa.Text, mysql.LONGTEXT(), MY),
    (sa.LargeBinary, mysql.LONGBLOB(), MY),
    (sa.LargeBinary, postgresql.BYTEA(), PG),
    (sa.Float, sa.DOUBLE_PRECISION(), PG),
    (sa.Double, sa.DOUBLE_PRECISION(), PG),
    (sa.Double, mysql.DOUBLE(), MY),
    (sa.DateTime(timezone=True), postgresql.TIMESTAMP(timezone=True), PG),
    (sa.DateTime, postgresql.TIMESTAMP(timezone=True), PG),
    (sa.DateTime(timezone=True), sqlite.DATETIME(), LITE),
    (sa.Interval, postgresql.INTERVAL(), PG),
    (sa.Interval, sqlite.DATETIME(), LITE),
    (sa.JSON, postgresql.JSONB(), PG),
    (sa.JSON, mysql.LONGTEXT(collation="utf8mb4_bin"), MY),
    (sa.Uuid, sa.CHAR(32), LITE),
    (sa.Uuid, postgresql.UUID(), PG),
    (sa.Uuid(native_uuid=False), sa.CHAR(32), PG),
    (sa.Enum, sa.VARCHAR(5), LITE),
    (sa.Enum("abc", "b"), sa.VARCHAR(3), LITE),
    (sa.Enum("abc", "b"), sa.VARCHAR(), LITE),
    (sa.Enum("a", native_enum=False), sa.VARCHAR(5), PG),
    (sa.Enum("b", "a"), mysql.ENUM("a", "b"), MY),
    (sa.ARRAY(sa.Integer), postgresql.ARRAY(sa.INTEGER()), PG),
    (postgresql.INET, postgresql.INET(), PG),
    (Money, sa.NUMERIC(10, 2), PG),
    (Money(), sa.NUMERIC(10, 2), PG),
    ("jsonb", postgresql.JSONB(), PG),
    ("varchar", sa.VARCHAR(3), PG),
    (" Boolean ", sa.BOOLEAN(), PG),
)
DIFFERENT = (
    (sa.Boolean, mysql.TINYINT(display_width=4), MY),
    (sa.Boolean, sa.INTEGER(), LITE),
    (sa.Integer, mysql.TINYINT(display_width=1), MY),
    (sa.Integer, sa.BOOLEAN(), PG),
    (sa.INTEGER, sa.BIGINT(), PG),
    (sa.BigInteger, sa.INTEGER(), PG),
    (BIG, sa.INTEGER(), PG),
    (sa.SmallInteger, sa.INTEGER(), PG),
    (sa.String(40), sa.VARCHAR(41), PG),
    (sa.String(40), sa.VARCHAR(), PG),
    (sa.String, sa.TEXT(), PG),
    (sa.Text, sa.VARCHAR(), PG),
    (sa.String, mysql.ENUM("a"), MY),
    (sa.Numeric, sa.FLOAT(), LITE),
    (sa.Float, sa.NUMERIC(), LITE),
    (sa.Double, mysql.FLOAT(), MY),
    (sa.Numeric(10, 2), sa.NUMERIC(10, 3), PG),
    (sa.DateTime, sa.DATE(), PG),
    (sa.Date, postgresql.TIMESTAMP(), PG),
    (sa.DateTime(timezone=True), postgresql.TIMESTAMP(), PG),
    (sa.DateTime(), postgresql.TIMESTAMP(timezone=True), PG),
    (sa.Interval, postgresql.TIMESTAMP(), PG),
    (sa.JSON, sa.TEXT(), PG),
    (postgresql.JSONB, postgresql.JSON(), PG),
    (sa.Uuid, sa.CHAR(32), PG),
    (sa.Uuid, sa.CHAR(31), LITE),
    (sa.Enum, sa.VARCHAR(5), PG),
    (sa.Enum, sa.TEXT(), LITE),
    (sa.Enum("abc", "b"), sa.VARCHAR(2), LITE),
    (sa.Enum("a"), mysql.ENUM("a", "b"), MY),
    (sa.ARRAY(sa.Integer), postgresql.ARRAY(sa.TEXT()), PG),
    (sa.ARRAY(sa.Integer), sa.INTEGER(), PG),
    (Money, sa.NUMERIC(10, 3), PG),
    (sa.LargeBinary, sa.TEXT(), LITE),
    ("jsonb", postgresql.JSON(), PG),
)


class TestFamilies(unittest.TestCase):
    def test_one_type(self):
        for expected, found, dialect in SAME:
            with self.subTest(f"{expected!r} {found!r} {dialect.name}"):
                self.assertTrue(type_matches(expected, found, dialect))

    def test_two_types(self):
        for expected, found, dialect in DIFFERENT:
            with self.subTest(f"{expected!r} {found!r} {dialect.name}"):
                self.assertFalse(type_matches(expected, found, dialect))

    def test_what_is_no_type(self):
        for value in (None, int, 7, sa.Column, ""):
            with self.subTest(repr(value)):
                with self.assertRaises(TableError):
                    type_matches(value, sa.INTEGER(), PG)


if __name__ == "__main__":
    unittest.main()
