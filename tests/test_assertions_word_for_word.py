"""Do the assertions about rows, moves and the history tell the same on every
database?

One table of cases: for each assertion a call that passes, one that fails, its
text word for word, and one that means nothing. Those about columns and
constraints have a table of their own, `tests.test_assertions_schema_cases`;
those of populated upgrades and of deployments are tested with their checks.
"""

from __future__ import annotations

import re
import unittest
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from migtestkit import MigrationTestCase
from migtestkit.errors import MigtestkitError

from tests import servers
from tests.support import ProjectTestCase, Python, Rev
from tests.test_assertions_never_vacuous import methods

TABLES = '''
import sqlalchemy as sa
op.create_table(
    "person",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(20), nullable=False),
    sa.Column("mail", sa.String(20)),
)
op.create_table(
    "pet",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("owner", sa.Integer,
              sa.ForeignKey("person.id", name="fk_owner")),
)
op.execute("CREATE VIEW owners AS SELECT owner FROM pet")
'''
LOSSY = ('with op.batch_alter_table("person") as batch:\n'
         '    batch.drop_column("mail")')
LOSSY_BACK = '''
import sqlalchemy as sa
with op.batch_alter_table("person") as batch:
    batch.add_column(sa.Column("mail", sa.String(20)))
'''
HISTORY = (
    Rev("r1", upgrade=Python(TABLES), message="make the tables",
        downgrade=Python('op.execute("DROP VIEW owners")\n'
                         'op.drop_table("pet")\nop.drop_table("person")')),
    Rev("sound", "r1",
        upgrade="CREATE TABLE IF NOT EXISTS booking (id INTEGER)",
        downgrade="DROP TABLE booking"),
    Rev("lossy", "sound", upgrade=Python(LOSSY),
        downgrade=Python(LOSSY_BACK)),
    Rev("trace", "lossy", upgrade="CREATE TABLE left_over (id INTEGER)"),
    Rev("tame", "trace",
        upgrade="CREATE TABLE IF NOT EXISTS tame (id INTEGER)",
        downgrade="DROP TABLE tame"),
)
#: What some of the cases have besides.
BROKEN = (Rev("broken", "tame", upgrade="DROP TABLE nowhere"),)
SECOND = (Rev("second", "lossy", message="a second head"),)
PEOPLE = ({"id": 1, "name": "ann", "mail": "a@x"},
          {"id": 2, "name": "bob", "mail": None})


def fill(case: Any) -> None:
    case.insert_into("person", list(PEOPLE))
    case.insert_into("pet", [{"id": 1, "owner": 1}])


def stray(case: Any) -> None:
    """A row that refers to nothing, past the database's own checks."""
    family = case.migrations.engine.dialect.name
    if family == "postgresql":
        case.execute("ALTER TABLE pet DISABLE TRIGGER ALL")
        case.execute("INSERT INTO pet VALUES (1, 9)")
    else:
        off = "PRAGMA foreign_keys = OFF" if family == "sqlite" else (
            "SET foreign_key_checks = 0")
        with case.migrations.engine.connect() as connection:
            connection.exec_driver_sql(off)
            connection.exec_driver_sql("INSERT INTO pet VALUES (1, 9)")
            connection.commit()
            connection.invalidate()


def around(name: str, *args: Any, **options: Any) -> Callable[[Any], Any]:
    """A call of a context manager around one upgrade."""
    def tried(case: Any) -> None:
        with getattr(case, name)(*args, **options):
            case.migrate_up_one()
    return tried


def there_and_back(case: Any) -> None:
    """Up and down, over a revision that loses values."""
    with case.assertDataPreserved():
        case.migrate_up_one()
        case.migrate_down_one()


