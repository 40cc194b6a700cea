"""Are migrations found that fail on tables with rows, lose rows or cannot be
taken back over them, and no others, on every kind of database?
"""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional
from unittest import mock

from alembic.config import Config
from sqlalchemy import create_engine

from migtestkit import (
    Intended,
    MigrationContext,
    MigrationTestCase,
    RevisionError,
    TableError,
)
from migtestkit.checks import DataChecks
from migtestkit.config import IntendedUse
from migtestkit.context.losses import MeantLosses, find_losses
from migtestkit.context.populated import (
    CHECKED,
    DANGLING,
    Aim,
    walk_populated,
)
from migtestkit.context.rows_walk import RowsWalk
from migtestkit.context.stock import Stock, mentioned_tables, seeds_at
from migtestkit.rows import TableRows
from tests import servers, zoo
from tests.support import (
    ProjectTestCase,
    Python,
    Rev,
    create,
    make_history,
    run_case,
)

COLUMNS = (
    "id INTEGER PRIMARY KEY, name VARCHAR(30) NOT NULL, nick VARCHAR(10), "
    "age INTEGER, status VARCHAR(10) DEFAULT 'new' NOT NULL, owner INTEGER,\n"
    "CONSTRAINT ck CHECK (status IN ('new', 'old'))\n"
)
TYPICAL, DUPLICATE, MINIMAL, BOUNDARY, VARIED = (
    "typical", "duplicate", "minimal", "boundary", "varied"
)
EMPTY = "empty tables too"


class Case(NamedTuple):
    """One change of table `T`, and which kind of row it fails on; None where
    it copes, on SQLite and on servers."""

    name: str
    work: str
    sqlite: Optional[str]
    servers: Optional[str]


def batch(work: str) -> str:
    return (
        "with op.batch_alter_table('T', recreate=RECREATE) as batch:\n"
        f"    {work}"
    )


def execute(*texts: str) -> str:
    return "\n".join(f"op.execute(sa.text({one!r}))" for one in texts)


def each(work: str) -> str:
    return (
        "for row in op.get_bind().execute("
        "sa.text('SELECT * FROM T')).all():\n"
        f"    {work}"
    )


