"""Do the benchmarks measure what they say, and show what they measured?

No time is judged here. One small run of the command itself proves that every
row is there and that every contestant did the whole of its work.
"""

from __future__ import annotations

import collections
import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, ClassVar

from tests.benchmarks import __main__ as command
from tests.benchmarks import (
    histories,
    kept,
    machine,
    populated,
    running,
    tables,
    targets,
)
from tests.benchmarks.measurements import (
    ALEMBIC,
    BARE,
    FRESH,
    NO_TRACE,
    OURS,
    PEER,
    UP_DOWN,
    Case,
    Growth,
    ImportTime,
    Measurement,
    Report,
    did_the_work,
    moves_of,
    rows_of,
)

ROOT = Path(__file__).resolve().parent.parent
SIZE = 10
PEER_IS_THERE = importlib.util.find_spec("pytest_alembic") is not None


def measurement(contestant=OURS, wall=1.0, cpu=1.0, **changes):
    """A measurement of 800 linear revisions in which all was done."""
    given = {
        "case": Case(UP_DOWN, "sqlite", histories.LINEAR, 800),
        "calls": {"+-+": 800},
        **changes,
    }
    return Measurement(
        contestant=contestant, wall=wall, cpu=cpu, **given
    )


def report(*measurements, **changes):
    """A report of measurements and nothing else."""
    given: dict[str, Any] = {
        "facts": {"Python": "3"},
        "servers": [],
        "growth": None,
        "imports": [],
        "missing": [],
        **changes,
    }
    return Report(measurements=measurements, **given)


def verdict(found: Report, *words: str) -> targets.Verdict:
    """The one verdict whose text has all these words."""
    (one,) = [
        one
        for one in targets.verdicts(found)
        if all(word in one.what for word in words)
    ]
    return one


class Moves(unittest.TestCase):
    """What the call log of the scripts proves."""

    def test_moves_are_gathered_by_revision(self) -> None:
        self.assertEqual(
            moves_of(["+a", "+b", "-b", "-a", "+a"]), {"+-+": 1, "+-": 1}
        )

    def test_all_three_legs_of_every_revision_are_the_work(self) -> None:
        self.assertTrue(did_the_work(measurement()))
        self.assertTrue(did_the_work(measurement(calls={"++-+": 800})))

    def test_a_missing_leg_is_not_the_work(self) -> None:
        for name, calls in {
            "no second upgrade": {"+-": 800},
            "no downgrade": {"++": 800},
            "one revision without it": {"+-+": 799, "++": 1},
            "a revision short": {"+-+": 799},
            "nothing ran": {},
        }.items():
            with self.subTest(name):
                self.assertFalse(did_the_work(measurement(calls=calls)))

    def test_time_without_the_work_is_no_result(self) -> None:
        found = report(
            measurement(OURS, 1.0), measurement(PEER, 9.0, calls={"+-": 800})
        )
        (row,) = rows_of(found.measurements)
        self.assertIsNone(row.faster_than(PEER))
        self.assertEqual(tables.moves_cell(row), f"NOT BY {PEER}")
        text = tables.as_text(found)
        self.assertIn("did not work", text)
        self.assertIn(f"{PEER} did not make the moves ``+-+``", text)


