"""Are differences ignored that rules name, and no others?"""

from __future__ import annotations

import unittest
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

import migtestkit
from migtestkit import Ignore
from migtestkit.config import IgnoreRules, MigrationConfig
from migtestkit.context.drift import ModelDifference, leave_out
from migtestkit.errors import ConfigError
from migtestkit.schema import Difference
from tests.support import Rev, create, run_check
from tests.test_assertions_operations import DatabasesTestCase
from tests.zoo import MODELS, NO_TRACE

ENV = '''\
import sqlalchemy as sa
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
metadata = sa.MetaData()
sa.Table(
    "users", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50), nullable=False),
    sa.Column("age", sa.Integer, index=True),
)
sa.Table("celery_task", metadata,
         sa.Column("id", sa.Integer, primary_key=True),
         sa.Column("kind", sa.String(9), index=True))
engine = engine_from_config(
    config.get_section(config.config_ini_section, {}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
'''
#: Five differences from the models above.
USERS = Rev("r1", upgrade=create(
    "users", "id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50), old INTEGER"
), downgrade="DROP TABLE users")
RULES = (
    Ignore(kind="table", table="celery_*", reason="made by Celery"),
    Ignore(kind="nullable", table="users", name="name", reason="later"),
    Ignore(kind="column", name="old", reason="kept"),
    Ignore(kind="column", name="age", reason="kept"),
    Ignore(kind="index", name="ix_*_age", reason="kept"),
)


class IgnoringTestCase(DatabasesTestCase):
    def configs(self, *revisions: Rev) -> Any:
        """Yield the options of a project on each database."""
        for url in self.databases():
            ini = self.make_history(*revisions, env=ENV)
            yield {"alembic_config": str(ini), "database_url": url}