BREAKING = (
    Case("not null without default", batch(
        "batch.add_column(sa.Column('x', sa.Integer, nullable=False))"
    ), TYPICAL, TYPICAL),
    Case("set not null", batch(
        "batch.alter_column('nick', nullable=False, "
        "existing_type=sa.String(10))"
    ), MINIMAL, MINIMAL),
    Case("unique constraint", batch(
        "batch.create_unique_constraint('u_T', ['name'])"
    ), DUPLICATE, DUPLICATE),
    Case("unique index",
         "op.create_index('i_T', 'T', ['name', 'age'], unique=True)",
         DUPLICATE, DUPLICATE),
    Case("unique index on an expression",
         execute("CREATE UNIQUE INDEX e_T ON T (lower(name))"),
         DUPLICATE, DUPLICATE),
    Case("unique index on some rows",
         execute("CREATE UNIQUE INDEX p_T ON T (age) WHERE age > 5"),
         DUPLICATE, DUPLICATE),
    Case("foreign key", batch(
        "batch.create_foreign_key('f_T', 'parents', ['owner'], ['id'])"
    ), DANGLING, BOUNDARY),
    Case("check that few rows meet", batch(
        "batch.create_check_constraint('c_T', 'age > 5000')"
    ), TYPICAL, TYPICAL),
    Case("check that no extreme meets", batch(
        "batch.create_check_constraint('b_T', 'age < 99999')"
    ), BOUNDARY, BOUNDARY),
    Case("fewer values of an enum", batch(
        "batch.create_check_constraint('s_T', \"status = 'new'\")"
    ), VARIED, VARIED),
    Case("narrower text", batch(
        "batch.alter_column('name', type_=sa.String(12), "
        "existing_type=sa.String(30), existing_nullable=False)"
    ), None, BOUNDARY),
    Case("narrower number", batch(
        "batch.alter_column('age', type_=sa.SmallInteger(), "
        "existing_type=sa.Integer())"
    ), None, BOUNDARY),
    Case("text becomes a number", batch(
        "batch.alter_column('nick', type_=sa.Integer(), "
        "existing_type=sa.String(10), "
        "postgresql_using='nick::integer')"
    ), None, TYPICAL),
    Case("overflow", execute("UPDATE T SET age = age * 10"), None, BOUNDARY),
    Case("division by zero",
         execute("UPDATE T SET age = 100 / age WHERE status = 'new'"),
         None, VARIED),
    Case("None in Python", each("row.nick.upper()"), MINIMAL, MINIMAL),
    Case("no number in Python", each("int(row.name)"), TYPICAL, TYPICAL),
    Case("no JSON in Python", each("__import__('json').loads(row.name)"),
         TYPICAL, TYPICAL),
    Case("one blank in Python", each("first, last = row.name.split(' ')"),
         TYPICAL, TYPICAL),
    Case("quotes in SQL", each(
        "op.get_bind().execute(sa.text(f\"UPDATE T SET nick = '\""
        " + row.name[:9].replace(':', '') + \"'\"))"
    ), VARIED, VARIED),
    Case("exactly one row",
         "op.get_bind().execute(sa.text('SELECT id FROM T')).one_or_none()",
         DUPLICATE, DUPLICATE),
    Case("a guard", (
        "if op.get_bind().scalar(sa.text('SELECT count(*) FROM T')):\n"
        "    raise RuntimeError('run the job first')"
    ), TYPICAL, TYPICAL),
    Case("a backfill that leaves some out", execute(
        "UPDATE T SET nick = 'x' WHERE age > 0"
    ) + "\n" + batch(
        "batch.alter_column('nick', nullable=False, "
        "existing_type=sa.String(10))"
    ), MINIMAL, MINIMAL),
    Case("a default that is unique", batch(
        "batch.add_column(sa.Column('x', sa.Integer, nullable=False, "
        "server_default='5'))"
    ) + "\n" + "op.create_index('d_T', 'T', ['x'], unique=True)",
         DUPLICATE, DUPLICATE),
    Case("parents that go", execute("DELETE FROM parents_T"),
         DANGLING, TYPICAL),
    Case("broken without rows too", execute("SELECT nothing FROM T"),
         EMPTY, EMPTY),
)
SAFE = tuple(Case(*one, None, None) for one in (
    ("nullable column",
     "op.add_column('T', sa.Column('x', sa.Integer))"),
    ("column with a default",
     "op.add_column('T', sa.Column('x', sa.Integer, nullable=False, "
     "server_default='5'))"),
    ("new table",
     "op.create_table('new_T', sa.Column('id', sa.Integer, "
     "primary_key=True))"),
    ("wider text", batch(
        "batch.alter_column('name', type_=sa.String(99), "
        "existing_type=sa.String(30), existing_nullable=False)")),
    ("index", "op.create_index('i_T', 'T', ['name', 'age'])"),
    ("backfill, then not null", execute(
        "UPDATE T SET nick = 'x' WHERE nick IS NULL"
     ) + "\n" + batch(
        "batch.alter_column('nick', nullable=False, "
        "existing_type=sa.String(10))")),
    ("renamed column", batch(
        "batch.alter_column('nick', new_column_name='alias', "
        "existing_type=sa.String(10))")),
    ("renamed table", "op.rename_table('T', 'other_T')"),
    ("a row of its own", execute(
        "INSERT INTO T (id, name) VALUES (1, 'admin')")),
    ("a check that all rows meet", batch(
        "batch.create_check_constraint('c_T', 'length(name) < 31')")),
    ("dropped column", batch("batch.drop_column('nick')")),
    ("dropped table", "op.drop_table('T')"),
))
CASES = BREAKING + SAFE


def history_of_cases(dialect: str, cases: Sequence[Case]) -> list[Rev]:
    """One table and one revision for each case."""
    recreate = "'always'" if dialect == "sqlite" else "'auto'"
    tables = ["CREATE TABLE parents (id INTEGER PRIMARY KEY)"]
    for at, one in enumerate(cases):
        if "parents_T" in one.work:
            tables.append(create(f"parents_t{at:02}"))
        tables.append(create(f"t{at:02}", COLUMNS + (
            f", FOREIGN KEY (owner) REFERENCES parents_t{at:02} (id)"
            if "parents_T" in one.work else ""
        )))
    found = [Rev("base0", upgrade=tables)]
    for at, one in enumerate(cases):
        work = one.work.replace("RECREATE", recreate)
        for left in ("'T'", "_T", " T "):
            work = work.replace(left, left.replace("T", f"t{at:02}"))
        work = work.replace(" T'", f" t{at:02}'")
        found.append(Rev(
            f"c{at:02}", found[-1].id, message=one.name,
            upgrade=Python("import sqlalchemy as sa\n" + work),
        ))
    return found


