"""Are the rows of a revision there when it runs, and once only?"""

from __future__ import annotations

import unittest
from typing import Any

from migtestkit.errors import ConfigError, MigtestkitError, TableError
from migtestkit.rows import SeedRow, normalize
from tests import zoo
from tests.support import (
    ProjectTestCase,
    Python,
    Rev,
    create,
    run_checks,
)

#: Notes in `seen` how many users a migration found.
LOOK = """
found = op.get_bind().exec_driver_sql("SELECT count(*) FROM user").scalar()
context.config.attributes.setdefault("seen", []).append((revision, found))
"""
HISTORY = (
    Rev(
        "r1",
        upgrade=create("user", "id INTEGER PRIMARY KEY, name TEXT"),
        downgrade="DROP TABLE user",
    ),
    Rev("r2", "r1", upgrade=Python(LOOK)),
    Rev("r3", "r2", upgrade=Python(LOOK)),
)
ADA = {"__tablename__": "user", "id": 1, "name": "Ada"}
BOB = {"__tablename__": "user", "id": 2, "name": "Bob"}


class TestForms(unittest.TestCase):
    def test_each_form_means_the_same_rows(self):
        rows = (
            SeedRow("user", {"id": 1}), SeedRow("shop.item", {"id": 2})
        )
        one = {"__tablename__": "user", "id": 1}
        two = {"__tablename__": "shop.item", "id": 2}
        for data, expected in (
            (one, rows[:1]),
            ([one, two], rows),
            ((one, two), rows),
            ({"user": {"id": 1}}, rows[:1]),
            ({"user": [{"id": 1}], "shop.item": ({"id": 2},)}, rows),
            ({"user": [{"id": 1}, {"id": 2}]},
             (rows[0], SeedRow("user", {"id": 2}))),
            ({"__tablename__": "user"}, (SeedRow("user", {}),)),
            ({"user": {}}, (SeedRow("user", {}),)),
            ({"user": {"data": {"a": 1}}},
             (SeedRow("user", {"data": {"a": 1}}),)),
            ({**one, "__database__": "two"}, (SeedRow("user", {"id": 1},
                                                      "two"),)),
            ({"user": {"id": 1, "__database__": "two"}},
             (SeedRow("user", {"id": 1}, "two"),)),
            ([], ()),
        ):
            with self.subTest(str(data)):
                self.assertEqual(expected, normalize(data, "here"))
        self.assertEqual({"__tablename__": "user", "id": 1}, one)

    def test_what_is_no_row_names_the_place(self):
        for data, words in (
            ("Ada", "must be a row, a list of rows or a mapping table -> "
             "rows, not 'Ada'"),
            (None, "must be a row.* not None"),
            ([1], "holds 1, which is no row"),
            ({}, "holds a row without '__tablename__'"),
            ({"id": 1}, "holds a row without '__tablename__': {'id': 1}$"),
            ({"__table__": "user"},
             "without '__tablename__'.*; write '__tablename__' in place of "
             "'__table__'"),
            ([{"tablename": "user", "id": 1}],
             "write '__tablename__' in place of 'tablename'"),
            ({"__tablename__": ""}, "'' is given for a table's name"),
            ({"__tablename__": 3}, "3 is given for a table's name"),
            ({3: {"id": 1}}, "3 is given for a table's name"),
        ):
            with self.subTest(str(data)):
                with self.assertRaisesRegex(ConfigError, "^data.*" + words):
                    normalize(data, "data['r1']")


class DataTestCase(ProjectTestCase):
    def open_with(
        self, before: Any = None, at: Any = None, **options: Any
    ) -> Any:
        return self.open_history(
            *options.pop("history", HISTORY),
            before_revision_data=before or {},
            at_revision_data=at or {},
            **options,
        )

    def seen(self, context: Any) -> list[tuple[str, int]]:
        found: list[tuple[str, int]]
        found = context.environment.config.attributes.pop("seen", [])
        return found


