"""Does the page on long histories tell what is so?"""

from __future__ import annotations

import re
import sys
from typing import Optional

from tests import servers
from tests.pages import PageTestCase
from tests.support import INI, Rev, add_revision, create, make_history

ORDERS = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, price INTEGER, "
    "amount INTEGER CHECK (amount > 0))"
)
KIND = "CREATE TABLE kind (id INTEGER PRIMARY KEY, name VARCHAR(20))"
INDEX = "CREATE INDEX kind_name ON kind (name)"
ROWS = "INSERT INTO kind (id, name) VALUES (1, 'gift'), (2, 'sale')"
#: What the first ten do: (upgrade, downgrade).
OLD = [
    (ORDERS, "DROP TABLE orders"),
    ((KIND, INDEX, ROWS), "DROP TABLE kind"),
    *((create(f"t{number}"), f"DROP TABLE t{number}")
      for number in range(3, 11)),
]
SQUASHED = Rev(
    "r010",
    upgrade=(ORDERS, KIND, INDEX, ROWS, *(
        create(f"t{number}") for number in range(3, 11)
    )),
    downgrade=("DROP TABLE kind", "DROP TABLE orders", *(
        f"DROP TABLE t{number}" for number in range(3, 11)
    )),
)
TOTALS = Rev(
    "r011", "r010",
    upgrade=(
        "ALTER TABLE orders ADD COLUMN total INTEGER",
        "UPDATE orders SET total = price * amount",
    ),
    downgrade="ALTER TABLE orders DROP COLUMN total",
)
LATEST = Rev("r012", "r011", upgrade=create("t12"), downgrade="DROP TABLE t12")
LONG = [
    *(Rev(f"r{number:03}", f"r{number - 1:03}" if number > 1 else None,
          upgrade=up, downgrade=down)
      for number, (up, down) in enumerate(OLD, 1)),
    TOTALS,
    LATEST,
]


class HugeHistoryTestCase(PageTestCase):
    page = "huge-history"
    languages = {"console": 3, "yaml": 1, "python": 2, "ini": 1}


class TestCommands(HugeHistoryTestCase):
    def make(self, *changed: Rev) -> None:
        new = {one.id: one for one in changed}
        make_history(self.folder, [new.get(one.id, one) for one in LONG])

    def nightly(self, number: int, **environ: str) -> tuple[int, str]:
        """Run the last line of the job, on one machine."""
        [block] = self.blocks("yaml")
        found = re.findall(r"(?m)^ *- run: (python .*)$", block)
        self.assertEqual(1, len(found))
        return self.shell(
            found[0].replace("${{ matrix.shard }}", str(number)), **environ
        )

    def test_no_other_blocks(self) -> None:
        self.assert_no_other_blocks()

    def test_each_commit(self) -> None:
        self.make()
        first, second, _ = self.blocks("console")
        quoted = re.search(r"``(judging 2 of [^`]*)``", self.text)
        assert quoted is not None
        for block, checks in (first, 4), (second, 1):
            status, output = self.shell(block)
            self.assertEqual(0, status, output)
            self.assertIn(quoted[1], output)
            self.assertIn(f"{checks} passed", output)

    def test_what_is_old_is_not_judged_on_a_commit(self) -> None:
        self.make(LONG[4]._replace(downgrade="SELECT 1"))
        for block in self.blocks("console")[:2]:
            status, output = self.shell(block)
            self.assertEqual(0, status, output)
        status, output = self.shell("python -m migtestkit check")
        self.assertEqual(1, status, output)

    def test_what_is_new_is_and_the_first_failure_ends_it(self) -> None:
        self.make(TOTALS._replace(downgrade="DROP TABLE nothing"),
                  LATEST._replace(downgrade="DROP TABLE nothing"))
        for block in self.blocks("console")[:2]:
            status, output = self.shell(block)
            self.assertEqual(1, status, output)
            # Every other check was left, or not asked for.
            self.assertRegex(output, r"\b1 failed")
        block = self.swap(self.blocks("console")[0], [(" --fail-fast", "")])
        self.assertRegex(self.shell(block)[1], r"\b2 failed")

    def test_the_job_names_as_many_shards_as_it_has(self) -> None:
        [block] = self.blocks("yaml")
        shards = re.search(r"shard: \[(.*)\]", block)
        assert shards is not None
        self.assertEqual("1, 2, 3, 4", shards[1])
        self.assertIn("}}/4 ", block)

    def test_every_night(self) -> None:
        self.make()
        judged = 0
        for number in range(1, 5):
            status, output = self.nightly(number)
            self.assertEqual(0, status, output)
            self.assertTrue((self.folder / "shard.json").is_file())
            found = re.search(r"judging (\d+) of 12 revisions", output)
            assert found is not None
            judged += int(found[1])
        self.assertEqual(12, judged)

    def test_every_night_on_postgresql(self) -> None:
        url = servers.require_server("postgresql")
        self.make()
        status, output = self.nightly(
            1, MIGTESTKIT_DATABASE_URL=url.render_as_string(False)
        )
        self.assertEqual(0, status, output)

    def test_one_shard_finds_what_is_wrong(self) -> None:
        self.make(LONG[4]._replace(downgrade="SELECT 1"))
        self.assertEqual(
            [0, 1, 0, 0], [self.nightly(number)[0] for number in range(1, 5)]
        )

    def test_a_late_start_and_the_folder_of_snapshots(self) -> None:
        for second, expected in (TOTALS, 0), (
            TOTALS._replace(upgrade=TOTALS.upgrade[0]), 1
        ):
            if second is TOTALS:
                self.make()
            else:
                add_revision(self.folder, second)
            self.write({"test_page.py": self.blocks("python")[0]})
            status, output = self.shell(self.blocks("console")[2])
            self.assertEqual(expected, status, output)
            self.assertIn("Ran 1 test", output)
        cache = self.folder / ".cache" / "migtestkit"
        # As the page says, from Python 3.11 on.
        self.assertEqual(
            sys.version_info >= (3, 11),
            cache.is_dir() and any(cache.iterdir()),
        )