def url_of(family: str) -> str:
    if family == "sqlite":
        return "sqlite://"
    url = servers.require_server(family)
    return url.render_as_string(hide_password=False)


class TestTable(unittest.TestCase):
    """Every case is a revision of one history: the walk goes on behind each
    that fails."""

    def check(self, family: str, cases: Sequence[Case] = CASES) -> None:
        with tempfile.TemporaryDirectory() as folder:
            ini = make_history(
                Path(folder), history_of_cases(family, cases)
            )
            with MigrationContext(
                Config(str(ini)), database_url=url_of(family)
            ) as context:
                report = walk_populated(context, Aim())
        found: dict[str, str] = {}
        for one in report.findings:
            found.setdefault(one.revision, f"{one.phase}\n{one.text}")
        for at, one in enumerate(cases):
            text = found.get(f"c{at:02}", "")
            kind = one.sqlite if family == "sqlite" else one.servers
            with self.subTest(one.name):
                if kind is None:
                    self.assertEqual("", text)
                elif kind in (DANGLING, EMPTY):
                    self.assertIn(kind, text)
                    self.assertIn("(seed 0)", text)
                else:
                    self.assertRegex(text, rf"broken by the {kind} row")
        self.assertEqual({}, report.unfilled)

    def test_sqlite(self):
        self.check("sqlite")

    def test_postgresql(self):
        self.check("postgresql")

    def test_mysql(self):
        """But for what MariaDB has not, or does with a column of its own
        accord."""
        unlike = {
            "unique index on an expression", "unique index on some rows",
            "not null without default",
        }
        cases = [one for one in CASES if one.name not in unlike]
        if not os.environ.get("MIGTESTKIT_TEST_WHOLE_ZOO"):
            # Where nothing is taken back, each try takes a new database.
            cases = cases[::4]
        self.check("mysql", cases)


USERS = Rev(
    "r1", upgrade=create("users", COLUMNS), downgrade="DROP TABLE users"
)
WHY = "it is meant"


class DataTestCase(ProjectTestCase):
    def outcome(
        self, test: str, *revisions: Rev, **attributes: Any
    ) -> tuple[str, dict[str, str]]:
        """Run one of the checks; return its failure or error, nothing if it
        passes, and what it names as not tested, by revision or table; under
        "" why it was skipped."""
        ini = self.make_history(*revisions)
        members = {
            "alembic_config": str(ini),
            "__module__": __name__,
            "__qualname__": "outcome.<locals>.Data",
            **attributes,
        }
        cls = type("Data", (DataChecks, MigrationTestCase), members)
        result = unittest.TestResult()
        cls(test).run(result)
        skipped = {
            next(iter(getattr(one, "params", {}).values()), ""): reason
            for one, reason in result.skipped
        }
        (text,) = [
            text for _, text in result.failures + result.errors
        ] or [""]
        return text, skipped

    def upgrades(self, *revisions: Rev, **attributes: Any) -> Any:
        return self.outcome(
            "test_upgrades_populated", *revisions, **attributes
        )

    def downgrades(self, *revisions: Rev, **attributes: Any) -> Any:
        return self.outcome(
            "test_downgrades_populated", *revisions, **attributes
        )

    def losses(self, *revisions: Rev, **attributes: Any) -> Any:
        return self.outcome("test_no_data_loss", *revisions, **attributes)