class TestMoments(DataTestCase):
    def test_before_and_at_in_every_kind_of_move(self):
        def one_by_one(context: Any) -> None:
            while context.migrate_up_one():
                pass

        def up_before(context: Any) -> None:
            context.migrate_up_before("r2")
            self.assertEqual(1, len(context.rows("user")))
            context.migrate_up_one()
            context.migrate_up_before("r3")
            self.assertEqual(2, len(context.rows("user")))
            context.migrate_up_one()

        def roundtrip(context: Any) -> None:
            while context.roundtrip_next_revision():
                pass

        for title, move in (
            ("up to", lambda context: context.migrate_up_to("heads")),
            ("managed", lambda context: context.managed_upgrade("r3")),
            ("one by one", one_by_one),
            ("up before", up_before),
            ("roundtrip", roundtrip),
            ("whole", lambda context: context.apply_revisions(
                context.history.revisions)),
        ):
            with self.subTest(title):
                self.folder = self.temp.parent / title
                self.folder.mkdir()
                context = self.open_with({"r2": ADA}, {"r2": BOB})
                move(context)
                seen = self.seen(context)
                if title == "roundtrip":  # on the second pass, nothing new
                    self.assertEqual(
                        [("r2", 1), ("r2", 2), ("r3", 2), ("r3", 2)], seen
                    )
                else:
                    self.assertEqual([("r2", 1), ("r3", 2)], seen)
                self.assertEqual(2, len(context.rows("user")))

    def test_where_a_test_starts(self):
        context = self.open_with(
            {"r2": ADA}, {"r2": BOB}, start_revision="r2"
        )
        self.assertEqual(2, len(context.rows("user")))
        self.assertEqual([("r2", 1)], self.seen(context))

    def test_not_for_revisions_that_are_not_reached(self):
        context = self.open_with({"r3": ADA}, {"r2": BOB})
        context.migrate_up_to("r1")
        self.assertEqual([], context.rows("user"))
        context.migrate_up_to("r2")
        self.assertEqual(["Bob"], [r["name"] for r in context.rows("user")])

    def test_not_for_a_stamp(self):
        context = self.open_with({}, {"r2": BOB}, start_revision="r1")
        context.set_revision("r2")
        self.assertEqual([], context.rows("user"))

    def test_partial_ids_and_targets_are_resolved(self):
        context = self.open_with({"head": ADA}, {"r3": BOB})
        context.migrate_up_to("heads")
        self.assertEqual([("r2", 0), ("r3", 1)], self.seen(context))
        self.assertEqual(2, len(context.rows("user")))

    def test_in_the_checks(self):
        fails = Python(LOOK + "if not found: raise ValueError('empty')")
        ini = self.make_history(*HISTORY[:2], Rev("r3", "r2", upgrade=fails))
        self.assertEqual(
            "fail", run_checks(alembic_config=str(ini)).verdicts[zoo.UPGRADE]
        )
        outcome = run_checks(
            alembic_config=str(ini), before_revision_data={"r3": ADA}
        )
        # One run of the whole history has no place to insert rows.
        self.assertIn("only when the whole", outcome.texts[zoo.UPGRADE])
        for check in (zoo.UP_DOWN, zoo.NO_TRACE):
            self.assertEqual("pass", outcome.verdicts[check], outcome)


