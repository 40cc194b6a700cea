"""Do made-up rows look like what a migration said a column holds, where the
database itself has forgotten it?
"""
from __future__ import annotations

import unittest
import unittest.mock
from typing import Any

from migtestkit import MigrationContext
from migtestkit.context.populated import walk_populated
from migtestkit.context.rows_walk import Aim
from migtestkit.environment.declared import Declarations

from tests import servers
from tests.support import ProjectTestCase, Python, Rev

IMPORTS = """\
import enum, json, uuid
import sqlalchemy as sa
class Mood(enum.Enum):
    SAD = 1
    GLAD = 2
class Guid(sa.TypeDecorator):
    impl = sa.String
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return str(value).upper()
class JSONText(sa.TypeDecorator):
    impl = sa.Text
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return json.dumps(value)
MOOD = sa.Enum(Mood, native_enum=False, length=9)
"""
MAKE = IMPORTS + """\
op.create_table(
    "people",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("mood", MOOD, nullable=False),
    sa.Column("level", sa.Enum("low", "high", native_enum=False),
              nullable=False),
    sa.Column("token", sa.Uuid, nullable=False),
    sa.Column("guid", Guid(40), nullable=False),
    sa.Column("extra", JSONText, nullable=False),
    sa.Column("bag", sa.PickleType, nullable=False),
)
"""
#: Reads each value as the application would.
READ = IMPORTS + """\
import pickle
people = sa.table(
    "TABLE", sa.column("mood", MOOD), sa.column("token", sa.Uuid),
    sa.column("level"), sa.column("guid"), sa.column("extra"),
    sa.column("bag", sa.PickleType),
)
for row in op.get_bind().execute(sa.select(people)).all():
    assert isinstance(row.mood, Mood), row.mood
    assert row.level in LEVELS, row.level
    assert isinstance(row.token, uuid.UUID), row.token
    uuid.UUID(row.guid)
    json.loads(row.extra)
    assert row.bag["number"] >= 0
"""


def reading(table: str = "people", levels: str = "('low', 'high')") -> Python:
    return Python(READ.replace("TABLE", table).replace("LEVELS", levels))


class TestDeclared(ProjectTestCase):

    def findings(self, *revisions: Rev, url: str = "sqlite://") -> str:
        ini = self.make_history(*revisions)
        with MigrationContext(str(ini), database_url=url) as context:
            report = walk_populated(context, Aim())
        self.assertEqual({}, report.unfilled)
        return "\n".join(one.text for one in report.findings)

    def test_values_are_those_that_were_declared(self) -> None:
        for url in servers.every_url():
            with self.subTest(url):
                self.assertEqual("", self.findings(
                    Rev("r1", upgrade=Python(MAKE)),
                    Rev("r2", "r1", upgrade=reading()), url=url,
                ))

    def test_each_of_them_is_there(self) -> None:
        for value in ("SAD", "GLAD"):
            with self.subTest(value):
                text = self.findings(
                    Rev("r1", upgrade=Python(MAKE)),
                    Rev("r2", "r1", upgrade=Python(
                        "rows = op.get_bind().exec_driver_sql(\n"
                        f"    \"SELECT 1 FROM people WHERE mood='{value}'\""
                        ").all()\nassert not rows")),
                )
                self.assertIn("AssertionError", text)

    def test_a_table_that_is_made_anew_renamed_and_altered(self) -> None:
        steps = (
            "with op.batch_alter_table('people', recreate='always') as b:\n"
            "    b.add_column(sa.Column('more', sa.Integer))",
            "op.rename_table('people', 'folk')",
            "with op.batch_alter_table('folk', recreate='always') as b:\n"
            "    b.alter_column('level', existing_nullable=False,\n"
            "        type_=sa.Enum('poor', 'rich', native_enum=False),\n"
            "        existing_type=sa.String(4))\n"
            "op.execute(\"UPDATE folk SET level = 'rich'\")",
        )
        revisions = [Rev("r1", upgrade=Python(MAKE))]
        for at, (step, table, levels) in enumerate(zip(
            steps, ("people", "folk", "folk"),
            ("('low', 'high')", "('low', 'high')", "('rich', 'poor')"),
        )):
            last = revisions[-1].id
            revisions += [
                Rev(f"s{at}", last, upgrade=Python(IMPORTS + step)),
                Rev(f"t{at}", f"s{at}", upgrade=reading(table, levels)),
            ]
        self.assertEqual("", self.findings(*revisions))

    def test_what_an_earlier_context_has_heard_counts(self) -> None:
        """The second one starts from an image, and runs nothing."""
        ini = self.make_history(
            Rev("r1", upgrade=Python(MAKE)),
            Rev("r2", "r1", upgrade=reading()),
        )
        for _ in range(2):
            with MigrationContext(str(ini), start_revision="r1") as context:
                declared = context.declared[None, "people"]
                self.assertEqual(
                    {"mood", "level", "token", "guid", "extra", "bag"},
                    set(declared),
                )
                context.migrate_down_to("base")
                self.assertEqual({}, context.declared)

    def test_a_type_of_ones_own_that_says_nothing(self) -> None:
        own = IMPORTS + (
            "class Odd(sa.TypeDecorator):\n    impl = sa.Text\n"
            "class UuidOfAnother(sa.TypeDecorator):\n    impl = sa.Text\n"
            "    def process_bind_param(self, value, dialect):\n"
            "        raise ValueError(value)\n"
            "op.create_table('t', sa.Column('id', sa.Integer, "
            "primary_key=True), sa.Column('a', Odd), "
            "sa.Column('b', UuidOfAnother))"
        )
        self.assertEqual("", self.findings(
            Rev("r1", upgrade=Python(own)), Rev("r2", "r1", upgrade=Python(
                "rows = op.get_bind().exec_driver_sql("
                "'SELECT a, b FROM t').all()\nassert rows")),
        ))


class TestDeclarations(unittest.TestCase):
    def test_nothing_was_heard(self) -> None:
        self.assertEqual({}, Declarations().at(None, ["r1"]))

    def test_what_is_no_ddl(self) -> None:
        sending: Any = unittest.mock.Mock(spec=("context", "database"))
        sending.context.isddl = False
        declarations = Declarations()
        declarations.hear("r1", sending)
        self.assertEqual({}, declarations.at(None, ["r1"]))


if __name__ == "__main__":
    unittest.main()