class TestUpgrades(DataTestCase):
    def test_nothing_to_test(self):
        self.assertEqual(
            ("", {"": "the history has no revision"}), self.upgrades()
        )
        text, skipped = self.upgrades(USERS)
        self.assertEqual("", text)
        self.assertIn("no revision ran over rows", skipped[""])
        self.assertIn("there is no table then", skipped[""])

    def test_tables_that_cannot_be_filled_are_named(self):
        revisions = (
            USERS,
            Rev("r2", "r1", upgrade=create(
                "shapes", "outline INTEGER NOT NULL CHECK (outline <> outline)"
            )),
            Rev("r3", "r2", upgrade=create("more")),
        )
        text, skipped = self.upgrades(*revisions)
        self.assertEqual("", text)
        self.assertIn("outline <> outline", skipped["shapes"])
        meant = {"r2": Intended(unfillable=["shapes"], reason=WHY)}
        self.assertEqual(("", {}), self.upgrades(*revisions, intended=meant))
        stale = {"r2": Intended(unfillable=["users"], reason=WHY)}
        text, _ = self.upgrades(*revisions, intended=stale)
        self.assertIn("intended['r2']: unfillable names 'users'", text)

    def test_seeds(self):
        revisions = (
            USERS,
            Rev("r2", "r1", upgrade=Python(
                "import sqlalchemy as sa\n"
                "rows = op.get_bind().execute("
                "sa.text('SELECT name FROM users')).all()\n"
                "for row in rows:\n"
                "    first, last = row.name.split(' ')"
            )),
        )
        text, _ = self.upgrades(*revisions)
        self.assertIn("broken by the typical row of 'users'", text)
        for values in ("Ada Lovelace", ["A B", "C D"], "A {}".format):
            seed = {"users": {"name": values}}
            with self.subTest(values):
                self.assertEqual(("", {}), self.upgrades(
                    *revisions,
                    intended={"r2": Intended(seed=seed, reason=WHY)},
                ))

    def test_a_seed_for_nothing(self):
        text, _ = self.upgrades(
            USERS, Rev("r2", "r1", upgrade=create("more", "words INTEGER")),
            intended={"r2": Intended(
                seed={"more": {"name": 5}}, reason=WHY,
            )},
        )
        self.assertIn("seed names more.name, and there never was", text)

    def test_one_revision(self):
        context = self.make_history(
            USERS, Rev("r2", "r1", upgrade="UPDATE users SET nick = NULL"),
            Rev("r3", "r2", upgrade="CREATE UNIQUE INDEX u ON users (name)"),
        )
        cls = type("Case", (MigrationTestCase,), {
            "alembic_config": str(context), "runTest": lambda self: None,
        })
        case: Any = cls()
        self.addCleanup(case.doCleanups)
        case.assertUpgradesPopulated("r2")
        case.assertDowngradesPopulated("r2")
        with self.assertRaisesRegex(AssertionError, "mine.*|r3.*duplicate"):
            case.assertUpgradesPopulated("r3", "mine")
        with self.assertRaisesRegex(RevisionError, "r4"):
            case.assertUpgradesPopulated("r4")
        with self.assertRaisesRegex(AssertionError, "(?s)r2.*nick"):
            case.assertNoDataLoss("r2")
        case.assertNoDataLoss("r2", lossy=["users.nick"])
        with self.assertRaisesRegex(TableError, "mean 'users.nick'"):
            case.assertNoDataLoss("r2", lossy=["users.nikc"])

    def test_rows_of_one_table_reach_another_by_a_trigger(self):
        """Nothing names the table that changes."""
        text, _ = self.losses(
            USERS,
            Rev("r2", "r1", upgrade=(
                create("logs", "id INTEGER PRIMARY KEY, words TEXT"),
                "CREATE TRIGGER t AFTER UPDATE ON users BEGIN "
                "UPDATE logs SET words = NULL; END",
            ), downgrade=("DROP TABLE logs", "DROP TRIGGER t")),
            Rev("r3", "r2", upgrade="UPDATE users SET id = id"),
        )
        self.assertRegex(text, r"(?s)r3.*table 'logs', column 'words'")

    def test_a_statement_that_is_not_seen(self):
        """What goes past SQLAlchemy is found in the end, and put down to the
        revision that did it."""
        text, _ = self.losses(
            USERS,
            Rev("r2", "r1", upgrade=create("more"),
                downgrade="DROP TABLE more"),
            Rev("r3", "r2", upgrade=Python(
                "op.get_bind().connection.executescript("
                "'UPDATE users SET nick = NULL')"
            )),
            Rev("r4", "r3", upgrade=create("others"),
                downgrade="DROP TABLE others"),
        )
        self.assertRegex(text, r"(?s)r3.*table 'users', column 'nick'")
        self.assertNotIn("r4 ", text)


