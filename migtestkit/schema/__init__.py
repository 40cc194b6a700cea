"""What is a database's schema, and how do two of them differ?"""

from migtestkit.schema.difference import (
    Difference,
    compare,
    describe_differences,
)
from migtestkit.schema.look import SchemaLook, look_at_schema
from migtestkit.schema.reading import read_schema, register_reader
from migtestkit.schema.snapshot import Fact, SchemaSnapshot
from migtestkit.schema import (  # noqa: F401  readers
    inspector,
    mysql,
    postgresql,
    sqlite,
    sqlite_look,
)

__all__ = [
    "Difference",
    "Fact",
    "SchemaLook",
    "SchemaSnapshot",
    "compare",
    "describe_differences",
    "look_at_schema",
    "read_schema",
    "register_reader",
]
