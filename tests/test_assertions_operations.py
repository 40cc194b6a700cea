"""Do the assertions about what a script does tell what it does?"""

from __future__ import annotations

import re
import unittest
from collections.abc import Iterator
from typing import Any

from alembic.operations import BatchOperations, Operations
from migtestkit.context.operations import known_operations, watched_operations
from migtestkit.errors import ConfigError, MigrationFailed, RevisionError
from tests import servers
from tests.support import Python, Rev, create
from tests.test_assertions_history import HistoryTestCase

COLUMNS = "id INTEGER PRIMARY KEY, name VARCHAR(9), age INTEGER"
USER = Rev(
    "r1", upgrade=create("users", COLUMNS), downgrade="DROP TABLE users",
    message="make the users",
)


class DatabasesTestCase(HistoryTestCase):
    """Tries a thing on SQLite, PostgreSQL and MariaDB."""

    def databases(self) -> Iterator[Any]:
        yield "sqlite://"
        for _, url in servers.each_server():
            yield url

    def cases(self, *revisions: Rev, **members: Any) -> Iterator[Any]:
        for url in self.databases():
            self.folder = self.new_folder()
            yield self.case(*revisions, database_url=url, **members)

    def refused(self, kind: type, tried: Any, *args: Any, **more: Any) -> str:
        with self.assertRaises(kind) as caught:
            tried(*args, **more)
        return str(caught.exception)


