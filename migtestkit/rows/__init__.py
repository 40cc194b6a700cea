"""How are rows written, read and compared?"""

from __future__ import annotations

from migtestkit.rows.compare import RowDifference, compare_rows
from migtestkit.rows.preserved import TableRows, what_was_lost
from migtestkit.rows.revision_data import (
    DATABASE_KEY,
    SeedRow,
    normalize,
)
from migtestkit.rows.tables import (
    check_columns,
    coerce,
    find_table,
    reflect_tables,
    split_name,
)
from migtestkit.rows.writing import insert_rows, key_of, still_there

__all__ = [
    "DATABASE_KEY",
    "RowDifference",
    "SeedRow",
    "TableRows",
    "check_columns",
    "coerce",
    "compare_rows",
    "find_table",
    "insert_rows",
    "key_of",
    "normalize",
    "reflect_tables",
    "split_name",
    "still_there",
    "what_was_lost",
]
