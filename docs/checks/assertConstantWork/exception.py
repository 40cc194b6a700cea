import unittest

from migtestkit import MigrationTestCase


class TestDeployment(MigrationTestCase):
    @unittest.skip("there are few users")
    def test_it(self):
        self.assertConstantWork("2c3d")
