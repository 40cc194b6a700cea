from migtestkit import Intended, MigrationTestCase
from migtestkit.checks import DataChecks


class TestData(DataChecks, MigrationTestCase):
    intended = {
        "2c3d": Intended(lossy=["users.fax"], reason="nobody has one"),
    }
