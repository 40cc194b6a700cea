"""How does a unittest test case use a migrated database?"""

from __future__ import annotations

from migtestkit.case.dialects import onDialects, skipUnlessDialect
from migtestkit.case.testcase import MigrationTestCase

__all__ = ["MigrationTestCase", "onDialects", "skipUnlessDialect"]
