import unittest

from migtestkit import MigrationTestCase
from migtestkit.checks import DeploymentChecks


class TestDeployment(DeploymentChecks, MigrationTestCase):
    @unittest.skip("2c3d is watched while it runs")
    def test_upgrades_are_atomic_or_retryable(self):
        pass
