from migtestkit import Ignore, MigrationTestCase
from migtestkit.checks import DeploymentChecks


class TestDeployment(DeploymentChecks, MigrationTestCase):
    ignore = [
        Ignore(
            kind="index", table="users", name="by_name", of="schema",
            reason="the administrators make it at night",
        ),
    ]