class TestSquash(HugeHistoryTestCase):
    def run_it(
        self, squashed: Rev = SQUASHED, url: Optional[str] = None
    ) -> tuple[int, str]:
        [section] = self.blocks("ini")
        self.folder = self.new_folder()
        make_history(
            self.folder, [squashed, TOTALS, LATEST], ini=f"{INI}\n{section}\n"
        )
        for one in LONG[:10]:
            path = add_revision(self.folder, one._replace(id=f"old_{one.id}"))
            text = path.read_text("utf-8").replace("old_", "")
            path.unlink()
            self.write({f"migrations/before_squash/{one.id}.py": text})
        self.write({"test_page.py": self.blocks("python")[1]})
        environ = {} if url is None else {"MIGTESTKIT_DATABASE_URL": url}
        return self.shell("python -m unittest test_page", **environ)

    def test_it_passes(self) -> None:
        status, output = self.run_it()
        self.assertEqual(0, status, output)
        self.assertIn("Ran 2 tests", output)

    def test_on_servers(self) -> None:
        for family, url in servers.each_server():
            with self.subTest(family):
                status, output = self.run_it(url=url.render_as_string(False))
                self.assertEqual(0, status, output)

    def test_what_was_lost_is_found(self) -> None:
        for lost, word in (
            (INDEX, "kind_name"),
            (" CHECK (amount > 0)", "amount"),
            (", (2, 'sale')", "sale"),
            (create("t7"), "t7"),
        ):
            with self.subTest(lost):
                made = [one.replace(lost, "") for one in SQUASHED.upgrade]
                self.assertNotEqual(made, [*SQUASHED.upgrade])
                status, output = self.run_it(SQUASHED._replace(upgrade=made))
                self.assertEqual(1, status, output)
                self.assertRegex(
                    output, r"FAIL: test_it_makes_the_same[\s\S]*" + word
                )

    def test_what_comes_after_and_does_not_run(self) -> None:
        status, output = self.run_it(SQUASHED._replace(
            upgrade=[one for one in SQUASHED.upgrade if one != ORDERS]
        ))
        self.assertEqual(1, status, output)
        self.assertIn("ERROR: test_what_comes_after_runs_on_it", output)
