"""How are rows written as objects, without the models of today?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData

from migtestkit.errors import TableError, listing, suggest
from migtestkit.quiet import quiet_reflection

__unittest = True


class Models(dict[str, type]):
    """ORM classes by table; asking for another is a clear error.

    :ivar unmapped: tables without a primary key, of which there is none.
    """

    def __init__(self, classes: Mapping[str, type], tables: Sequence[str]):
        super().__init__(classes)
        self.unmapped = [name for name in tables if name not in classes]

    def __missing__(self, table: str) -> type:
        if table in self.unmapped:
            raise TableError(
                f"table {table!r} has no primary key, so SQLAlchemy's "
                "automap makes no class of it; insert_into() writes its rows"
            )
        raise TableError(
            f"no model of a table {table!r}; there are "
            f"{listing(map(repr, sorted(self)))}{suggest(str(table), self)}"
        )


def mapped_classes(
    connection: Connection,
    *,
    schemas: Sequence[str | None],
    leave_out: str,
) -> Mapping[str, type]:
    """Return ORM classes by table, as SQLAlchemy's automap makes them.

    A table outside the default schema is called ``"schema.table"``.

    A relationship that automap would call like a column of the same class,
    as of ``pets.people`` to ``people``, gets ``_object`` (or, where it is a
    collection, one more ``_collection``) behind its name.

    :param schemas: those to look into, ``None`` for the default.
    :param leave_out: a table that gets no class.
    """
    # Here, not above: the ORM takes longer to import than the whole kit, and
    # few suites ask for objects.
    from sqlalchemy.ext import automap

    def free(name: str, local: Any, ending: str) -> str:
        while name in local.__table__.columns:
            name += ending
        return name

    def scalar(base: Any, local: Any, referred: Any, constraint: Any) -> str:
        name = automap.name_for_scalar_relationship(
            base, local, referred, constraint
        )
        return free(name, local, "_object")

    def collection(
        base: Any, local: Any, referred: Any, constraint: Any
    ) -> str:
        name = automap.name_for_collection_relationship(
            base, local, referred, constraint
        )
        return free(name, local, "_collection")

    def named(base: Any, name: str, table: Any) -> str:
        # Tables of one name, in two schemas, are two classes.
        return f"{table.schema}_{name}" if table.schema else str(name)

    metadata = MetaData()
    with quiet_reflection():
        for schema in schemas:
            metadata.reflect(
                connection, schema, only=lambda name, _: name != leave_out
            )
    base = automap.automap_base(metadata=metadata)
    base.prepare(
        classname_for_table=named,
        name_for_scalar_relationship=scalar,
        name_for_collection_relationship=collection,
    )
    return Models(
        {str(one.__table__.fullname): one for one in base.classes},
        sorted(metadata.tables),
    )