class TestForbidden(DatabasesTestCase):
    DROP = Rev(
        "r2", "r1", message="drop the age",
        upgrade=Python('op.drop_column("users", "age")'),
    )

    def test_what_is_called_is_named_with_its_line(self):
        for case in self.cases(USER, self.DROP):
            text = self.assertFails(
                case.assertOperationsForbidden, "drop_table", "drop_column",
                msg="before the release",
            )
            self.assertEqual(
                "these revisions call operations that are forbidden\n"
                "  r2 (drop the age): drop_column\n"
                f"    at: {self.path('r2')}:13: "
                'op.drop_column("users", "age") : before the release',
                text,
            )
            case.assertOperationsForbidden("drop_table", "alter_column")

    def test_in_a_batch_by_invoke_and_in_a_function(self):
        bodies = {
            "batch": (
                'with op.batch_alter_table("users") as batch:\n'
                '    batch.drop_column("age")',
                14,
            ),
            "invoke": (
                "from alembic.operations import ops\n"
                'op.invoke(ops.DropColumnOp("users", "age"))',
                14,
            ),
            "function": (
                "def inner():\n"
                '    op.drop_column("users", "age")\n'
                "inner()",
                14,
            ),
        }
        for name, (body, line) in bodies.items():
            drop = Rev("r2", "r1", upgrade=Python(body))
            for case in self.cases(USER, drop):
                text = self.assertFails(
                    case.assertOperationsForbidden, "drop_column"
                )
                self.assertIn(f"r2.py:{line}: ", text, name)
                self.assertEqual(1, text.count("    at: "), name)
                case.assertOperationsForbidden("alter_column")
        case = self.case(USER, Rev("r2", "r1", upgrade=Python(
            bodies["batch"][0]
        )))
        self.assertIn("r2 (revision r2): batch_alter_table", self.assertFails(
            case.assertOperationsForbidden, "batch_alter_table"
        ))

    def test_the_text_of_execute(self):
        more = Rev("r2", "r1", upgrade=Python(
            "import sqlalchemy\n"
            'op.execute(sqlalchemy.text("DELETE FROM users"))'
        ))
        for case in self.cases(USER, more):
            forbid = case.assertOperationsForbidden
            self.assertIn(
                "r2 (revision r2): execute",
                self.assertFails(forbid, re.compile("delete", re.I)),
            )
            forbid(re.compile("DROP"), "drop_table")
            text = self.assertFails(forbid, "execute")
            self.assertEqual(2, text.count("    at: "))

    def test_by_branch_label(self):
        table = Python('op.drop_table("users")')
        history = (
            USER,
            Rev("e1", "r1", labels="expand"),
            Rev("c1", "r1", labels="contract", upgrade=table),
        )
        case = self.case(*history)
        forbid = case.assertOperationsForbidden
        forbid({"expand": ["drop_table"], "contract": ["create_table"]})
        self.assertIn("c1 (revision c1): drop_table", self.assertFails(
            forbid, {"expand": ["drop_table"], "contract": ["drop_table"]}
        ))
        self.assertEqual(
            "the history has no branch label 'expnd'; there are contract, "
            "expand; did you mean 'expand'?",
            self.refused(RevisionError, forbid, {"expnd": ["drop_table"]}),
        )
        late = case.history.revisions[-1]
        other = {"e1": "contract", "c1": "expand"}[late]
        self.assertEqual(
            f"no revision of branch {other!r} was run",
            self.refused(
                RevisionError, forbid, {other: ["drop_index"]}, since=late
            ),
        )

    def test_since_and_exempt(self):
        case = self.case(USER, self.DROP, Rev("r3", "r2"))
        forbid = case.assertOperationsForbidden
        forbid("drop_column", since="r3")
        forbid("drop_column", exempt={"r2": "nobody used it"})
        self.assertFails(forbid, "drop_column", since="r2")
        self.assertEqual(
            "exempt lists r3 (revision r3), which calls nothing that is "
            "forbidden; remove it",
            self.refused(
                RevisionError, forbid, "drop_column",
                exempt={"r2": "nobody used it", "r3": "it may"},
            ),
        )
        self.assertEqual(
            "exempt gives no reason for 'r2'; write why it may",
            self.refused(
                ConfigError, forbid, "drop_column", exempt={"r2": " "}
            ),
        )
        for options in ({"since": "r9"}, {"exempt": {"r9": "why"}}):
            text = self.refused(
                RevisionError, forbid, "drop_column", **options
            )
            self.assertTrue(text.startswith(f"{next(iter(options))}: "), text)

    def test_what_cannot_be_forbidden(self):
        case = self.case(USER)
        forbid = case.assertOperationsForbidden
        self.assertEqual(
            "op has no operation 'drop_colum'; did you mean 'drop_column'?",
            self.refused(ConfigError, forbid, "drop_colum"),
        )
        for nothing in ((), ({},), ({"expand": []},)):
            self.assertEqual(
                "assertOperationsForbidden names no operation; name some, "
                "such as 'drop_column'",
                self.refused(ConfigError, forbid, *nothing),
            )
        self.refused(ConfigError, forbid, 3)
        self.refused(ConfigError, forbid, {"expand": "drop_column"})

    def test_where_nothing_ran(self):
        empty = self.case(alembic_config=str(self.make_history()))
        for case in (empty, self.case(USER, skip_revisions=["r1"])):
            self.assertEqual(
                "no revision was run",
                self.refused(
                    RevisionError, case.assertOperationsForbidden,
                    "drop_table",
                ),
            )

    def test_a_migration_that_fails_is_the_tests_failure(self):
        broken = Rev("r2", "r1", upgrade="nonsense")
        case = self.case(USER, broken)
        self.assertIn(
            "upgrade of revision r2",
            self.assertFails(case.assertOperationsForbidden, "drop_table"),
        )

    def test_operations_are_what_they_were(self):
        def members() -> Any:
            return [dict(vars(one)) for one in (Operations, BatchOperations)]

        before = members()
        history = self.case(USER).history
        with self.assertRaises(ZeroDivisionError):
            with watched_operations(history) as calls:
                self.assertNotEqual(before, members())
                1 / 0
        self.assertEqual(before, members())
        self.assertEqual([], calls)
        self.assertTrue({"drop_column", "execute", "batch_alter_table"}
                        <= known_operations())
        self.assertFalse({"invoke", "f", "get_bind"} & known_operations())


