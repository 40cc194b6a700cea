"""Is an image of an earlier process restored only where nothing changed?"""
from __future__ import annotations

import os
import subprocess
import sys
import time
import unittest
import warnings
from pathlib import Path
from unittest import mock

from migtestkit import MigrationContext
from migtestkit.databases.cache import ENDING, ImageFolder
from migtestkit.databases.snapshots import STORE
from migtestkit.errors import ConfigError

from tests.test_snapshots import SnapshotTestCase

SCRIPT = """\
import sys
from migtestkit import MigrationContext
with MigrationContext(sys.argv[1], start_revision=sys.argv[2]) as context:
    print(sorted(context.applied))
"""


class TestFolder(unittest.TestCase):
    def setUp(self) -> None:
        from tempfile import TemporaryDirectory

        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)
        self.images = ImageFolder(self.place)

    def files(self) -> list[Path]:
        return sorted(self.place.rglob(f"*{ENDING}"))

    def found(self, key, steps, beyond=0):
        return [
            (image.steps, image.facts, image.content)
            for image in self.images.longest(key, steps, beyond)
        ]

    def test_the_longest_start_comes_first(self) -> None:
        self.images.add("k", ["a"], {"n": 1}, b"one")
        self.images.add("k", ["a", "b"], {"n": 2}, b"two")
        self.images.add("k", ["a", "x"], {"n": 9}, b"other")
        two, one = (("a", "b"), {"n": 2}, b"two"), (("a",), {"n": 1}, b"one")
        self.assertEqual([two, one], self.found("k", ["a", "b", "c"]))
        self.assertEqual([two], self.found("k", ["a", "b"], beyond=1))
        self.assertEqual([], self.found("k", ["a"], beyond=1))
        self.assertEqual([], self.found("other", ["a"]))
        self.assertEqual([], self.found("k", ["b"]))

    def test_one_that_is_broken_is_none(self) -> None:
        self.images.add("k", ["a"], {}, b"content")
        (path,) = self.files()
        whole = path.read_bytes()
        for broken in (b"", b"{}", whole[:-1], whole + b"x", b"\xff\xfe\n"):
            with self.subTest(broken):
                path.write_bytes(broken)
                self.assertEqual([], self.found("k", ["a"]))
        path.write_bytes(whole)
        self.assertEqual(1, len(self.found("k", ["a"])))

    def test_half_a_file_is_left_by_nobody(self) -> None:
        with mock.patch("os.replace", side_effect=OSError("disk full")):
            with self.assertRaisesRegex(OSError, "disk full"):
                self.images.add("k", ["a"], {}, b"content")
        self.assertEqual([], [p for p in self.place.rglob("*.part")])
        self.assertEqual([], self.found("k", ["a"]))

    def test_what_is_over_the_budget_goes_the_oldest_first(self) -> None:
        for number, name in enumerate("abc"):
            self.images.add("k", [name], {}, b"x" * 1000)
            for path in self.files():
                if path.stat().st_mtime > 10_000:
                    os.utime(path, (number, number))
        # To be read is to be used.
        self.assertEqual(1, len(self.found("k", ["a"])))
        self.images.budget = 2500
        self.images.trim()
        left = [name for name in "abc" if self.found("k", [name])]
        self.assertEqual(["a", "c"], left)

    def test_it_is_for_this_user_alone(self) -> None:
        self.images.add("k", ["a"], {}, b"content")
        for path in (self.place / self.images.folder / "k", *self.files()):
            self.assertEqual(0, path.stat().st_mode & 0o077, path)


