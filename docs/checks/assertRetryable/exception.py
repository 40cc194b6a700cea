import unittest

from migtestkit import MigrationTestCase


class TestDeployment(MigrationTestCase):
    @unittest.skip("it is watched while it runs")
    def test_it(self):
        self.assertRetryable("2c3d")
