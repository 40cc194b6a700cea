"""Is nothing restored that a run of the migrations would not have led to?"""
from __future__ import annotations

from pathlib import Path

from migtestkit import MigrationContext

from tests.support import ENV, ProjectTestCase, Python, Rev, create

READING = """\
import pathlib
folder = pathlib.Path(__file__).parents[1]
op.execute((folder / "data.sql").read_text())
"""
#: Ends with a statement of its own.
TAIL = ENV.replace("    runs.append", "    pass  # ").rstrip() + """
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS tail (a)")
        connection.commit()
"""


class TestReuse(ProjectTestCase):
    def tables(self, ini: Path, revision: str) -> set[str]:
        with MigrationContext(str(ini)) as context:
            context.migrate_up_to(revision)
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
            found = {row[0] for row in context.execute(query)}
        return found - {"alembic_version"}

    def test_a_file_that_migrations_read_has_changed(self) -> None:
        ini = self.make_history(Rev("r1", upgrade=Python(READING)))
        data = self.folder / "migrations" / "data.sql"
        data.write_text(create("old"))
        self.assertEqual({"old"}, self.tables(ini, "head"))
        data.write_text(create("newer"))
        self.assertEqual({"newer"}, self.tables(ini, "head"))

    def test_env_py_goes_on_after_the_migrations(self) -> None:
        ini = self.make_history(
            Rev("r1", upgrade=create("one")),
            Rev("r2", "r1", upgrade=create("two")),
            env=TAIL,
        )
        self.assertEqual({"one", "two", "tail"}, self.tables(ini, "r2"))
        self.assertEqual({"one", "tail"}, self.tables(ini, "r1"))
