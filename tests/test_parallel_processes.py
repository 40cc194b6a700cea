"""Do many processes share a server, when some are killed half-way?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from migtestkit.databases.server import token_of

from tests import servers

CHECKOUT = Path(__file__).parent.parent
PROJECT = CHECKOUT / "tests" / "runners" / "project"
#: Of the eight some are killed, some begin late, and the others stay.
PROCESSES, KILLED, LATE, ROUNDS = 8, 3, 2, 1

SUITE = textwrap.dedent('''\
    """Moves on a server, and whether the database stays there meanwhile."""
    import os
    import sys
    import time
    import unittest
    from pathlib import Path

    from migtestkit import MigrationTestCase

    HELD = "hold" in sys.argv


    class TestShared(MigrationTestCase):
        alembic_config = os.environ["SHARED_INI"]

        def note(self):
            # Which database is whose, for those that look on from outside.
            name = self.migrations.engine.url.database
            with Path(os.environ["SHARED_NOTES"], str(os.getpid())).open(
                "a", encoding="utf-8"
            ) as file:
                file.write(name + "\\n")

        def test_moves(self):
            self.migrate_up_to("b202")
            self.note()
            # Held while others are killed, and while more begin, and reap.
            deadline = time.monotonic() + 60
            while HELD and not Path("enough").exists():
                assert time.monotonic() < deadline
                time.sleep(0.05)
            self.insert_into("author", {"id": 1, "name": str(os.getpid())})
            self.migrate_up_to("head")
            # No other process has dropped it, or works in it.
            self.assertRowCount("author", 1)
            self.assertRows("author", [{"plain": str(os.getpid())}])

        def test_fails(self):
            self.migrate_up_to("a101")
            self.assertTableExists("book")


    if __name__ == "__main__":
        loader = unittest.defaultTestLoader
        for _ in range(int(sys.argv[1])):
            result = unittest.TextTestRunner(verbosity=0).run(
                loader.loadTestsFromTestCase(TestShared)
            )
            failed = [test.id() for test, _ in result.failures]
            assert result.testsRun == 2 and not result.errors, result
            assert failed == ["__main__.TestShared.test_fails"], failed
        print("as it must")
    ''')


class TestProcesses(unittest.TestCase):
    """Eight at once, three of them killed; then one more."""

    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="shared_")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.notes = self.folder / "notes"
        self.notes.mkdir()
        (self.folder / "shared.py").write_text(SUITE, "utf-8")

    def begin(
        self, family: str, rounds: int, *more: str
    ) -> subprocess.Popen[str]:
        kept = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("MIGTESTKIT_", "ALEMBIC_", "PYTHON"))
        }
        process = subprocess.Popen(
            [sys.executable, "shared.py", str(rounds), *more],
            cwd=self.folder, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={
                **kept,
                "MIGTESTKIT_DATABASE_URL": servers.server_url(
                    family
                ).render_as_string(False),
                "PYTHONPATH": os.pathsep.join(
                    [str(CHECKOUT), str(PROJECT)]
                ),
                "SHARED_INI": str(PROJECT / "service" / "alembic.ini"),
                "SHARED_NOTES": str(self.notes),
            },
        )
        self.addCleanup(self.end, process)
        return process

    def end(self, process: subprocess.Popen[str]) -> None:
        if process.poll() is None:
            process.kill()
        process.communicate()

    def noted(self, process: subprocess.Popen[str]) -> set[str]:
        path = self.notes / str(process.pid)
        return set(path.read_text("utf-8").split()) if path.exists() else set()

    def there(self, family: str) -> set[str]:
        query = (
            "SELECT datname FROM pg_database" if family == "postgresql"
            else "SHOW DATABASES"
        )
        url = servers.server_url(family)
        return {row[0] for row in servers.ask(url, query)}

    def kill_at_work(self, family: str, process: subprocess.Popen[str]) -> str:
        """Kill a process that has a database; return that one's name."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.assertIsNone(process.poll(), "it ended before it was killed")
            # Stopped, it cannot drop it between the look and the kill.
            process.send_signal(signal.SIGSTOP)
            left = self.noted(process) & self.there(family)
            if left:
                process.kill()
                process.wait()
                return min(left)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.02)
        self.fail("it never had a database")

    def wait_until(
        self, is_so: Callable[[], object], process: subprocess.Popen[str]
    ) -> None:
        deadline = time.monotonic() + 40
        while not is_so() and process.poll() is None:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def check(self, family: str) -> None:
        servers.require_server(family)
        # Each holds its database until it is killed.
        doomed = [self.begin(family, 1, "hold") for _ in range(KILLED)]
        living = [
            self.begin(family, ROUNDS, "hold")
            for _ in range(PROCESSES - KILLED - LATE)
        ]
        orphans = {self.kill_at_work(family, each) for each in doomed}
        tokens = {token_of(name) for name in orphans}
        self.assertEqual(len(tokens), KILLED)
        for process in living:
            self.wait_until(lambda: self.noted(process), process)
        # These reap as they begin, while the others hold what they have.
        late = [self.begin(family, 1) for _ in range(LATE)]
        for process in late:
            self.wait_until(lambda: self.noted(process), process)
        (self.folder / "enough").touch()
        for process in [*late, *living]:
            output = process.communicate(timeout=60)[0]
            self.assertEqual(process.returncode, 0, output)
            self.assertIn("as it must", output)
        last = self.begin(family, 1)
        self.assertIn("as it must", last.communicate(timeout=60)[0])
        noted = set().union(*map(self.noted, [*doomed, *living, *late, last]))
        self.assertLessEqual(orphans, noted)
        # The tokens cover what they had not told of yet.
        ours = {token_of(name) for name in noted}
        self.assertEqual(
            {one for one in self.there(family) if token_of(one) in ours},
            set(),
        )

    def test_on_postgresql(self) -> None:
        self.check("postgresql")

    def test_on_mariadb(self) -> None:
        self.check("mysql")


if __name__ == "__main__":
    unittest.main()