class TestModels(IgnoringTestCase):
    def test_what_rules_name_is_ignored(self):
        for options in self.configs(USERS):
            outcome = run_check(MODELS, ignore=RULES, **options)
            self.assertEqual("pass", outcome.verdicts[MODELS], outcome)
            case = self.case(**options)
            case.assertModelsMatchMigrations(ignore=RULES)
            half = self.case(ignore=RULES[:2], **options)
            half.assertModelsMatchMigrations(ignore=RULES[2:])

    def test_and_nothing_else(self):
        shown = (
            "create_table('celery_task'", "alter_column('users', 'name'",
            "drop_column('users', 'old'", "add_column('users', sa.Column('ag",
            "ix_users_age",
        )
        for options in self.configs(USERS):
            for left_out in range(len(RULES)):
                rules = RULES[:left_out] + RULES[left_out + 1:]
                outcome = run_check(MODELS, ignore=rules, **options)
                verdict, text = outcome.verdict(MODELS)
                self.assertEqual("fail", verdict)
                for index, one in enumerate(shown):
                    self.assertEqual(index == left_out, one in text, text)

    def test_a_rule_that_matches_nothing(self):
        stale = Ignore(table="user", reason="a slip")
        other = Ignore(table="user", reason="not of models", of="schema")
        message = (
            "ignore has rules that match no difference; remove them, or say "
            "of='schema' if it is not for models\n"
            "  Ignore(table='user', reason='a slip')"
        )
        for options in self.configs(USERS):
            rules = (*RULES, stale, other)
            outcome = run_check(MODELS, ignore=rules, **options)
            self.assertEqual("fail", outcome.verdicts[MODELS])
            self.assertIn(message, outcome.texts[MODELS])
            case = self.case(ignore=RULES, **options)
            self.assertEqual(message, self.refused(
                ConfigError, case.assertModelsMatchMigrations, ignore=[stale]
            ))

    def test_a_predicate(self):
        case = self.case(alembic_config=str(
            self.make_history(USERS, env=ENV)
        ))
        seen = []

        def old(difference: Any) -> bool:
            seen.append(difference)
            return difference.name == "old"

        case.assertModelsMatchMigrations(ignore=(
            Ignore(when=old, reason="kept"), *RULES[:2], *RULES[3:]
        ))
        self.assertIn(("column", "users", "old"), {
            (one.kind, one.table, one.name) for one in seen
        })
        self.assertIsInstance(seen[0], ModelDifference)

    def test_every_kind(self):
        column = sa.Column("c", sa.Integer)
        for operation, expected in (
            (ops.AddColumnOp("t", column), ("column", "t", "c")),
            (ops.DropColumnOp("t", "c", schema="s"), ("column", "s.t", "c")),
            (ops.DropTableOp("t", schema="s"), ("table", "s.t", "s.t")),
            (ops.CreateIndexOp("i", "t", ["c"]), ("index", "t", "i")),
            (ops.DropIndexOp("i", "t"), ("index", "t", "i")),
            (ops.CreateTableCommentOp("t", "x"), ("comment", "t", "t")),
            (ops.CreateUniqueConstraintOp(None, "t", ["c", "d"]),
             ("unique constraint", "t", "(c, d)")),
            (ops.CreateUniqueConstraintOp("u", "t", ["c"]),
             ("unique constraint", "t", "u")),
            (ops.CreateForeignKeyOp(None, "t", "r", ["c"], ["id"]),
             ("foreign key", "t", "(c)")),
            (ops.DropConstraintOp("f", "t", type_="foreignkey"),
             ("foreign key", "t", "f")),
            (ops.DropConstraintOp("k", "t", type_="check"),
             ("check", "t", "k")),
            (ops.AlterColumnOp("t", "c", modify_type=sa.Text()),
             ("type", "t", "c")),
            (ops.AlterColumnOp("t", "c", modify_nullable=False),
             ("nullable", "t", "c")),
            (ops.AlterColumnOp("t", "c", modify_server_default=None),
             ("default", "t", "c")),
            (ops.AlterColumnOp("t", "c", modify_comment="x"),
             ("comment", "t", "c")),
            (ops.AlterColumnOp("t", "c", modify_autoincrement=True),
             ("autoincrement", "t", "c")),
            (ops.ExecuteSQLOp("x"), ("other", None, "ExecuteSQLOp")),
        ):
            kind, table, name = expected
            for wanted, left in (("sequence", 1), (kind, 0)):
                container = ops.UpgradeOps([operation])
                rule = Ignore(wanted, table, name, reason="why")
                leave_out(container, IgnoreRules([rule], "models"))
                self.assertEqual(left, len(container.ops), (expected, wanted))

    def test_of_one_alteration_a_part(self):
        both = ops.AlterColumnOp(
            "t", "c", modify_nullable=False, modify_type=sa.Text()
        )
        container = ops.UpgradeOps([both])
        rule = Ignore("type", "t", reason="why")
        leave_out(container, IgnoreRules([rule], "models"))
        self.assertEqual([both], container.ops)
        self.assertIsNone(both.modify_type)
        self.assertFalse(both.modify_nullable)


class TestSchemas(IgnoringTestCase):
    BOOK = Rev(
        "r2", "r1", upgrade=[create("book"), create("pen")],
        downgrade="DROP TABLE pen", message="books",
    )
    TWICE = BOOK._replace(upgrade=[
        create("IF NOT EXISTS book"), create("pen")
    ])
    KEPT = Ignore(kind="table", name="book", reason="it stays", of="schema")

    def test_what_a_rule_names(self):
        for options in self.configs(USERS, self.TWICE):
            outcome = run_check(NO_TRACE, ignore=[self.KEPT], **options)
            self.assertEqual("pass", outcome.verdicts[NO_TRACE], outcome)
            outcome = run_check(NO_TRACE, **options)
            self.assertEqual("fail", outcome.verdicts[NO_TRACE], outcome)
            self.assertIn('table "book" is there', outcome.texts[NO_TRACE])
            for options["ignore"] in ([], [self.KEPT]):
                more = () if options["ignore"] else [self.KEPT]
                case = self.case(**options)
                case.assertDowngradeLeavesNoTrace("r2", ignore=more)
                case = self.case(**options)
                case.assertRoundtrip("r2", ignore=more)
            case = self.case(**{**options, "ignore": ()})
            text = self.assertFails(case.assertRoundtrip, "r2")
            self.assertIn('table "book" is there only after', text)

    def test_a_rule_that_matches_nothing(self):
        stale = Ignore(table="bok", reason="a slip", of="schema")
        models = Ignore(table="bok", reason="for models")
        for options in self.configs(USERS):
            options["ignore"] = [stale, models]
            outcome = run_check(NO_TRACE, **options)
            self.assertEqual("fail", outcome.verdicts[NO_TRACE], outcome)
            self.assertTrue(outcome.texts[NO_TRACE].strip().endswith(
                "ignore has rules that match no difference; remove them\n"
                "  Ignore(table='bok', reason='a slip', of='schema')"
            ), outcome)
            # One revision does not tell.
            self.case(**options).assertDowngradeLeavesNoTrace("r1")
            self.case(**options).assertRoundtrip("r1")

    def test_a_predicate(self):
        case = self.case(alembic_config=str(
            self.make_history(USERS, self.BOOK, env=ENV)
        ))
        seen = []
        rule = Ignore(when=seen.append, reason="why")
        self.assertFails(
            case.assertDowngradeLeavesNoTrace, "r2", ignore=[rule]
        )
        self.assertIsInstance(seen[0], Difference)
        self.assertEqual(("table", "book", "added"), (
            seen[0].kind, seen[0].table, seen[0].change
        ))


