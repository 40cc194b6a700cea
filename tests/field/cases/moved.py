"""The case of any of the histories on another database.

``FIELD_CASE`` names its module, ``FIELD_DATABASE_URL`` says where.
"""

from __future__ import annotations

import importlib
import os

_CASE = importlib.import_module(
    f"tests.field.cases.{os.environ['FIELD_CASE']}"
)


class TestHistory(_CASE.TestHistory):  # type: ignore[misc,name-defined]
    database_url = os.environ["FIELD_DATABASE_URL"]
