"""Is what a revision does on purpose declared without slips?"""

from __future__ import annotations

import unittest
from typing import Any

import migtestkit
from migtestkit import Intended
from migtestkit.config import IntendedUse
from migtestkit.errors import ConfigError, RevisionError
from tests.support import ProjectTestCase, Rev, create

HISTORY = (
    Rev("r1", upgrade=create("users", "id INTEGER, fax INTEGER")),
    Rev("r2", "r1", upgrade="ALTER TABLE users ADD COLUMN nick INTEGER"),
)
WHY = "nobody has one"

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"lossy": ["users"]}, "gives no reason; write why"),
    ({"lossy": ["users"], "reason": " "}, "gives no reason"),
    ({"lossy": ["users"], "reason": 5}, "gives no reason"),
    ({"reason": WHY}, "says nothing of the revision; give one of lossy, con"),
    ({"lossi": ["users"], "reason": WHY},
     "has no 'lossi'; it has reason, lossy, .*; did you mean 'lossy'"),
    ({"lossy": "users", "reason": WHY}, r"lossy must be a sequence of names"),
    ({"lossy": [5], "reason": WHY}, "lossy holds 5, which is no name"),
    ({"lossy": True, "reason": WHY}, "lossy must be a sequence of names"),
    ({"contract": "users", "reason": WHY}, "contract must be a sequence"),
    ({"blocking": [""], "reason": WHY}, "blocking holds ''"),
    ({"seed": {"users": 5}, "reason": WHY}, "seed must be a mapping table"),
    ({"unfillable": None, "reason": WHY}, "unfillable must be a sequence"),
]


class TestShape(unittest.TestCase):
    def test_it_is_public(self):
        self.assertIs(Intended, migtestkit.Intended)

    def test_slips(self):
        for given, expected in REFUSED:
            with self.subTest(given):
                with self.assertRaisesRegex(ConfigError, expected):
                    Intended(**given)

    def test_it_is_shown_as_it_is_written(self):
        one = Intended(lossy=["users.fax"], contract=True, reason=WHY)
        self.assertEqual(
            "Intended(lossy=('users.fax',), contract=True, "
            f"reason={WHY!r})",
            repr(one),
        )
        self.assertEqual(eval(repr(one)), one)
        self.assertNotEqual(Intended(contract=True, reason=WHY), one)

    def test_what_it_names(self):
        one = Intended(
            lossy=["users.fax"], contract=True, unfillable={"shapes"},
            seed={"users": {"nick": 5}}, reason=WHY,
        )
        self.assertEqual(("users.fax",), one.names("lossy"))
        self.assertEqual((), one.names("contract"))
        self.assertEqual(
            ("users.fax", "users", "shapes", "users.nick"), one.tables
        )


class TestAgainstTheHistory(ProjectTestCase):
    def refused(self, kind: type, regex: str, **intended: Intended) -> None:
        context = self.open_history(*HISTORY, intended=intended)
        with self.assertRaisesRegex(kind, regex):
            context.migrate_up_to("head")
        # Not a migration ran.
        self.assertNotIn("calls", context.environment.config.attributes)

    def test_an_unknown_revision(self):
        self.refused(
            RevisionError, "intended: .*'r3'",
            r3=Intended(contract=True, reason=WHY),
        )

    def test_two_entries_for_one_revision(self):
        context = self.open_history(
            Rev("r1abc"), Rev("r2"), intended={
                "r1": Intended(contract=True, reason=WHY),
                "r1abc": Intended(contract=True, reason=WHY),
            },
        )
        with self.assertRaisesRegex(ConfigError, "two entries for r1abc"):
            context.intended

    def test_an_unknown_table_and_column(self):
        for name, near in (
            ("usres", "'usres'; did you mean 'users'"),
            ("users.nikc", "mentions 'nikc'; did you mean 'nick'"),
        ):
            with self.subTest(name):
                self.refused(
                    ConfigError, rf"intended\['r2'\] names .*{near}",
                    r2=Intended(lossy=[name], reason=WHY),
                )

    def test_tables_that_no_script_makes(self):
        context = self.open_history(
            *HISTORY,
            intended={"r2": Intended(lossy=["legacy"], reason=WHY)},
            create_base_schema=lambda connection: None,
        )
        self.assertEqual("r2", context.migrate_up_to("head"))

    def test_sound_entries(self):
        one = Intended(lossy=["users.fax"], reason=WHY)
        context = self.open_history(*HISTORY, intended={"r2": one})
        self.assertEqual({"r2": one}, context.intended)
        self.assertEqual("r2", context.migrate_up_to("head"))


class TestUse(unittest.TestCase):
    DECLARED = {
        "r1": Intended(lossy=["users.fax", "users"], reason=WHY),
        "r2": Intended(contract=True, lossy=["tasks"], reason=WHY),
    }

    def test_what_is_covered(self):
        use = IntendedUse(self.DECLARED, "lossy")
        self.assertTrue(use.covers("r1", "users.fax", "nothing"))
        self.assertFalse(use.covers("r1", "tasks"))
        self.assertFalse(use.covers("r3", "users"))

    def test_what_is_stale(self):
        use = IntendedUse(self.DECLARED, "lossy")
        use.covers("r1", "users")
        with self.assertRaises(ConfigError) as caught:
            use.refuse_stale(["r1", "r2", "r3"])
        text = str(caught.exception)
        self.assertIn("intended['r1']: lossy names 'users.fax'", text)
        self.assertIn("intended['r2']: lossy names 'tasks'", text)
        self.assertNotIn("'users'\n", text)
        use.covers("r1", "users.fax")
        use.refuse_stale(["r1"])

    def test_all_of_a_revision(self):
        use = IntendedUse(self.DECLARED, "contract")
        with self.assertRaisesRegex(ConfigError, r"'r2'\]: contract=True"):
            use.refuse_stale(["r1", "r2"])
        self.assertTrue(use.covers("r2", "anything"))
        self.assertFalse(use.covers("r1", "anything"))
        use.refuse_stale(["r1", "r2"])


if __name__ == "__main__":
    unittest.main()