class TestManyRevisions(DataTestCase):
    def test_rows_of_a_table_do_not_add_up_for_ever(self):
        """Nor do those go that others refer to."""
        revisions = [USERS, Rev("r2", "r1", upgrade=create(
            "pets", "id INTEGER PRIMARY KEY, owner INTEGER NOT NULL "
            "REFERENCES users (id)"
        ), downgrade="DROP TABLE pets")]
        for number in range(3, 20):
            table = ("users", "pets")[number % 2]
            revisions.append(Rev(
                f"r{number}", revisions[-1].id,
                upgrade=f"ALTER TABLE {table} ADD COLUMN c{number} INTEGER",
            ))
        context = self.open_history(*revisions)
        stock = Stock(context)
        for revision in context.history.revisions:
            statements: list[str] = []
            context.watch_statements(statements.append)
            context.apply_revisions([revision])
            stock.touched(statements)
            filled = stock.fill()
            self.assertEqual({}, filled.unfilled)
        for table, rows in stock.contents(stock.shapes).items():
            self.assertGreater(len(rows.rows), 20)
            self.assertLess(len(rows.rows), 80, table)
        self.assertEqual([], stock.dangling(stock.shapes))
        stock.close()

    def test_a_revision_that_fails_is_tried_where_it_stands(self):
        """A new database for each try would take most of the time."""
        breaking = CASES[:4]
        context = self.open_history(
            *history_of_cases("postgresql", breaking),
            database_url=url_of("postgresql"),
        )
        with mock.patch.object(
            RowsWalk, "take", autospec=True, side_effect=RowsWalk.take
        ) as taken:
            report = walk_populated(context, Aim())
        self.assertEqual(4, len(report.findings))
        # Behind each that fails, the walk goes on in a new one.
        self.assertLess(taken.call_count, 2 * len(breaking) + 2)


class TestDowngrades(DataTestCase):
    def test_over_rows_of_the_revision_itself(self):
        change = Rev(
            "r2", "r1",
            upgrade="ALTER TABLE users ADD COLUMN fax INTEGER",
            downgrade=Python(
                "import sqlalchemy as sa\n"
                "query = sa.text('SELECT fax FROM users')\n"
                "assert not any(op.get_bind().scalars(query))\n"
                "op.drop_column('users', 'fax')"
            ),
        )
        text, _ = self.downgrades(USERS, change)
        self.assertRegex(
            text, r"(?s)r2.*downgrade over rows.*broken by the \w+ row of"
        )
        sound = change._replace(downgrade=Python(
            "op.drop_column('users', 'fax')"
        ))
        self.assertEqual(("", {}), self.downgrades(USERS, sound))

    def nullable(self, *tables: str, more: str = "") -> tuple[Rev, Rev]:
        """Columns that may be NULL, and may not after the downgrade."""
        work = (
            f"for name in {tables!r}:\n"
            "    with op.batch_alter_table(name) as batch:\n"
            "        batch.alter_column('f', nullable=WHAT, "
            "existing_type=sa.Integer())\n"
        )
        imports = "import sqlalchemy as sa\n"
        return (
            Rev("r1", upgrade=[
                create(one, "id INTEGER PRIMARY KEY, f INTEGER NOT NULL")
                for one in tables
            ], downgrade=[f"DROP TABLE {one}" for one in tables]),
            Rev("r2", "r1",
                upgrade=Python(imports + work.replace("WHAT", "True")),
                downgrade=Python(
                    imports + work.replace("WHAT", "False") + more
                )),
        )

    def test_one_statement_fails_after_the_other(self):
        for url in servers.every_url():
            self.folder = self.new_folder()
            with self.subTest(url):
                text, _ = self.downgrades(
                    *self.nullable("a", "b", "c"),
                    Rev("r3", "r2", upgrade=create("d"),
                        downgrade="DROP TABLE d"),
                    database_url=url,
                )
                self.assertIn("broken by the minimal row of 'a': id=", text)
                self.assertNotIn(EMPTY, text)
                self.assertEqual(1, text.count("(seed 0)"), text)

    def test_one_statement_fails_without_rows_too(self):
        for url in servers.every_url():
            self.folder = self.new_folder()
            with self.subTest(url):
                text, _ = self.downgrades(
                    *self.nullable(
                        "a", "b", more="op.execute('SELECT no FROM b')"
                    ),
                    database_url=url,
                )
                self.assertIn(EMPTY, text)
                self.assertNotIn("broken by", text)

    def test_the_second_upgrade(self):
        text, _ = self.downgrades(
            USERS,
            Rev("r2", "r1", upgrade="CREATE UNIQUE INDEX u ON users (nick)",
                downgrade=("DROP INDEX u", "UPDATE users SET nick = 'x'")),
            intended={"r1": Intended(seed={
                "users": {"nick": str},
            }, reason=WHY)},
        )
        self.assertRegex(text, r"(?s)r2.*second upgrade over rows")

    def test_what_cannot_be_reverted(self):
        text, skipped = self.downgrades(
            USERS, Rev("r2", "r1", upgrade=create("more"), downgrade=None),
        )
        self.assertEqual("", text)
        self.assertIn("no downgrade() function", skipped["r2"])


