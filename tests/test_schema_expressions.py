"""Are SQL expressions of one meaning the same, and no others?"""
from __future__ import annotations

import re
import unittest
from decimal import Decimal

import sqlalchemy as sa
from migtestkit.errors import TableError
from migtestkit.schema.expressions import (
    condition_matches,
    default_matches,
    same_expression,
    values_in_list,
)
from sqlalchemy.dialects import postgresql

SAME = (
    ("kind IN ('a','b')", "((kind)::text = ANY ((ARRAY['a'::character "
     "varying, 'b'::character varying])::text[]))"),
    ("kind NOT IN ('a')", "(kind <> ALL (ARRAY['a'::text]))"),
    ("n > 0 AND m < 3", "((n > 0) AND (m < 3))"),
    ("a or (b and c)", "a OR b AND c"),
    ("length(name) > 3", '(length((name)::text) > 3)'),
    ("n != 1", "`n` <> 1"),
    ("name LIKE 'x%'", "((name)::text ~~ 'x%'::text)"),
    ("name NOT LIKE 'x%'", "((name)::text !~~ 'x%'::text)"),
    ("x = -1", "(x = '-1'::integer)"),
    ("n BETWEEN 1 AND 5", "((n >= 1) AND (n <= 5))"),
    ("kind = 'a'", "`kind` = _utf8mb4'a'"),
)
DIFFERENT = (
    ("(a OR b) AND c", "a OR (b AND c)"),
    ("NOT (a AND b)", "NOT a AND b"),
    ("a - (b - c) > 0", "a - b - c > 0"),
    ("a / (b * c) > 0", "a / b * c > 0"),
    ("(a + b) * c > 0", "a + b * c > 0"),
    ("(a > 0) = (b > 0)", "a > 0 = b > 0"),
    ("kind IN ('a', 'b')", "kind IN ('a')"),
    ("kind IN ('a')", "kind NOT IN ('a')"),
    ("kind = 'A'", "kind = 'a'"),
    ("n NOT BETWEEN 1 AND 5", "n >= 1 AND n <= 5"),
    ("n > 0", "n >= 0"),
    ("n > 0", "n > 0 AND m > 0"),
    ("f(a)", "f(b)"),
    ("x = '-1'", "x = -1"),
)
#: Expected, what the database shows, of what kind the column is.
DEFAULTS = (
    ("x", "'x'::character varying", "text"),
    ("it's", "'it''s'", "text"),
    ("x", '"x"', "text"),
    ("", "''::character varying", "text"),
    ("{}", "'{}'::jsonb", ""),
    ("'x(y)'", "'x(y)'", "text"),
    (None, None, ""),
    (None, "NULL::character varying", "text"),
    ("NULL", None, ""),
    ("now()", "CURRENT_TIMESTAMP", ""),
    ("CURRENT_TIMESTAMP", "current_timestamp() ON UPDATE now()", ""),
    (sa.func.now(), "current_timestamp(6)", ""),
    (sa.text("'a'"), "'a'::kind", "text"),
    (sa.literal("x"), "'x'", "text"),
    ("timezone('utc', now())", "timezone('utc'::text, now())", ""),
    (0, "'0'", ""),
    (1.5, "1.50", ""),
    (Decimal("-1"), "'-1'::integer", ""),
    (-1, "-1", ""),
    (5, "(5)", ""),
    (False, "b'0'", "boolean"),
    (True, "'t'", "boolean"),
    ("true", "1", "boolean"),
)
OTHERS = (
    (None, "''", "text"),
    ("", None, "text"),
    ("x", "'X'", "text"),
    ("7", "'07'", "text"),
    ("now()", "'now()'", "text"),
    ("now()", "'now()'::character varying", "text"),
    ("CURRENT_TIMESTAMP", "'CURRENT_TIMESTAMP'", "text"),
    (sa.func.now(), "'now()'", "text"),
    (0, None, ""),
    (0, "1", ""),
    (0, "'x'", ""),
    (True, "0", "boolean"),
    (False, None, "boolean"),
    ("f()", "g()", ""),
)


class TestExpressions(unittest.TestCase):
    def test_one_meaning(self):
        for one, other in SAME:
            with self.subTest(one):
                self.assertTrue(same_expression(one, other))
                self.assertTrue(same_expression(other, one))

    def test_two_meanings(self):
        for one, other in DIFFERENT:
            with self.subTest(one):
                self.assertFalse(same_expression(one, other))

    def test_a_pattern_is_searched(self):
        self.assertTrue(condition_matches(re.compile("> 0"), "(n > 0)"))
        self.assertFalse(condition_matches(re.compile("> 1"), "(n > 0)"))

    def test_values(self):
        for text, found in (
            ("kind IN ('a', 'it''s')", ["a", "it's"]),
            ("(kind)::text = ANY (ARRAY['a'::text, 'b, c'::text])",
             ["a", "b, c"]),
            ("other IN ('a')", None),
            ("kind > 'a'", None),
        ):
            with self.subTest(text):
                self.assertEqual(found, values_in_list(text, "kind"))


class TestDefaults(unittest.TestCase):
    def matches(self, expected, found, kind):
        return default_matches(
            expected, found, postgresql.dialect(), kind=kind
        )

    def test_one_meaning(self):
        for case in DEFAULTS:
            with self.subTest(case):
                self.assertTrue(self.matches(*case))

    def test_two_meanings(self):
        for case in OTHERS:
            with self.subTest(case):
                self.assertFalse(self.matches(*case))

    def test_what_is_no_default(self):
        for value in (b"x", [], {}, object()):
            with self.subTest(repr(value)):
                with self.assertRaisesRegex(TableError, "default must be"):
                    self.matches(value, "'x'", "")


if __name__ == "__main__":
    unittest.main()
