"""Which valid rows can be put into tables that nobody described?

The live database is asked for everything: its tables are reflected, and
whether it takes a value it says itself, in a savepoint.
"""

from __future__ import annotations

from migtestkit.rows.synthetic import mysql, postgresql, sqlite
from migtestkit.rows.synthetic.dialects import SyntheticDialect, dialect_of
from migtestkit.rows.synthetic.filling import (
    Population,
    changed_tables,
    fill,
)
from migtestkit.rows.synthetic.kinds import (
    ALL,
    BOUNDARY,
    DUPLICATE,
    MINIMAL,
    TYPICAL,
    VARIED,
)
from migtestkit.rows.synthetic.order import in_order
from migtestkit.rows.synthetic.result import Filled, MadeRow
from migtestkit.rows.synthetic.shapes import Key, Shape, label

__unittest = True

__all__ = [
    "ALL",
    "BOUNDARY",
    "DUPLICATE",
    "Filled",
    "Key",
    "MINIMAL",
    "MadeRow",
    "Population",
    "Shape",
    "SyntheticDialect",
    "TYPICAL",
    "VARIED",
    "changed_tables",
    "dialect_of",
    "fill",
    "in_order",
    "label",
    "mysql",
    "postgresql",
    "sqlite",
]