def call(name: str, *args: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda case: getattr(case, name)(*args, **options)


class Tried(NamedTuple):
    """A call of one assertion, on a database of its own.

    :ivar name: the assertion.
    :ivar start: where the database stands.
    :ivar tried: the call.
    :ivar prepare: what is done to the database before.
    :ivar text: what the failure says; a dict: by dialect.
    :ivar more: revisions that the history has besides.
    :ivar metadata: the models.
    """

    name: str
    start: str
    tried: Callable[[Any], Any]
    prepare: Callable[[Any], Any] | None = None
    text: Any = None
    more: tuple[Rev, ...] = ()
    metadata: sa.MetaData | None = None


def tried(name: str, *args: Any, at: str = "r1", prepare: Any = None,
          text: Any = None, more: Any = (), metadata: Any = None,
          **options: Any) -> Tried:
    return Tried(name, at, call(name, *args, **options), prepare, text, more,
                 metadata)


def entered(name: str, *args: Any, at: str = "r1", prepare: Any = None,
            text: Any = None, **options: Any) -> Tried:
    return Tried(name, at, around(name, *args, **options), prepare, text)


def models_at_head(*more: sa.Column[Any]) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "person", metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(20), nullable=False),
        *more,
    )
    sa.Table("booking", metadata, sa.Column("id", sa.Integer))
    sa.Table("left_over", metadata, sa.Column("id", sa.Integer))
    sa.Table("tame", metadata, sa.Column("id", sa.Integer))
    sa.Table(
        "pet", metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("owner", sa.Integer,
                  sa.ForeignKey("person.id", name="fk_owner")),
    )
    return metadata


def schemas(*statements: str) -> Callable[[Any], Any]:
    def tried(case: Any) -> None:
        before = case.schema_snapshot()
        for statement in statements:
            case.execute(statement)
        case.assertSchemasEqual(before, case.schema_snapshot())
    return tried


def failing(regex: str = "") -> Callable[[Any], Any]:
    def tried(case: Any) -> None:
        with case.assertMigrationFails(regex=regex):
            case.migrate_up_one()
    return tried


PASSES = (
    tried("assertTableExists", "person"),
    tried("assertTableExists", "owners"),
    tried("assertTableNotExists", "booking"),
    tried("assertTableHasColumns", "person", ["id", "mail"]),
    tried("assertTableColumns", "person", ["mail", "name", "id"]),
    tried("assertTableLacksColumns", "person", ["owner"]),
    tried("assertSingleHead"),
    tried("assertCurrentRevision", "r1"),
    tried("assertCurrentRevision", "base", at="base"),
    tried("assertUpgrades", "trace"),
    tried("assertRows", "person", PEOPLE[::-1], prepare=fill),
    tried("assertRows", "person", [{"mail": "a@x"}, {"mail": None}],
          prepare=fill),
    tried("assertRowCount", "person", 2, prepare=fill),
    tried("assertRowCount", "person", 0),
    tried("assertInsertFails", "pet", {"id": 2, "owner": 9},
          "(?i)foreign key", prepare=fill),
    tried("assertInsertFails", "person", {"id": 1, "name": "x"},
          "(?i)unique|duplicate", prepare=fill),
    entered("assertDataPreserved", prepare=fill),
    entered("assertDataPreserved", at="sound", prepare=fill,
            lossy=["person.mail"]),
    tried("assertForeignKeysIntact", prepare=fill),
    tried("assertRoundtrip", prepare=fill),
    tried("assertRoundtrip", "lossy"),
    tried("assertRoundtrip", at="sound", prepare=fill,
          lossy=["person.mail"]),
    tried("assertDowngradeLeavesNoTrace"),
    tried("assertUpgradeIdempotent"),
    tried("assertOperationsForbidden", "drop_constraint"),
    tried("assertMigrationFails", "broken", "(?i)nowhere", more=BROKEN),
    Tried("assertMigrationFails", "tame", failing("(?i)nowhere"),
          more=BROKEN),
    tried("assertModelsMatchMigrations", metadata=models_at_head()),
    Tried("assertSchemasEqual", "r1", schemas()),
)
FILE = "  file: <folder>/migrations/versions/{0}.py"
LEFT_OVER = """\
upgrade of revision trace (revision trace) failed
  file: <folder>/migrations/versions/trace.py
  at: line 13, in upgrade: op.execute('CREATE TABLE left_over (id INTEGER)')
  statement 1: CREATE TABLE left_over (id INTEGER)
  {there_already}"""
NOWHERE = """\
upgrade of revision broken (revision broken) failed
  file: <folder>/migrations/versions/broken.py
  at: line 13, in upgrade: op.execute('DROP TABLE nowhere')
  statement 1: DROP TABLE nowhere
  {not_there}"""
