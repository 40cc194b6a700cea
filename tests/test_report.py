"""Is all that is known of a checked history in its report?"""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from migtestkit.cli.advice import how_to_fix
from migtestkit.cli.html import render
from migtestkit.context import MigrationContext
from migtestkit.context.recording import record_upgrades
from migtestkit.context.there_and_back import TRACE
from tests import servers, zoo
from tests.support import Rev, make_history
from tests.test_cli import CommandTestCase


class TestJson(CommandTestCase):
    def report(self, name, *words, status=0):
        root = self.project(name)
        path = root / "report.json"
        config = root / zoo.PROJECTS[name].config
        found, out, err = self.run_command(
            "check", "-c", str(config), "--json", str(path), *words
        )
        self.assertEqual(found, status, out + err)
        self.assertIn(f"wrote {path}\n", out)
        return json.loads(path.read_text("utf-8"))

    def revision(self, report, revision):
        [found] = [one for one in report["revisions"]
                   if one["id"] == revision]
        return found

    def test_a_sound_history(self):
        report = self.report("merged")
        self.assertEqual(
            (report["format"], report["version"]), ("migtestkit-report", 1)
        )
        self.assertEqual(report["summary"]["passed"], 5)
        merge = self.revision(report, "m1_merge")
        self.assertTrue(merge["is_merge"] and merge["is_head"])
        self.assertEqual(len(merge["parents"]), 2)
        self.assertEqual(
            {one["state"] for one in report["revisions"]}, {"passed"}
        )
        [database] = report["versions"]["databases"]
        self.assertEqual(database["dialect"], "sqlite")

    def test_what_a_revision_does(self):
        first = self.report("linear")["revisions"][0]
        [upgrade] = first["upgrades"]
        self.assertEqual(upgrade["error"], "")
        self.assertGreater(upgrade["seconds"], 0)
        self.assertEqual(
            upgrade["statement_count"], len(upgrade["statements"])
        )
        self.assertIn("CREATE TABLE author", upgrade["statements"][0]["sql"])
        self.assertNotIn("alembic_version", json.dumps(upgrade))
        self.assertIn(
            ("added", "table", "author"),
            [(one["change"], one["kind"], one["name"])
             for one in upgrade["schema"]],
        )

    def test_rows_that_a_migration_writes(self):
        report = self.report("sound_second_upgrade")
        rows = {one["id"]: one["upgrades"][0]["rows"]
                for one in report["revisions"]}
        self.assertEqual(rows.pop("r2_anonymous"), 1)
        self.assertEqual(set(rows.values()), {0})

    def test_a_finding_has_the_way_to_fix_it(self):
        report = self.report("defect_leftover_view", status=1)
        found = self.revision(report, "r2_view")
        self.assertEqual(found["state"], "failed")
        [finding] = found["findings"]
        self.assertEqual(finding["check"], "test_downgrade_leaves_no_trace")
        self.assertIn("Drop in downgrade()", finding["fix"])
        states = {one["state"] for one in report["revisions"]
                  if one is not found}
        self.assertEqual(states, {"passed"})

    def test_a_failing_revision_is_recorded_and_the_walk_goes_on(self):
        report = self.report("defect_broken_upgrade", status=1)
        broken = self.revision(report, "r2_index")
        self.assertIn("r2_index", broken["upgrades"][0]["error"])
        self.assertTrue(broken["upgrades"][0]["statements"])
        self.assertEqual(
            {one["check"] for one in broken["findings"]}, set(zoo.RUNS_ENV)
        )
        needing = self.revision(report, "r3_book")
        self.assertEqual(needing["upgrades"], [])
        self.assertEqual(needing["state"], "partly tested")

    def test_two_heads_are_findings_of_both(self):
        report = self.report("defect_two_heads", status=1)
        self.assertEqual(
            {one["id"] for one in report["revisions"]
             if one["state"] == "failed"},
            set(report["graph"]["heads"]),
        )

    def test_a_downgrade_that_was_not_tested(self):
        report = self.report("defect_downgrade_not_implemented")
        found = self.revision(report, "r2_book")
        self.assertEqual(found["state"], "partly tested")
        self.assertIn("NotImplementedError", found["not_tested"][0]["reason"])

    def test_what_is_not_judged_is_not_recorded(self):
        report = self.report("linear", "--since", "r4")
        self.assertEqual(
            [one["state"] for one in report["revisions"]],
            ["not judged"] * 3 + ["passed"],
        )
        self.assertEqual(report["revisions"][0]["upgrades"], [])
        self.assertTrue(report["revisions"][-1]["upgrades"])

    def test_several_databases(self):
        report = self.report(
            "multidb_edited",
            "--url", "engine1=sqlite://", "--url", "engine2=sqlite://",
        )
        self.assertEqual(
            [one["database"] for one in report["revisions"][0]["upgrades"]],
            ["engine1", "engine2"],
        )

    def test_where_nothing_could_be_run(self):
        report = self.report("other_backend", status=2)
        self.assertIn("env.py connects to postgresql",
                      report["recording_problem"])
        self.assertNotIn("secret", json.dumps(report))
        self.assertEqual(report["summary"]["could_not_run"], 4)

    def test_an_empty_history(self):
        self.assertEqual(self.report("empty")["revisions"], [])

    def test_no_folder(self):
        status, out, err = self.check("linear", "--json", "no/such/x.json")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("the folder 'no/such' does not exist", err)

    def test_limits(self):
        with mock.patch("migtestkit.cli.report.MOST_STATEMENTS", 0):
            report = self.report("single")
        [upgrade] = report["revisions"][0]["upgrades"]
        self.assertEqual(upgrade["statements"], [])
        self.assertGreater(upgrade["statement_count"], 0)