class TestLosses(DataTestCase):
    SAFE = (
        ("renamed table", "ALTER TABLE users RENAME TO people",
         "ALTER TABLE people RENAME TO users"),
        ("renamed column", "ALTER TABLE users RENAME COLUMN nick TO alias",
         "ALTER TABLE users RENAME COLUMN alias TO nick"),
        ("moved aside and back", (
            create("faxes", "id INTEGER PRIMARY KEY, nick TEXT"),
            "INSERT INTO faxes SELECT id, 'to ' || nick FROM users",
            "ALTER TABLE users DROP COLUMN nick",
        ), (
            "ALTER TABLE users ADD COLUMN nick VARCHAR(10)",
            "UPDATE users SET nick = (SELECT substr(faxes.nick, 4) "
            "FROM faxes WHERE faxes.id = users.id)",
            "DROP TABLE faxes",
        )),
        ("more rows", "INSERT INTO users (id, name) VALUES (1, 'x')",
         "DELETE FROM users WHERE id = 1"),
    )
    LOSSY = (
        ("changed", "UPDATE users SET age = 5", "",
         "column 'age': ", "users.age"),
        ("deleted", "DELETE FROM users WHERE nick IS NULL", "",
         "of 9 rows gone", "users"),
        ("dropped column", "ALTER TABLE users DROP COLUMN nick",
         "ALTER TABLE users ADD COLUMN nick VARCHAR(10)",
         "column 'nick': .*after the upgrade and the downgrade",
         "users.nick"),
        ("dropped for good", "ALTER TABLE users DROP COLUMN nick", None,
         "column 'nick' is gone, with 8 values.*no downgrade", "users.nick"),
        ("dropped table", "DROP TABLE users", create("users", COLUMNS),
         "9 of 9 rows gone", "users"),
    )

    def test_what_loses_nothing(self):
        for name, up, down in self.SAFE:
            with self.subTest(name):
                change = Rev("r2", "r1", upgrade=up, downgrade=down)
                self.assertEqual(("", {}), self.losses(USERS, change))

    def test_what_is_lost(self):
        for name, up, down, expected, lossy in self.LOSSY:
            change = Rev("r2", "r1", upgrade=up, downgrade=down)
            with self.subTest(name):
                text, _ = self.losses(USERS, change)
                self.assertRegex(text, f"(?s)r2.*{expected}")
                self.assertIn("Intended(lossy=[...], reason=...)", text)
            with self.subTest(name, declared=lossy):
                text, _ = self.losses(USERS, change, intended={
                    "r2": Intended(lossy=[lossy], reason=WHY)
                })
                self.assertEqual("", text)

    def test_what_comes_back_beside_what_is_changed(self):
        """The change is told of once, and what does not come back too."""
        changed = "UPDATE users SET age = 5"
        moved, back = self.SAFE[2][1:]
        for ups, downs, lost in (
            (["ALTER TABLE users DROP COLUMN nick"],
             ["ALTER TABLE users ADD COLUMN nick VARCHAR(10)"], ["nick"]),
            (moved, back, []),
            (["DROP TABLE parents"], [create("parents")], []),
        ):
            with self.subTest(ups):
                text, _ = self.losses(
                    USERS._replace(upgrade=[USERS.upgrade, create("parents")],
                                   downgrade=None),
                    Rev("r2", "r1", upgrade=[changed, *ups],
                        downgrade=downs),
                )
                self.assertEqual(
                    ["age", *lost],
                    re.findall(r"table 'users', column '(\w+)'", text), text,
                )
                self.assertEqual(
                    not lost and "DROP TABLE parents" in ups,
                    "table 'parents'" in text, text,
                )

    def test_a_declaration_that_is_needed_no_more(self):
        text, _ = self.losses(
            USERS, Rev("r2", "r1", upgrade=create("more")),
            intended={"r2": Intended(lossy=["users.nick"], reason=WHY)},
        )
        self.assertIn("intended['r2']: lossy names 'users.nick'", text)

    def test_a_type_that_takes_other_values(self):
        text, _ = self.losses(USERS, Rev("r2", "r1", upgrade=Python(
            "import sqlalchemy as sa\n"
            "with op.batch_alter_table('users') as batch:\n"
            "    batch.alter_column('nick', type_=sa.Integer())"
        ), downgrade=Python(
            "import sqlalchemy as sa\n"
            "with op.batch_alter_table('users') as batch:\n"
            "    batch.alter_column('nick', type_=sa.String(10))"
        )))
        self.assertRegex(text, r"column 'nick': \d of \d values changed")