#: What each database says itself, and what it calls an INTEGER.
WORDS = {
    "sqlite": {
        "there_already": "sqlite3.OperationalError: table left_over already "
                         "exists",
        "not_there": "sqlite3.OperationalError: no such table: nowhere",
        "refuses": "UNIQUE constraint failed: person.id",
        "integer": "INTEGER",
    },
    "postgresql": {
        "there_already": "psycopg.errors.DuplicateTable: relation "
                         '"left_over" already exists',
        "not_there": "psycopg.errors.UndefinedTable: table \"nowhere\" does "
                     "not exist",
        "refuses": "duplicate key value violates unique constraint "
                   '"person_pkey"\nDETAIL:  Key (id)=(1) already exists.',
        "integer": "integer",
    },
    "mysql": {
        "there_already": "pymysql.err.OperationalError: (1050, \"Table "
                         "'left_over' already exists\")",
        "not_there": "pymysql.err.OperationalError: (1051, \"Unknown table "
                     "'<database>.nowhere'\")",
        "refuses": "(1062, \"Duplicate entry '1' for key 'PRIMARY'\")",
        "integer": "int(11) DEFAULT NULL",
    },
}
FAILS = (
    tried("assertTableExists", "persn", text=(
        "table 'persn' does not exist; there are 'alembic_version', "
        "'owners', 'person', 'pet'; did you mean 'person'?")),
    tried("assertTableNotExists", "person", text="table 'person' exists"),
    tried("assertTableNotExists", "owners", text="table 'owners' exists"),
    tried("assertTableHasColumns", "person", ["id", "age"], text=(
        "table 'person' lacks the columns 'age'; it has 'id', 'name', "
        "'mail'")),
    tried("assertTableColumns", "person", ["id", "age"], text=(
        "table 'person' has other columns than expected\n"
        "  missing: 'age'\n  not expected: 'name', 'mail'")),
    tried("assertTableLacksColumns", "person", ["owner", "mail"],
          text="table 'person' has the columns 'mail'"),
    tried("assertCurrentRevision", "sound",
          text="the database stands at 'r1', not at 'sound'"),
    tried("assertSingleHead", more=SECOND, text=(
        "the history has 2 heads\n"
        "  tame (revision tame)\n"
        f"  {FILE.format('tame')}\n"
        "  second (a second head)\n"
        f"  {FILE.format('second')}\n"
        "`alembic merge heads` makes one of them; branches that are to stay "
        "apart need a label each")),
    tried("assertUpgrades", "broken", at="tame", more=BROKEN, text=NOWHERE),
    tried("assertRows", "person",
          [{"id": 1, "name": "eve"}, {"id": 3, "name": "dan"}],
          prepare=fill, text=(
              "table 'person' does not hold the rows expected\n"
              "  - missing {'id': 3, 'name': 'dan'}\n"
              "  + extra   {'id': 2, 'name': 'bob'}\n"
              "  ! changed id=1: name is 'ann', not 'eve'")),
    tried("assertRowCount", "person", 1, prepare=fill,
          text="table 'person' holds 2 rows, not 1"),
    tried("assertInsertFails", "person", {"id": 3, "name": "x"},
          text="table 'person' accepts the row {'id': 3, 'name': 'x'}"),
    tried("assertInsertFails", "person", {"id": 1, "name": "x"},
          "no such text", prepare=fill, text=(
              "table 'person' rejects the row with another text than "
              "'no such text': {refuses}")),
    Tried("assertDataPreserved", "sound", there_and_back, fill, text=(
        "rows are not what they were\n"
        "  table 'person', column 'mail': 1 of 2 values changed: id=1: "
        "'a@x' -> None")),
    tried("assertForeignKeysIntact", prepare=stray, text=(
        "rows refer to what is not there\n"
        "  table 'pet': 1 row whose (owner) is not in person (id): 9")),
    tried("assertRoundtrip", at="sound", prepare=fill, text=(
        "revision lossy (revision lossy): rows are not what they were\n"
        "  table 'person':\n"
        "  ! changed id=1: mail is None, not 'a@x'\n"
        + FILE.format("lossy"))),
    tried("assertRoundtrip", at="lossy", text=(
        "revision trace (revision trace): its downgrade leaves traces\n"
        'table "left_over" is there only after the downgrade: "id"\n'
        "revision trace (revision trace): its second upgrade, after the "
        f"downgrade\n{LEFT_OVER}\n" + FILE.format("trace"))),
    tried("assertDowngradeLeavesNoTrace", "trace", text=(
        "the downgrade of revision trace (revision trace) leaves traces\n"
        'table "left_over" is there only after the downgrade: "id"\n'
        + FILE.format("trace"))),
    tried("assertUpgradeIdempotent", at="lossy", text=(
        "the upgrade of revision trace (revision trace) cannot be run a "
        f"second time\n{LEFT_OVER}")),
    tried("assertOperationsForbidden", "drop_column", text=(
        "these revisions call operations that are forbidden\n"
        "  lossy (revision lossy): drop_column\n"
        "    at: <folder>/migrations/versions/lossy.py:14: "
        'batch.drop_column("mail")')),
    tried("assertMigrationFails", "sound",
          text="the upgrade of revision sound (revision sound) did not fail"),
    tried("assertMigrationFails", "broken", "no such text", more=BROKEN,
          text=("the migration failed, but 'no such text' is not in the "
                f"error:\n{NOWHERE}")),
    Tried("assertMigrationFails", "r1", failing(),
          text="no migration failed"),
    tried("assertModelsMatchMigrations",
          metadata=models_at_head(sa.Column("age", sa.Integer)), text=(
              "the models and the migrations differ; `alembic revision "
              "--autogenerate` would write:\n    op.add_column('person', "
              "sa.Column('age', sa.Integer(), nullable=True))")),
    Tried("assertSchemasEqual", "r1",
          schemas("CREATE TABLE more (id INTEGER)",
                  "ALTER TABLE pet ADD COLUMN age INTEGER"), text=(
              "the schemas differ\n"
              'table "more" is there only after: "id"\n'
              'table "pet": column "age" is there only after: {integer}')),
)
NO_TABLE = "no table 'persn'.*did you mean 'person'"
NO_REVISION = "'suond'.*did you mean 'sound'"
#: What their own arguments get wrong.
ERRORS = (
    tried("assertTableExists", "shop.person", text="no schema 'shop'"),
    tried("assertTableNotExists", "persons",
          text="nothing is called 'persons'"),
    tried("assertTableHasColumns", "persn", ["id"], text=NO_TABLE),
    tried("assertTableHasColumns", "person", [], text="columns is empty"),
    tried("assertTableColumns", "persn", ["id"], text=NO_TABLE),
    tried("assertTableLacksColumns", "persn", ["id"], text=NO_TABLE),
    tried("assertTableLacksColumns", "person", ["nmae"],
          text="nothing is called 'nmae'"),
    tried("assertCurrentRevision", "suond", text=NO_REVISION),
    tried("assertUpgrades", "suond", text=NO_REVISION),
    tried("assertUpgrades", "r1", text="is applied already"),
    tried("assertRows", "persn", [{"id": 1}], text=NO_TABLE),
    tried("assertRows", "person", [{"nmae": 1}], text="did you mean 'name'"),
    tried("assertRows", "person", [], text="no row is expected"),
    tried("assertRowCount", "persn", 1, text=NO_TABLE),
    tried("assertRowCount", "person", 1, where={"nmae": 1},
          text="did you mean 'name'"),
    tried("assertRowCount", "person", None, text="a number of rows"),
    tried("assertInsertFails", "persn", {"id": 1}, text=NO_TABLE),
    tried("assertInsertFails", "person", {"nmae": 1},
          text="did you mean 'name'"),
    entered("assertDataPreserved", "persn", prepare=fill, text=NO_TABLE),
    entered("assertDataPreserved", lossy=["person.nmae"], prepare=fill,
            text="did you mean 'person.name'"),
    entered("assertDataPreserved", ["person"], prepare=fill,
            text="tables are named one by one"),
    entered("assertDataPreserved", text="no row before"),
    tried("assertForeignKeysIntact", at="base", text="no table has a"),
    tried("assertRoundtrip", "suond", text=NO_REVISION),
    tried("assertRoundtrip", "r1", text="is applied already"),
    tried("assertRoundtrip", lossy=["persn"], text="did you mean 'person'"),
    tried("assertDowngradeLeavesNoTrace", "suond", text=NO_REVISION),
    tried("assertUpgradeIdempotent", "suond", text=NO_REVISION),
    tried("assertOperationsForbidden", "drop_colum",
          text="did you mean 'drop_column'"),
    tried("assertOperationsForbidden", "drop_column", since="suond",
          text=NO_REVISION),
    tried("assertOperationsForbidden", text="names no operation"),
    tried("assertMigrationFails", "suond", text=NO_REVISION),
    tried("assertModelsMatchMigrations", text="no target_metadata"),
    tried("assertSchemasEqual", None, None, text="schema_snapshot"),
)
#: Proved in a table of their own, or with the checks that they belong to.
ELSEWHERE = {
    "tests.test_assertions_schema_cases": (
        "assertCheckConstraint", "assertCheckConstraintNotExists",
        "assertColumn", "assertEnumValues", "assertForeignKey",
        "assertForeignKeyNotExists", "assertIndexExists",
        "assertIndexNotExists", "assertPrimaryKey", "assertUniqueConstraint",
        "assertUniqueConstraintNotExists",
    ),
    "tests.test_populated": (
        "assertDowngradesPopulated", "assertNoDataLoss",
        "assertUpgradesPopulated",
    ),
    "tests.test_deployment": (
        "assertAtomic", "assertForeignKeysIndexed",
        "assertOfflineMatchesOnline", "assertRetryable",
        "assertSchemaHealthy",
    ),
    "tests.test_compatibility": ("assertBackwardCompatible",),
    "tests.test_models": ("assertModelsMatchSchema",),
    "tests.test_growth": ("assertConstantWork",),
    "tests.test_blocking": (
        "assertLockTimeoutSet", "assertNoBlockingWork",
        "assertNoTableRewrite",
    ),
}