class TestLaterPasses(DataTestCase):
    def again(self, data: Any, upgrade: Any, **rest: Any) -> Any:
        """Apply r2, with data at r1, twice; return the context."""
        history = (
            Rev("r1", upgrade=upgrade, **rest), Rev("r2", "r1")
        )
        context = self.open_with({}, {"r1": data}, history=history)
        for _ in range(2):
            context.migrate_up_to("r2")
            context.migrate_down_to("base")
        context.migrate_up_to("r2")
        return context

    def test_with_a_primary_key(self):
        context = self.again(ADA, _once(create("user", "id INTEGER PRIMARY "
                                               "KEY, name TEXT")))
        self.assertEqual(
            [{"id": 1, "name": "Ada"}], context.rows("user")
        )

    def test_with_a_key_that_the_database_gives(self):
        data = {"user": [{"name": "Ada"}, {"name": "Bob"}]}
        context = self.again(data, _once(create(
            "user", "id INTEGER PRIMARY KEY, name TEXT")))
        self.assertEqual(["Ada", "Bob"],
                         [row["name"] for row in context.rows("user")])

    def test_with_a_key_of_two_columns(self):
        data = {"user": [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}]}
        context = self.again(data, _once(create(
            "user", "a INTEGER, b TEXT, PRIMARY KEY (a, b)")))
        self.assertEqual(2, len(context.rows("user")))

    def test_without_a_key(self):
        data = {"user": [{"name": "Ada"}, {"name": "Ada"}]}
        context = self.again(data, _once(create("user", "name TEXT")))
        self.assertEqual(2, len(context.rows("user")))

    def test_in_a_table_that_was_made_again(self):
        for columns in ("id INTEGER PRIMARY KEY, name TEXT", "name TEXT"):
            with self.subTest(columns):
                self.folder = self.temp.parent / str(len(columns))
                self.folder.mkdir()
                data = {"user": [{"name": "Ada"}, {"name": "Bob"}]}
                context = self.again(
                    data, create("user", columns), downgrade="DROP TABLE user"
                )
                self.assertEqual(2, len(context.rows("user")))

    def test_beside_rows_of_the_migration_in_a_table_made_again(self):
        context = self.again(
            {"user": {"name": "Ada"}},
            [create("user", "name TEXT"), "INSERT INTO user VALUES ('root')"],
            downgrade="DROP TABLE user",
        )
        self.assertEqual({"root", "Ada"},
                         {row["name"] for row in context.rows("user")})

    def test_a_row_that_a_downgrade_deleted_comes_again(self):
        context = self.again(
            ADA, _once(create("user", "id INTEGER PRIMARY KEY, name TEXT")),
            downgrade="DELETE FROM user",
        )
        self.assertEqual(1, len(context.rows("user")))

    def test_a_row_of_somebody_else_is_an_error(self):
        context = self.open_with({"r2": ADA}, start_revision="r1")
        context.insert_into("user", {"id": 1, "name": "Eve"})
        with self.assertRaisesRegex(TableError, "UNIQUE constraint failed"):
            context.migrate_up_one()

    def test_rows_that_failed_together_are_tried_again_together(self):
        context = self.open_with({"r2": [BOB, ADA]}, start_revision="r1")
        context.insert_into("user", {"id": 1, "name": "Eve"})
        with self.assertRaises(TableError):
            context.migrate_up_one()
        self.assertEqual(1, len(context.rows("user")))
        self.assertEqual("r1", context.current)
        context.execute("DELETE FROM user")
        context.migrate_up_one()
        self.assertEqual(2, len(context.rows("user")))

    def test_reading_the_scripts_again_does_not_forget_them(self):
        context = self.open_with({"r2": ADA}, {})
        context.migrate_up_to("r2")
        context.migrate_down_to("r1")
        context.refresh_history()
        context.migrate_up_to("r2")
        self.assertEqual([{"id": 1, "name": "Ada"}], context.rows("user"))

    def test_the_same_in_a_table_without_a_key(self):
        rows = {"user": [{"name": "Ada"}, {"name": "Eve"}]}
        history = (
            Rev("r1", upgrade=create("user", "name TEXT UNIQUE")),
            Rev("r2", "r1"),
        )
        context = self.open_with(
            {"r2": rows}, history=history, start_revision="r1"
        )
        context.insert_into("user", [{"name": "Eve"}, {"name": "Bob"}])
        with self.assertRaises(TableError):
            context.migrate_up_one()
        context.execute("DELETE FROM user WHERE name = 'Eve'")
        context.migrate_up_one()
        self.assertEqual(
            ["Ada", "Bob", "Eve"],
            sorted(row["name"] for row in context.rows("user")),
        )