class TestIdempotent(DatabasesTestCase):
    def test_one_that_is(self):
        make = create("IF NOT EXISTS book")
        for case in self.cases(USER, Rev("r2", "r1", upgrade=make)):
            case.assertUpgradeIdempotent("r2")
            self.assertEqual("r2", case.current)
            case.assertTableExists("book")

    def test_one_that_fails_the_second_time(self):
        for case in self.cases(USER):
            text = self.assertFails(case.assertUpgradeIdempotent, msg="so")
            self.assertTrue(text.startswith(
                "the upgrade of revision r1 (make the users) cannot be run a "
                "second time\nupgrade of revision r1 (make the users) failed"
            ), text)
            self.assertTrue(text.endswith(" : so"), text)

    def test_one_that_adds_rows_again(self):
        rows = Rev("r2", "r1", upgrade=Python(
            "bind = op.get_bind()\n"
            'n = bind.exec_driver_sql("SELECT count(*) FROM users").scalar()\n'
            'op.execute(f"INSERT INTO users (id) VALUES ({n} + 1)")'
        ))
        for case in self.cases(USER, rows):
            self.assertEqual(
                "the upgrade of revision r2 (revision r2) changes something "
                "when it is run a second time\n"
                "table 'users':\n"
                "  + extra   {'id': 2, 'name': None, 'age': None}\n"
                f"  file: {self.path('r2')}",
                self.assertFails(case.assertUpgradeIdempotent, "r2"),
            )

    def test_one_that_has_nothing_to_do(self):
        fill = "UPDATE users SET age = 3 WHERE age IS NULL"
        for case in self.cases(USER, Rev("r2", "r1", upgrade=fill)):
            case.migrate_up_to("r1")
            self.assertIn(
                "revision r2 (revision r2) changes nothing, so that it can "
                "be repeated says nothing; insert the rows",
                self.refused(
                    RevisionError, case.assertUpgradeIdempotent, "r2"
                ),
            )
            case.set_revision("r1")
            case.assertUpgradeIdempotent(allow_empty=True)
            case.set_revision("r1")
            case.insert_into("users", {"id": 1})
            case.assertUpgradeIdempotent()
            case.assertRows("users", [{"id": 1, "name": None, "age": 3}])

    def test_arguments(self):
        case = self.case(USER)
        case.migrate_up_to("r1")
        for assertion in (
            case.assertUpgradeIdempotent, case.assertDowngradeLeavesNoTrace
        ):
            self.assertEqual(
                "the database is at its heads: no revision was tested",
                self.assertFails(assertion),
            )
            self.refused(RevisionError, assertion, "r1")
            self.refused(RevisionError, assertion, "r9")


class TestNoTrace(DatabasesTestCase):
    def test_one_that_restores(self):
        for case in self.cases(USER, Rev("r2", "r1")):
            case.assertDowngradeLeavesNoTrace("r1")
            self.assertEqual("base", case.current)
            case.assertDowngradeLeavesNoTrace()
            self.refused(
                RevisionError, case.assertDowngradeLeavesNoTrace, "r2"
            )
            case.migrate_down_to("r1")
            case.assertDowngradeLeavesNoTrace("r2", allow_empty=True)

    def test_one_that_does_not(self):
        book = Rev(
            "r2", "r1", message="books",
            upgrade=create("book"), downgrade="",
        )
        for case in self.cases(USER, book):
            self.assertEqual(
                "the downgrade of revision r2 (books) leaves traces\n"
                'table "book" is there only after the downgrade: "id"\n'
                f"  file: {self.path('r2')}",
                self.assertFails(case.assertDowngradeLeavesNoTrace, "r2"),
            )

    def test_one_that_fails(self):
        broken = USER._replace(downgrade="nonsense")
        for case in self.cases(broken):
            self.assertIn(
                "downgrade of revision r1",
                self.assertFails(case.assertDowngradeLeavesNoTrace, "r1"),
            )


class TestMustFail(DatabasesTestCase):
    UNIQUE = Rev(
        "r2", "r1", upgrade="CREATE UNIQUE INDEX one ON users (name)",
        message="names are unique",
    )

    def test_it_fails_and_the_database_is_usable(self):
        for case in self.cases(USER, self.UNIQUE):
            case.migrate_up_to("r1")
            case.insert_into("users", [
                {"id": 1, "name": "a"}, {"id": 2, "name": "a"},
            ])
            failure = case.assertMigrationFails("r2", "(?i)unique|duplicate")
            self.assertIsInstance(failure, MigrationFailed)
            self.assertEqual("r2", failure.revision)
            self.assertEqual("r1", case.current)
            with case.assertMigrationFails(regex="(?i)unique|dupl") as caught:
                case.migrate_up_to("head")
            self.assertEqual("r2", caught.exception.revision)
            text = self.assertFails(case.assertMigrationFails, "r2", "locked")
            self.assertTrue(text.startswith(
                "the migration failed, but 'locked' is not in the error:"
            ), text)
            case.execute("DELETE FROM users WHERE id = 2")
            self.assertEqual(
                "the upgrade of revision r2 (names are unique) did not fail",
                self.assertFails(case.assertMigrationFails, "r2", "unique"),
            )


if __name__ == "__main__":
    unittest.main()