class Cases:
    """The table on one database; a mixin, for it is no test by itself."""

    family = "sqlite"
    url = "sqlite://"

    def case(self: Any, tried: Tried) -> Any:
        ini = self.make_history(*HISTORY, *tried.more)
        members = {
            "alembic_config": str(ini), "database_url": self.url,
            "start_revision": tried.start, "runTest": lambda self: None,
            "target_metadata": tried.metadata,
        }
        case: Any = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        case.setUp()
        if tried.prepare:
            tried.prepare(case)
        return case

    def each(
        self: Any, table: Sequence[Tried], judge: Callable[[Tried, Any], Any]
    ) -> None:
        for tried in table:
            with self.subTest(tried.name, text=tried.text):
                case = self.case(tried)
                judge(tried, case)
                case.doCleanups()

    def words(self, case: Any, error: BaseException) -> str:
        """What an error says, without what is different each time."""
        text = str(error).replace(
            str(Path(case.alembic_config).parent), "<folder>"
        )
        return re.sub(r"migtestkit_\w+", "<database>", text)

    def test_what_is_true_passes(self: Any) -> None:
        self.each(PASSES, lambda tried, case: tried.tried(case))

    def test_what_is_false_fails_word_for_word(self: Any) -> None:
        def judge(tried: Tried, case: Any) -> None:
            with self.assertRaises(AssertionError) as caught:
                tried.tried(case)
            expected = tried.text
            for name, words in WORDS[self.family].items():
                expected = expected.replace(f"{{{name}}}", words)
            self.assertEqual(expected, self.words(case, caught.exception))

        self.each(FAILS, judge)

    def test_what_means_nothing_is_an_error(self: Any) -> None:
        def judge(tried: Tried, case: Any) -> None:
            with self.assertRaisesRegex(MigtestkitError, tried.text):
                tried.tried(case)

        self.each(ERRORS, judge)


