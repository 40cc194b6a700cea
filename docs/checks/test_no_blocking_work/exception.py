from migtestkit import Intended, MigrationTestCase
from migtestkit.checks import DeploymentChecks


class TestDeployment(DeploymentChecks, MigrationTestCase):
    intended = {
        "2c3d": Intended(blocking=["users"], reason="some hundred rows"),
    }