class Ratios(unittest.TestCase):
    """From measurements to rows and verdicts."""

    def test_a_ratio_is_of_medians(self) -> None:
        walls = {OURS: (1.0, 2.0, 30.0), PEER: (8.0, 6.0, 7.0)}
        (row,) = rows_of(
            measurement(name, wall, wall * 2)
            for name, found in walls.items()
            for wall in found
        )
        ratio = row.faster_than(PEER)
        assert ratio is not None
        self.assertEqual((ratio.wall, ratio.cpu), (3.5, 3.5))
        self.assertEqual(row.seconds[PEER].count, 3)

    def test_the_bare_statements_are_the_measure_the_other_way(self) -> None:
        (row,) = rows_of([measurement(OURS, 3.0), measurement(BARE, 2.0)])
        ratio = row.times_as_long_as(BARE)
        assert ratio is not None
        self.assertEqual(ratio.wall, 1.5)

    def test_targets_are_reached_or_not(self) -> None:
        for name, wall, at_least, at_most in (
            ("just reached", 3.5, "yes", "yes"),
            ("just missed", 3.49, "NO", "NO"),
        ):
            with self.subTest(name):
                bare = 1 / 1.6 if at_most == "yes" else 1 / 1.61
                found = report(
                    measurement(),
                    measurement(PEER, wall),
                    measurement(BARE, bare),
                )
                words = "up+down+up, lin 800, sqlite"
                self.assertEqual(verdict(found, words, PEER).met, at_least)
                self.assertEqual(verdict(found, words, BARE).met, at_most)

    def test_another_size_does_not_count_but_is_shown(self) -> None:
        case = Case(UP_DOWN, "sqlite", histories.LINEAR, 50)
        found = report(
            measurement(case=case, calls={"+-+": 50}),
            measurement(PEER, 9.0, case=case, calls={"+-+": 50}),
        )
        one = verdict(found, "up+down+up, lin 800, sqlite", PEER)
        self.assertEqual(one.reached, "-")
        self.assertEqual(one.met, "not measured; at 50: 9.00")

    def test_a_failed_contestant_is_named_with_its_error(self) -> None:
        found = report(
            measurement(),
            measurement(PEER, error="OperationalError: no such table\n(More)"),
        )
        text = tables.as_text(found)
        self.assertIn(
            f"{PEER} failed: ``OperationalError: no such table``", text
        )
        self.assertEqual(
            verdict(found, "up+down+up, lin 800, sqlite", PEER).met,
            "not measured",
        )

    def test_growth_counts_at_the_sizes_of_the_target_only(self) -> None:
        for name, growth, met in (
            ("small", Growth("instructions", (100, 400), (100, 105)), "yes"),
            ("large", Growth("instructions", (100, 400), (100, 106)), "NO"),
            ("time", Growth("CPU us", (100, 400), (100, 106)), "NO"),
            ("short", Growth("CPU us", (10, 40), (1, 1)), "not measured"),
        ):
            with self.subTest(name):
                one = verdict(report(growth=growth), "a step at 400")
                self.assertTrue(one.met.startswith(met), one.met)

    def test_import_counts_beyond_alembic_alone(self) -> None:
        slow = ImportTime("alembic", 0.051)
        quick = ImportTime("alembic, and more", 0.001)
        for met, imports in (("NO", [slow, quick]), ("yes", [quick, slow])):
            with self.subTest(met):
                one = verdict(report(imports=imports), "import after")
                self.assertEqual(one.met, met)


class Histories(unittest.TestCase):
    """What is migrated."""

    def test_the_mix_is_as_announced(self) -> None:
        kinds = collections.Counter(
            one.operation.kind for one in histories.linear(200)
        )
        self.assertEqual(
            kinds, {"create": 40, "column": 80, "index": 40, "insert": 40}
        )

    def test_every_history_has_its_size_and_unique_ids(self) -> None:
        for name, make in histories.HISTORIES.items():
            for size in (6, 10, 50, 200):
                with self.subTest(f"{name} {size}"):
                    ids = {one.id for one in make(size)}
                    self.assertEqual(len(ids), size)
                    self.assertEqual(make(size), make(size))

    def test_branches_are_merged_into_one_head(self) -> None:
        for size in (10, 50, 200):
            with self.subTest(str(size)):
                found = histories.branched(size)
                below = {down for one in found for down in one.down}
                heads = [one.id for one in found if one.id not in below]
                merges = [one for one in found if len(one.down) == 2]
                self.assertEqual(len(heads), 1)
                self.assertEqual(
                    len(merges), size // 20 if size >= 20 else 1
                )


class Machine(unittest.TestCase):
    """Where data lie."""

    MOUNTS = (
        "tmpfs /var tmpfs rw 0 0\n"
        "/dev/vdb /var/lib\\040data xfs rw 0 0\n"
        "/dev/vda / ext4 rw 0 0\n"
    )

    def test_the_nearest_mount_point_decides(self) -> None:
        for folder, kind in (
            ("/home/data", "ext4"),
            ("/var/lib", "tmpfs"),
            ("/variable", "ext4"),
            ("/var/lib data/postgresql", "xfs"),
        ):
            with self.subTest(folder):
                self.assertEqual(
                    machine.file_system(folder, self.MOUNTS), kind
                )

    def test_what_cannot_be_seen_is_unknown(self) -> None:
        self.assertEqual(machine.storage(None), "unknown")
        self.assertEqual(machine.storage("/nowhere/at/all"), "unknown")


