from migtestkit import Intended, MigrationTestCase
from migtestkit.checks import DeploymentChecks


class TestDeployment(DeploymentChecks, MigrationTestCase):
    intended = {
        "2c3d": Intended(
            contract=["users.fax"], reason="release 4.2 does not read it"
        ),
    }