class TestRules(unittest.TestCase):
    def refused(self, *args: Any, **options: Any) -> str:
        with self.assertRaises(ConfigError) as caught:
            Ignore(*args, **options)
        return str(caught.exception)

    def test_what_is_no_rule(self):
        self.assertEqual(
            "Ignore(kind='table') gives no reason; write why the difference "
            "is meant",
            self.refused("table"),
        )
        self.assertEqual(
            "Ignore(kind='foreign_key', reason='x') has an unknown kind; did "
            "you mean 'foreign key'?",
            self.refused("foreign_key", reason="x"),
        )
        self.assertIn(
            "unknown kind; there are access method, aggregate, autoincrement, "
            "cast, ",
            self.refused("zzz", reason="x"),
        )
        self.assertEqual(
            "Ignore(reason='x') would ignore everything; give kind, table, "
            "name or when",
            self.refused(reason="x"),
        )
        self.assertEqual(
            "Ignore(kind='type', reason='x', of='schema'): in a schema this "
            "is a difference of kind 'column'",
            self.refused("type", reason="x", of="schema"),
        )
        self.assertIn("of must be", self.refused(name="x", reason="x", of="y"))
        self.assertIn("when must be", self.refused(when=3, reason="x"))
        self.assertIn("table must be", self.refused(table=3, reason="x"))
        self.assertIn("name must be", self.refused(name="", table="x",
                                                   reason="x"))

    def test_the_option(self):
        rule = Ignore(table="a", reason="x")
        for value, message in (
            (rule, f"ignore must be a sequence of Ignore rules, not {rule!r}"),
            ("a", "ignore must be a sequence of Ignore rules, not 'a'"),
            (["a"], "ignore holds 'a', which is no Ignore"),
        ):
            with self.assertRaises(ConfigError) as caught:
                MigrationConfig(ignore=value)
            self.assertEqual(message, str(caught.exception))
        self.assertIn("Ignore", migtestkit.__all__)

    def test_patterns(self):
        def matches(pattern: str, name: str) -> bool:
            rule = Ignore(table=pattern, reason="x")
            return rule.matches(Difference("index", name, "i", None, ""))

        self.assertTrue(matches("a*", "ab"))
        self.assertTrue(matches("*", ""))
        self.assertTrue(matches("*.b", "a.b"))
        self.assertFalse(matches("a", "ab"))
        self.assertFalse(matches("a.b", "axb"))
        self.assertFalse(matches("a?", "ab"))
        self.assertFalse(matches("[a]", "a"))
        self.assertFalse(matches("A", "a"))

    def test_all_that_is_given_must_hold(self):
        difference = Difference("index", "t", "i", None, "")
        full = {"kind": "index", "table": "t", "name": "i",
                "when": lambda one: one.change == "added"}
        self.assertTrue(Ignore(**full, reason="x").matches(difference))
        for name, other in (
            ("kind", "column"), ("table", "u"), ("name", "j"),
            ("when", lambda one: False),
        ):
            rule = Ignore(**{**full, name: other}, reason="x")
            self.assertFalse(rule.matches(difference))


if __name__ == "__main__":
    unittest.main()
