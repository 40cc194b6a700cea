"""How are rows written as objects, without the models of today?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, MetaData

__unittest = True


def mapped_classes(
    connection: Connection, *, leave_out: str
) -> Mapping[str, type]:
    """Return ORM classes by table name, as SQLAlchemy's automap makes them.

    A relationship that automap would call like a column of the same class,
    as of ``pets.people`` to ``people``, gets ``_object`` (or, where it is a
    collection, one more ``_collection``) behind its name.

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

    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: name != leave_out)
    base = automap.automap_base(metadata=metadata)
    base.prepare(
        name_for_scalar_relationship=scalar,
        name_for_collection_relationship=collection,
    )
    return {str(one.__table__.name): one for one in base.classes}