class CommandLine(unittest.TestCase):
    """Wrong arguments are said to be wrong."""

    def test_errors_name_the_argument(self) -> None:
        for arguments, words in (
            (["--databases", "sqlite,oracle"], "'oracle' is not one of"),
            (["--sizes", "50,many"], "'50,many' is no list of numbers"),
            (["--sizes", "3"], "at least 6"),
            (["--only", "nothing"], "invalid choice: 'nothing'"),
        ):
            with self.subTest(words):
                errors = io.StringIO()
                with contextlib.redirect_stderr(errors):
                    with self.assertRaises(SystemExit):
                        command.parse(arguments)
                self.assertIn(words, errors.getvalue())

    def test_a_plain_run_of_the_tests_collects_no_benchmark(self) -> None:
        folder = ROOT / "tests" / "benchmarks"
        self.assertTrue(list(folder.glob("*.py")))
        self.assertEqual(list(folder.rglob("test*.py")), [])


class KeptRun(unittest.TestCase):
    """The run that the docs show."""

    SIZES = [50, 200, 800]

    def test_the_page_is_what_was_measured(self) -> None:
        self.assertEqual(
            kept.PAGE.read_text("utf-8"),
            kept.page(),
            "write it by: python -m tests.benchmarks --keep",
        )

    def test_readme_says_what_was_measured(self) -> None:
        words = (ROOT / "README.rst").read_text("utf-8").split()
        self.assertIn(kept.sentence(), " ".join(words))

    def test_a_report_comes_back_as_it_was_kept(self) -> None:
        found = report(
            measurement(),
            measurement(PEER, error="no"),
            servers=[machine.ask("sqlite")],
            growth=Growth("instructions", (100, 400), (1.0, 2.0)),
            imports=[ImportTime("alembic", 0.02)],
            missing=["mariadb"],
        )
        again = kept.from_json(kept.as_json(found))
        self.assertEqual(again.measurements, list(found.measurements))
        self.assertEqual(kept.as_json(again), kept.as_json(found))
        self.assertEqual(tables.as_page(again), tables.as_page(found))

    def test_it_is_one_whole_run(self) -> None:
        """All sizes, histories and databases, by everybody."""
        found = kept.from_json(kept.RESULTS.read_text("utf-8"))
        options = running.Options(
            self.SIZES, list(machine.PLACES), [], 3, 60.0, False
        )
        rows = {row.case: row for row in rows_of(found.measurements)}
        wanted = list(running.cases_of(options, options.databases))
        self.assertEqual(list(rows), wanted)
        for case, row in rows.items():
            with self.subTest(str(case)):
                everybody = {OURS, ALEMBIC, PEER}
                if case.work in tables.MOVES:
                    everybody.add(BARE)
                shown = {*row.seconds, *row.errors, *row.idle}
                self.assertEqual(shown, everybody)
                self.assertIn(OURS, row.seconds)
        self.assertTrue(found.growth and found.imports and found.servers)
        for server in found.servers:
            self.assertNotEqual(server.storage, "unknown")