class TestSQLite(Cases, ProjectTestCase):
    pass


class TestPostgreSQL(Cases, ProjectTestCase):
    family = "postgresql"

    def setUp(self) -> None:
        super().setUp()
        self.url = servers.require_server("postgresql").render_as_string(False)


class TestMariaDB(Cases, ProjectTestCase):
    family = "mysql"

    def setUp(self) -> None:
        super().setUp()
        self.url = servers.require_server("mysql").render_as_string(False)


class TestTheTables(unittest.TestCase):
    def test_every_assertion_is_in_a_table_or_has_its_own_tests(self):
        elsewhere = [name for names in ELSEWHERE.values() for name in names]
        here = {one.name for one in PASSES}
        self.assertEqual(set(), here & set(elsewhere))
        self.assertEqual(methods(), sorted([*here, *elsewhere]))

    def test_every_assertion_here_passes_fails_and_refuses_nonsense(self):
        here = {one.name for one in PASSES}
        self.assertEqual(here, {one.name for one in FAILS})
        # It takes no argument that could name anything.
        self.assertEqual(
            here - {"assertSingleHead"}, {one.name for one in ERRORS}
        )

    def test_the_tests_of_the_others_mention_them(self):
        for module, names in ELSEWHERE.items():
            path = Path(__file__).parent / f"{module.split('.')[1]}.py"
            text = path.read_text("utf-8")
            for name in names:
                self.assertIn(name, text, module)

    def test_no_text_is_longer_than_25_lines(self):
        for one in FAILS:
            self.assertLessEqual(len(one.text.splitlines()), 25)


