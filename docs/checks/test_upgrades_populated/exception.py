from migtestkit import Intended, MigrationTestCase
from migtestkit.checks import DataChecks


class TestData(DataChecks, MigrationTestCase):
    intended = {
        "2c3d": Intended(
            seed={"users": {"name": lambda number: f"user {number}"}},
            reason="the application never allowed a name twice",
        ),
    }