class TestErrors(DataTestCase):
    def test_what_does_not_fit_names_option_revision_and_table(self):
        for data, words in (
            ({"__tablename__": "usr", "id": 1},
             r"no table 'usr'; there are .*did you mean 'user'\?"),
            ({"__tablename__": "user", "nam": 1},
             r"table 'user' has no column 'nam'; it has id, name; did you "
             r"mean 'name'\?"),
            ({"__tablename__": "shop.user"}, "no schema 'shop'"),
            ([ADA, ADA], "cannot be inserted: IntegrityError: UNIQUE "
             "constraint failed: user.id, in INSERT INTO user"),
        ):
            with self.subTest(words):
                context = self.fresh_folder({"r2": data})
                with self.assertRaisesRegex(
                    TableError, "^before_revision_data of r2:? .*" + words
                ) as caught:
                    context.migrate_up_to("r3")
                self.assertEqual(1, len(str(caught.exception).splitlines()))
                self.assertEqual("r1", context.current)
                self.assertEqual([], context.rows("user"))
                context = self.fresh_folder({}, {"r2": data})
                with self.assertRaisesRegex(
                    TableError, "^at_revision_data of r2:? .*" + words
                ):
                    context.migrate_up_to("r3")
                self.assertEqual("r2", context.current)

    def fresh_folder(self, *data: Any) -> Any:
        self.folder = self.folder / "next"
        self.folder.mkdir()
        return self.open_with(*data)

    def test_a_table_that_is_not_there_yet(self):
        context = self.open_with({"r1": ADA})
        with self.assertRaisesRegex(
            TableError, "before_revision_data of r1: no table 'user'"
        ):
            context.migrate_up_one()

    def test_an_unknown_revision_and_a_wrong_shape(self):
        for option in ("before_revision_data", "at_revision_data"):
            for data, words in (
                ({"r22": ADA}, "'r22'.*did you mean 'r2'"),
                ({"base": ADA}, "'base' is no revision"),
                ({"r2": {"id": 1}}, r"\['r2'\] holds a row without"),
            ):
                with self.subTest(option, data=str(data)):
                    self.folder = self.folder / "next"
                    self.folder.mkdir()
                    context = self.open_history(*HISTORY, **{option: data})
                    with self.assertRaisesRegex(
                        MigtestkitError, f"^{option}.*{words}"
                    ):
                        context.migrate_up_one()

    def test_an_unknown_database(self):
        context = self.open_with({"r2": {**ADA, "__database__": "two"}})
        with self.assertRaisesRegex(
            MigtestkitError,
            "before_revision_data of r2: no database is called 'two'",
        ):
            context.migrate_up_to("heads")


class TestSeveralDatabases(DataTestCase):
    def open_two(self, data: Any) -> Any:
        project = zoo.PROJECTS["multidb_edited"]
        root = zoo.copy_project(project, self.folder)
        return self.open(
            str(root / "alembic.ini"),
            database_url=zoo.TWO_ENGINES,
            at_revision_data=data,
        )

    def test_a_row_names_its_database(self):
        context = self.open_two({"r1_author": {
            "author": {"id": 1, "name": "Ada", "__database__": "engine1"},
            "event": {"id": 2, "name": "Fair", "__database__": "engine2"},
        }})
        context.apply_revisions(context.history.revisions)
        self.assertEqual(
            [{"id": 1, "name": "Ada"}],
            context.rows("author", database="engine1"),
        )
        self.assertEqual(
            [{"id": 2, "name": "Fair"}],
            context.rows("event", database="engine2"),
        )

    def test_a_row_that_does_not_say(self):
        context = self.open_two({"r1_author": {"author": {"id": 1}}})
        with self.assertRaisesRegex(
            ConfigError,
            "at_revision_data of r1_author: .*one of 'engine1', 'engine2'; "
            "a row says so with '__database__'",
        ):
            context.apply_revisions(context.history.revisions)


def _once(statement: str) -> Python:
    """Return an upgrade that makes a table which its downgrade leaves."""
    return Python(
        f"op.execute({statement.replace('TABLE', 'TABLE IF NOT EXISTS')!r})"
    )


if __name__ == "__main__":
    unittest.main()
