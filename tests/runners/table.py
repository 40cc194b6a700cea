"""What do the docs say of the runners?"""

from __future__ import annotations

from tests.runners.matrix import ROWS, Row
from tests.runners.running import CHECKOUT
from tests.runners.verdicts import SAMPLE

PAGE = CHECKOUT / "docs" / "reference" / "runners.rst"

HEAD = f"""\
Test runners
============

.. This page is written by "python -m tests.runners --write".

A ``MigrationTestCase`` is a ``unittest.TestCase``, and any runner of those
runs it. The same {len(SAMPLE)} tests - moves, rows, ready-made checks,
PostgreSQL, failures and skips, together with the base classes of testtools,
oslotest, asyncio and Django - are run by each of these, with warnings as
errors. Each test must have the same verdict everywhere, a failing check must
tell revision and file, and no database, file or thread may be left behind.

.. list-table::
   :header-rows: 1

   * - run by
     - tests
     - what is different
"""
TAIL = """
Not all of them call ``setUpClass`` and ``setUpModule``: ``trial``,
``zope.testrunner`` and ``unittest-parallel --level test`` do not. The kit
does not need them; fixtures of your own had better not either.

``trial -j`` loses failures of ``subTest``; the kit's checks use none. Django's
``--parallel`` needs ``tblib`` 3.2.2 or later to tell of a failure.
"""


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page as the matrix gives it."""
    return HEAD + "".join(map(_row, ROWS)) + TAIL


def _row(row: Row) -> str:
    return (
        f"   * - ``{row.name}``\n     - {len(row.expected)}\n"
        f"     - {row.reason or 'nothing'}\n"
    )