class TestZoo(DataTestCase):
    """Whatever way env.py connects, and however the history branches."""

    SOUND = (
        "branched", "depends_on", "merged_twice", "template_async",
        "template_multidb", "two_bases", "version_locations",
    )

    def outcomes(self, name: str) -> unittest.TestResult:
        project = zoo.PROJECTS[name]
        root = self.copy_of(name)
        members = {
            "alembic_config": str(root / project.config),
            "ini_section": project.section,
            "environ": dict(project.environ(root)),
            **project.attributes,
        }
        return run_case(
            type("Data", (DataChecks, MigrationTestCase), members)
        )

    def test_sound_ones(self):
        for name in self.SOUND:
            with self.subTest(name):
                result = self.outcomes(name)
                self.assertEqual([], result.failures + result.errors)
                self.assertEqual([], result.skipped)

    def test_what_fails_without_rows_too(self):
        result = self.outcomes("defect_broken_downgrade")
        ((test, text),) = result.failures
        self.assertEqual("test_downgrades_populated", test._testMethodName)
        self.assertIn("it fails on empty tables too", text)


class TestForeignKeysOnSQLite(DataTestCase):
    PARENTS = Rev("r1", upgrade=(
        create("parents", "id INTEGER PRIMARY KEY, name VARCHAR(9)"),
        create("children", "id INTEGER PRIMARY KEY, parent INTEGER NOT NULL "
               "REFERENCES parents (id) ON DELETE CASCADE"),
    ), downgrade=("DROP TABLE children", "DROP TABLE parents"))
    REBUILT = Rev("r2", "r1", upgrade=Python(
        "import sqlalchemy as sa\n"
        "with op.batch_alter_table('parents', recreate='always') as batch:\n"
        "    batch.alter_column('name', type_=sa.String(20))"
    ), downgrade="")

    def test_a_table_made_again_deletes_rows_where_keys_are_checked(self):
        text, _ = self.losses(self.PARENTS, self.REBUILT)
        self.assertRegex(text, r"table 'children': (\d+) of \1 rows gone")
        self.assertIn(f"rows lost or changed{CHECKED}", text)

    def test_rows_that_dangle_where_they_are_not_checked(self):
        text, _ = self.upgrades(
            self.PARENTS, Rev("r2", "r1", upgrade="DELETE FROM parents"),
        )
        self.assertRegex(text, f"(?s)r2.*{DANGLING}.*'children'")
        self.assertNotIn(CHECKED, text)

    def test_rows_that_dangle_are_not_told_of_again(self):
        """A later revision that touches the tables has not left them; one
        that leaves more has."""
        delete = "DELETE FROM parents"
        text, _ = self.upgrades(
            self.PARENTS,
            Rev("r2", "r1", upgrade=delete),
            Rev("r3", "r2", upgrade="ALTER TABLE children ADD COLUMN n INT"),
            Rev("r4", "r3", upgrade="UPDATE children SET n = 1"),
            Rev("r5", "r4", upgrade=delete),
        )
        blamed = re.findall(rf"(?m)^  (r\d) .*{DANGLING}$", text)
        self.assertEqual(["r2", "r5"], blamed, text)

    def test_a_downgrade_is_not_blamed_for_its_upgrade(self):
        delete, touch = "DELETE FROM parents", "UPDATE children SET id = id"
        for upgrade, downgrade, blamed in (
            (touch, delete, True), (delete, touch, False)
        ):
            with self.subTest(downgrade):
                text, _ = self.downgrades(
                    self.PARENTS,
                    Rev("r2", "r1", upgrade=upgrade, downgrade=downgrade),
                    Rev("r3", "r2", upgrade=touch, downgrade=touch),
                )
                found = re.findall(rf"(?m)^  (r\d) .*{DANGLING}$", text)
                self.assertEqual(["r2"] if blamed else [], found, text)

    def test_no_row_that_is_referred_to_is_taken_away(self):
        """Those that a revision fails on are, and the walk goes on."""
        text, _ = self.upgrades(
            Rev("r1", upgrade=(
                create("authors", "id INTEGER PRIMARY KEY, name VARCHAR(9)"),
                create("books", "id INTEGER PRIMARY KEY, author INTEGER "
                       "NOT NULL REFERENCES authors (id)"),
            )),
            Rev("r2", "r1", upgrade=Python(
                "bind = op.get_bind()\n"
                "bind.exec_driver_sql('SELECT * FROM books').all()\n"
                "rows = bind.exec_driver_sql('SELECT name FROM authors')\n"
                "[name.lower() for name, in rows.all()]"
            )),
            Rev("r3", "r2", upgrade="ALTER TABLE authors ADD COLUMN n INT"),
        )
        self.assertIn("the minimal row of 'authors'", text)
        self.assertNotIn("r3", text)
        self.assertNotIn(DANGLING, text)

    def test_connections_of_others_are_left_alone(self):
        """What env.py connects to is ours; what a test opens beside it, or
        while it runs, is not."""
        engine = create_engine(f"sqlite:///{self.folder / 'other.sqlite'}")
        self.addCleanup(engine.dispose)
        query = "PRAGMA foreign_keys"
        seen: list[int] = []

        def other(ours: Any) -> None:
            with engine.connect() as connection:
                seen.append(connection.exec_driver_sql(query).scalar() or 0)

        def within(call: Any) -> None:
            with sqlite3.connect(self.folder / "other.sqlite") as raw:
                seen.append(raw.execute(query).fetchone()[0])
            call()

        context = self.open_history(
            self.PARENTS, self.REBUILT,
            run_environment=within, use_database=other,
        )
        losses = MeantLosses(IntendedUse({}, "lossy"))
        report = walk_populated(context, Aim(back=True, losses=losses))
        # The second pass took place, and did see what it is for.
        self.assertTrue(any(CHECKED in one.phase for one in report.findings))
        other(None)
        self.assertGreater(len(seen), 4)
        self.assertEqual({0}, set(seen))

    def test_a_database_that_was_handed_over_is_left_alone(self):
        path = self.folder / "mine.sqlite"
        engine = create_engine(f"sqlite:///{path}")
        self.addCleanup(engine.dispose)
        context = self.open_history(
            self.PARENTS, get_migration_engine=lambda: engine
        )
        self.assertFalse(context.can_check_foreign_keys)
        context.check_foreign_keys()
        with engine.connect() as connection:
            query = "PRAGMA foreign_keys"
            found = connection.exec_driver_sql(query).scalar()
        self.assertEqual(0, found)


