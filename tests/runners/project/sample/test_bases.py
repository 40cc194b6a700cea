"""Together with the base classes of others."""
import asyncio
import unittest

import oslotest.base
import testtools
from django.test import SimpleTestCase
from migtestkit import MigrationTestCase

from sample import SERVICE


class TestTesttools(MigrationTestCase, testtools.TestCase):
    alembic_config = SERVICE

    def test_moves(self):
        self.migrate_up_to("head")
        self.assertTableExists("loan")


class TestOslo(MigrationTestCase, oslotest.base.BaseTestCase):
    alembic_config = SERVICE

    def test_moves(self):
        self.migrate_up_to("head")
        self.assertTableExists("loan")


class TestAsync(MigrationTestCase, unittest.IsolatedAsyncioTestCase):
    alembic_config = SERVICE

    async def asyncSetUp(self):
        # A migration blocks the loop, and no runner's output needs that.
        asyncio.get_running_loop().slow_callback_duration = 60

    async def test_moves(self):
        await asyncio.sleep(0)
        self.migrate_up_to("head")
        self.assertTableExists("loan")

    async def test_fails_in_a_loop(self):
        self.migrate_up_to("a101")
        self.assertTableExists("book")


class TestDjango(MigrationTestCase, SimpleTestCase):
    alembic_config = SERVICE

    def test_moves(self):
        self.migrate_up_to("head")
        self.assertTableExists("loan")

    def test_fails_with_django(self):
        self.migrate_up_to("a101")
        self.assertTableExists("book")