class TestManyFindings(ProjectTestCase):
    """Messages stay readable where there is much to tell."""

    number = 60

    def told(self, tried: Callable[[Any], Any], *revisions: Rev,
             start: str = "r1", prepare: Any = None, **members: Any) -> str:
        ini = self.make_history(*revisions)
        members.update({
            "alembic_config": str(ini), "start_revision": start,
            "database_url": "sqlite://", "runTest": lambda self: None,
        })
        case: Any = type("Case", (MigrationTestCase,), members)()
        self.addCleanup(case.doCleanups)
        case.setUp()
        if prepare:
            prepare(case)
        with self.assertRaises(AssertionError) as caught:
            tried(case)
        return str(caught.exception)

    def each(self, statement: str) -> list[str]:
        return [statement.format(n=n) for n in range(self.number)]

    def tables(self) -> Rev:
        return Rev("r1", upgrade=self.each(
            "CREATE TABLE t{n} (id INTEGER PRIMARY KEY, v TEXT, "
            "o INTEGER REFERENCES t0 (id))"
        ), downgrade=self.each("DROP TABLE t{n}")[::-1])

    def fill(self, case: Any, owner: int = 1) -> None:
        with case.migrations.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            for statement in self.each(
                "INSERT INTO t{n} VALUES (1, 'x', %d)" % owner
            ):
                connection.exec_driver_sql(statement)
            connection.commit()
            connection.invalidate()

    def stray(self, case: Any) -> None:
        self.fill(case, 99)

    def both(self, case: Any) -> None:
        before = case.schema_snapshot()
        case.migrate_up_one()
        case.assertSchemasEqual(
            before, case.schema_snapshot(), allow_empty=True
        )

    def test_all_stay_readable(self) -> None:
        changes = Rev("r2", "r1", upgrade=self.each("UPDATE t{n} SET v = 'y'"))
        kept = self.tables()._replace(downgrade="")
        heads = [Rev(f"h{n}", "r1") for n in range(self.number)]
        again = Rev("r2", "r1", upgrade=self.each(
            "INSERT INTO t{n} (v) VALUES ('z')"))
        tables = self.tables()
        told = {
            "schemas": self.told(self.both, tables, start="base"),
            "trace": self.told(
                call("assertDowngradeLeavesNoTrace"), kept, start="base"),
            "roundtrip": self.told(
                call("assertRoundtrip"), kept, start="base"),
            "rows": self.told(
                call("assertRoundtrip"), tables, changes, prepare=self.fill),
            "preserved": self.told(
                around("assertDataPreserved"), tables, changes,
                prepare=self.fill),
            "again": self.told(
                call("assertUpgradeIdempotent"), tables, again),
            "keys": self.told(
                call("assertForeignKeysIntact"), tables, prepare=self.stray),
            "indexes": self.told(call("assertForeignKeysIndexed"), tables),
            "heads": self.told(call("assertSingleHead"), tables, *heads),
            "forbidden": self.told(
                call("assertOperationsForbidden", "execute"), tables),
            "models": self.told(
                call("assertModelsMatchMigrations"), tables,
                target_metadata=sa.MetaData()),
        }
        for name, text in told.items():
            with self.subTest(name):
                lines = text.splitlines()
                self.assertLessEqual(len(lines), 25)
                self.assertLessEqual(len(text), 2500)
                # What is left out is counted.
                self.assertRegex(text, r"and \d+ more")


if __name__ == "__main__":
    unittest.main()