class SmallRun(unittest.TestCase):
    """The command itself, on short histories."""

    text: ClassVar[str]
    page: ClassVar[str]
    found: ClassVar[dict[str, Any]]
    by_case: ClassVar[dict[tuple[str, str], dict[str, dict[str, Any]]]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        with tempfile.TemporaryDirectory() as folder:
            measured = Path(folder, "measured.json")
            page = Path(folder, "page.rst")
            temporary = Path(folder, "temporary")
            temporary.mkdir()
            done = subprocess.run(
                [
                    sys.executable, "-m", "tests.benchmarks", "--quick",
                    "--sizes", str(SIZE), "--no-install",
                    "--json", measured, "--write", page,
                ],
                cwd=ROOT,
                env={**os.environ, "TMPDIR": os.fspath(temporary)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            if done.returncode:
                raise AssertionError(done.stderr)
            cls.text = done.stdout
            cls.left = sorted(
                one.name
                for one in temporary.iterdir()
                if not one.name.startswith("pymp-")
            )
            cls.page = page.read_text("utf-8")
            cls.found = json.loads(measured.read_text("utf-8"))
        cls.by_case = {}
        for one in cls.found["measurements"]:
            case = one["case"]["work"], one["case"]["history"]
            cls.by_case.setdefault(case, {})[one["contestant"]] = one

    def contestants(self, work: str) -> set[str]:
        """Who has to take part in a work."""
        found = {OURS, ALEMBIC, BARE, PEER}
        if work not in tables.MOVES:
            found.discard(BARE)
        if not PEER_IS_THERE:
            found.discard(PEER)
        return found

    def test_everybody_did_everything(self) -> None:
        """Each script's notes show the moves of the work, in order."""
        for history, works in running.PLAN.items():
            for work in works:
                with self.subTest(f"{work} {history}"):
                    found = self.by_case[work, history]
                    self.assertEqual(set(found), self.contestants(work))
                    for one in found.values():
                        self.assertEqual(one["error"], "")
                        self.assertGreater(one["wall"], 0)

    def test_all_three_legs_ran_for_every_contestant(self) -> None:
        for history in histories.HISTORIES:
            for name, one in self.by_case[UP_DOWN, history].items():
                with self.subTest(f"{history} {name}"):
                    self.assertEqual(one["calls"], {"+-+": SIZE})

    def test_traces_were_looked_for_around_every_downgrade(self) -> None:
        for name, one in self.by_case[NO_TRACE, histories.LINEAR].items():
            with self.subTest(name):
                for moves in one["calls"]:
                    self.assertIn("+-", moves)
                self.assertEqual(sum(one["calls"].values()), SIZE)

    def test_alembic_migrated_from_base_to_each_revision(self) -> None:
        found = self.by_case[FRESH, histories.LINEAR][ALEMBIC]["calls"]
        applied = sum(len(moves) * count for moves, count in found.items())
        self.assertGreaterEqual(applied, running.FRESH_REVISIONS)
        self.assertEqual(set("".join(found)), {"+"})

    def test_every_row_is_shown(self) -> None:
        lines = self.text.splitlines()
        for history, works in running.PLAN.items():
            for work in works:
                with self.subTest(f"{work} {history}"):
                    rows = [
                        line
                        for line in lines
                        if line.split()[:4]
                        == [work, "sqlite", history, str(SIZE)]
                    ]
                    # once as ratios, once as medians
                    self.assertEqual(len(rows), 2)

    def test_every_target_is_shown(self) -> None:
        for target in targets.TARGETS:
            with self.subTest(str(target)):
                self.assertIn(f"{target.case.history} {target.case.size}, "
                              f"{target.case.database}", self.text)
        for words in ("a step at 400", "import after alembic, ms"):
            self.assertIn(words, self.text)

    def test_the_machine_is_named(self) -> None:
        for name in ("Python", "alembic", "sqlalchemy", "migtestkit"):
            with self.subTest(name):
                self.assertTrue(self.found["facts"][name])
        for words in ("load before and after", "data on: ", "SQLite "):
            with self.subTest(words):
                self.assertIn(words, self.text)

    @unittest.skipIf(PEER_IS_THERE, "pytest-alembic is installed")
    def test_a_missing_peer_is_said_to_be_missing(self) -> None:
        self.assertIn(
            "pytest-alembic took no part, its columns are empty", self.text
        )

    def test_the_page_has_the_tables(self) -> None:
        for title in ("Ratios to reach", "Ratios", "Medians"):
            with self.subTest(title):
                rule = "-" * len(title)
                self.assertIn(f"\n{title}\n{rule}\n", self.page)
                self.assertIn(f"\n{title}\n{rule}\n", "\n" + self.text)

    def test_no_file_is_left_behind(self) -> None:
        self.assertEqual(self.left, [])


class TestPopulated(unittest.TestCase):
    def test_what_is_measured(self):
        found = populated.revisions(20)
        kinds = collections.Counter(one.operation.kind for one in found)
        self.assertEqual({"create": 10, "column": 8, "insert": 2}, kinds)

    def test_a_small_run(self):
        """No time is judged; statements are, which no load changes: as many
        for a revision over ten tables as for one over five."""
        short, long = (populated.cost_of("sqlite", n, 1) for n in (10, 20))
        self.assertGreater(short.statements, 10)
        self.assertLess(long.statements, 1.2 * short.statements)
        self.assertGreater(long.checked, 0)
        self.assertEqual(
            len(populated.HEAD.split()), len(long.row().split()) + 3
        )


if __name__ == "__main__":
    unittest.main()