class TestRecording(CommandTestCase):
    def test_every_sound_history(self):
        for project in zoo.HISTORIES:
            with self.subTest(project.name):
                root = self.project(project.name)
                with MigrationContext(str(root / project.config)) as context:
                    records = record_upgrades(context)
                    self.assertEqual(
                        tuple(one.revision for one in records),
                        context.history.revisions,
                    )


class TestRecordingOnServers(CommandTestCase):
    def test_statements_rows_and_schema(self):
        for family, url in servers.each_server():
            with self.subTest(family):
                root = self.project("sound_second_upgrade")
                with MigrationContext(
                    str(root / "alembic.ini"), database_url=url
                ) as context:
                    first, second, _ = record_upgrades(context)
                self.assertTrue(
                    any("CREATE TABLE author" in one.sql
                        for one in first.statements)
                )
                self.assertIn("author", [one.name for one in first.changes])
                self.assertEqual(second.rows, 1)


class TestWork(CommandTestCase):
    """What a revision locks, goes through, and writes anew."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.ini = make_history(self.folder, [
            Rev("r1", None, None, None, [
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40))"
            ], ["DROP TABLE users"]),
            Rev("r2", "r1", None, None, [
                "ALTER TABLE users ADD COLUMN age INTEGER",
                "CREATE INDEX by_name ON users (name)",
            ], ["DROP INDEX by_name", "ALTER TABLE users DROP COLUMN age"]),
            Rev("r3", "r2", None, None, [
                "ALTER TABLE users ALTER COLUMN age TYPE BIGINT"
            ], ["ALTER TABLE users ALTER COLUMN age TYPE INTEGER"]),
        ])

    def report(self, *words):
        place = self.folder / "report.json"
        found, out, err = self.run_command(
            "check", "-c", str(self.ini), "--json", str(place), *words
        )
        self.assertNotEqual(found, 2, out + err)
        return json.loads(place.read_text("utf-8"))

    def on_postgresql(self, *words):
        url = servers.require_server("postgresql")
        return self.report(
            "--url", url.render_as_string(hide_password=False), *words
        )

    def test_on_postgresql(self):
        report = self.on_postgresql()
        self.assertEqual(report["work_problem"], "")
        first, second, third = (one["work"] for one in report["revisions"])
        # What a revision makes itself, nobody waits for.
        self.assertEqual(first, [])
        added, index = second
        self.assertEqual((added["scanned"], added["rewritten"]), ([], []))
        self.assertEqual(added["locks"], [{
            "table": "users", "mode": "AccessExclusiveLock",
            "keeps_off": ["readers", "writers"], "since": 1,
        }])
        self.assertEqual(index["scanned"], ["users"])
        self.assertIn("CREATE INDEX by_name", index["sql"])
        self.assertEqual(third[0]["rewritten"], ["users"])

    def test_on_the_page(self):
        page = " ".join(render(self.on_postgresql()).split())
        for text in (
            "Locks and rewrites", "rewrites table users",
            "goes through all rows of table users",
            "keeps readers and writers off table users: AccessExclusiveLock",
            "AccessExclusiveLock, held since statement 1",
        ):
            self.assertIn(text, page)

    def test_a_revision_that_is_not_judged(self):
        report = self.on_postgresql("--since", "r3")
        self.assertEqual(
            [bool(one["work"]) for one in report["revisions"]],
            [False, False, True],
        )

    def test_where_it_cannot_be_seen(self):
        (self.folder / "migrations" / "versions" / "r3.py").unlink()
        report = self.report()
        self.assertIn("this is sqlite", report["work_problem"])
        self.assertEqual([one["work"] for one in report["revisions"]],
                         [[], []])
        self.assertNotIn("Locks and rewrites", render(report))


class TestAdvice(unittest.TestCase):
    def test_traces(self):
        for text, advice in (
            ("x is there only after the downgrade", "Drop in downgrade()"),
            ("x is there only before the upgrade", "Create again"),
            ("x is 1 before the upgrade, 2 after", "Undo in downgrade()"),
        ):
            self.assertTrue(how_to_fix("c", TRACE, text).startswith(advice))


if __name__ == "__main__":
    unittest.main()