class TestParts(unittest.TestCase):
    def test_seeds(self):
        declared = {
            "r1": Intended(seed={"a": {"x": 1, "y": 1}}, reason=WHY),
            "r3": Intended(seed={"a": {"x": 3}}, reason=WHY),
        }
        order = ["r1", "r2", "r3"]
        for applied, expected in (
            ([], {"x": 1, "y": 1}),
            (["r1"], {"x": 3, "y": 1}),
            (order, {"x": 3, "y": 1}),
        ):
            with self.subTest(applied):
                found = seeds_at(declared, order, applied)
                self.assertEqual({"a": expected}, found)

    def test_tables_that_statements_mention(self):
        tables = [(None, "user"), (None, "user_group"), (None, "odd one")]
        for text, expected in (
            ('UPDATE "User" SET x = 1', {"user"}),
            ("DELETE FROM user_group", {"user_group"}),
            ("DROP TABLE [odd one]", {"odd one"}),
            ("SELECT users", set()),
        ):
            with self.subTest(text):
                found = mentioned_tables([text], tables)
                self.assertEqual(expected, {key[1] for key in found})

    def test_losses_of_tables_without_a_key(self):
        before = TableRows(("a",), (), ({"a": 1}, {"a": 1}))
        after = TableRows(("a",), (), ({"a": 1},))
        found = find_losses(
            {"t": before}, {"t": after}, "r1",
            MeantLosses(IntendedUse({}, "lossy")),
        )
        self.assertEqual(1, len(found.lines))
        self.assertIn("1 of 2 rows gone or changed", found.lines[0])


if __name__ == "__main__":
    unittest.main()
