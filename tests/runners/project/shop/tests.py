"""Tests of Django's own, beside those of the service."""
from django.db import connection
from django.test import TestCase

from shop.models import Item


class TestItem(TestCase):
    def test_is_kept(self):
        Item.objects.create(name="lamp")
        self.assertEqual(Item.objects.count(), 1)

    def test_no_table_of_the_service_is_here(self):
        tables = connection.introspection.table_names()
        self.assertIn("shop_item", tables)
        self.assertFalse({"author", "alembic_version"} & {*tables})
