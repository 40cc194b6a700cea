"""How is a database moved through its history, filled and looked at?"""

from __future__ import annotations

from migtestkit.context.core import MigrationContext

__all__ = ["MigrationContext"]