class TestCache(SnapshotTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.cache = self.folder / "cache"
        patch = mock.patch.dict(
            os.environ, MIGTESTKIT_CACHE=str(self.cache)
        )
        patch.start()
        self.addCleanup(patch.stop)

    def again(self, start: str, **options) -> list[str]:
        """Start as a new process would; return what was run."""
        STORE.clear()
        self.tables_at(start, **options)
        return self.ran()

    def test_the_next_process_starts_from_it(self) -> None:
        self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
        self.assertEqual([], self.again("r3"))
        self.assertEqual(["r4"], self.again("r4"))
        self.assertEqual([], self.again("r4"))

    def test_without_the_variable_nothing_is_kept(self) -> None:
        del os.environ["MIGTESTKIT_CACHE"]
        self.again("r3")
        self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
        self.assertFalse(self.cache.exists())

    def test_a_script_that_has_changed(self) -> None:
        self.again("r3")
        script = next(self.folder.rglob("*r3*.py"))
        script.write_text(script.read_text() + "\n# changed\n")
        self.assertEqual(["r1", "r2", "r3"], self.again("r3"))

    def test_a_module_of_the_application_that_has_changed(self) -> None:
        module = self.folder / "shop_settings_of_cache.py"
        module.write_text("SIZE = 1\n")
        sys.path.insert(0, str(self.folder))
        self.addCleanup(sys.path.remove, str(self.folder))
        __import__(module.stem)
        self.addCleanup(sys.modules.pop, module.stem)
        self.again("r3")
        self.assertEqual([], self.again("r3"))
        module.write_text("SIZE = 10\n")
        self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
        self.assertEqual([], self.again("r3"))
        module.unlink()
        self.assertEqual(["r1", "r2", "r3"], self.again("r3"))

    def test_a_test_module_may_change(self) -> None:
        module = self.folder / "test_of_cache.py"
        source = "import unittest\nclass T(unittest.TestCase):\n    pass\n"
        module.write_text(source)
        sys.path.insert(0, str(self.folder))
        self.addCleanup(sys.path.remove, str(self.folder))
        __import__(module.stem)
        self.addCleanup(sys.modules.pop, module.stem)
        self.again("r3")
        module.write_text(source + "# changed\n")
        self.assertEqual([], self.again("r3"))

    def test_an_installed_package_or_a_variable_that_has_changed(self):
        self.again("r3")
        site = self.folder / "site-packages"
        site.mkdir()
        with mock.patch.object(sys, "path", [*sys.path, str(site)]):
            self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
            self.assertEqual([], self.again("r3"))
            os.utime(site, (1, 1))
            self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
        with mock.patch.dict(os.environ, SHOP_MODE="test"):
            self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
        with mock.patch.dict(os.environ, SHLVL="7", _="/bin/x"):
            self.assertEqual([], self.again("r3"))

    def test_skipped_revisions_count_in_any_order(self) -> None:
        def start(*skipped):
            STORE.clear()
            with MigrationContext(
                str(self.ini), start_revision="r3", skip_revisions=skipped
            ) as context:
                self.assertIn("r3", context.applied)
            return self.ran()

        self.assertEqual(["r3"], start("r1", "r2"))
        self.assertEqual([], start("r2", "r1"))
        self.assertEqual(["r2", "r3"], start("r1"))

    def test_a_broken_image_is_migrated_over(self) -> None:
        self.again("r3")
        (image,) = self.cache.rglob(f"*{ENDING}")
        image.write_bytes(image.read_bytes()[:-100])
        self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
        self.assertEqual([], self.again("r3"))

    def test_where_it_cannot_be_written_the_test_goes_on(self) -> None:
        with mock.patch(
            "migtestkit.databases.cache.ImageFolder.add",
            side_effect=OSError("No space left on device"),
        ), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
        self.assertIn(
            "$MIGTESTKIT_CACHE: an image could not be written: No space left "
            "on device", [str(one.message) for one in caught],
        )

    def test_a_file_in_its_place_is_an_error(self) -> None:
        self.cache.write_text("")
        with self.assertRaisesRegex(
            ConfigError, r"\$MIGTESTKIT_CACHE is '.*cache', which is no folder"
        ):
            self.again("r3")

    def test_processes_side_by_side(self) -> None:
        def start(revision):
            return subprocess.Popen(
                [sys.executable, "-c", SCRIPT, str(self.ini), revision],
                stdout=subprocess.PIPE,
                text=True,
            )

        for expected in (True, False):
            processes = [start(one) for one in ("r3", "r4", "r3", "r4")]
            said = [one.communicate()[0] for one in processes]
            self.assertEqual([0] * 4, [one.returncode for one in processes])
            three, four = "['r1', 'r2', 'r3']\n", "['r1', 'r2', 'r3', 'r4']\n"
            self.assertEqual([three, four] * 2, said)
            self.assertEqual(expected, bool(self.ran()))

    def test_a_process_that_was_killed_leaves_no_image(self) -> None:
        self.again("r3")
        (image,) = self.cache.rglob(f"*{ENDING}")
        half = image.with_name("tmpx.part")
        half.write_bytes(image.read_bytes()[:50])
        image.unlink()
        self.assertEqual(["r1", "r2", "r3"], self.again("r3"))
        self.assertLess(time.time() - image.stat().st_mtime, 60)


if __name__ == "__main__":
    unittest.main()
