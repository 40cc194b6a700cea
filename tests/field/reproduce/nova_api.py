"""nova 34.0.0: the API database, a squashed line of three, no downgrade()."""

from __future__ import annotations

from nova.db import api

from tests.field.reproduce.nova import examine

if __name__ == "__main__":
    examine(api)
