"""How are rows written as objects, without the models of today?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.automap import (
    automap_base,
    name_for_collection_relationship,
    name_for_scalar_relationship,
)

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
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: name != leave_out)
    base = automap_base(metadata=metadata)
    base.prepare(
        name_for_scalar_relationship=_scalar,
        name_for_collection_relationship=_collection,
    )
    return {str(one.__table__.name): one for one in base.classes}


def _scalar(base: Any, local: Any, referred: Any, constraint: Any) -> str:
    name = name_for_scalar_relationship(base, local, referred, constraint)
    return _free(name, local, "_object")


def _collection(base: Any, local: Any, referred: Any, constraint: Any) -> str:
    name = name_for_collection_relationship(base, local, referred, constraint)
    return _free(name, local, "_collection")


def _free(name: str, local: Any, ending: str) -> str:
    while name in local.__table__.columns:
        name += ending
    return name
