"""Do the assertions about columns, indexes and constraints tell what is
there, on each database?

One table of cases; the database is built once for each of them.
"""
from __future__ import annotations

import re
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import sqlalchemy as sa
from migtestkit import MigrationTestCase
from migtestkit.errors import MigtestkitError, TableError
from sqlalchemy.dialects import postgresql

from tests import servers
from tests.support import INI, Python, Rev, make_history

TABLES = Python('''
import sqlalchemy as sa
op.create_table(
    "author",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("first", sa.String(20), nullable=False),
    sa.Column("last", sa.String(20), nullable=False),
    sa.UniqueConstraint("first", "last", name="uq_author"),
)
op.create_table(
    "book",
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"),
              primary_key=True),
    sa.Column("small", sa.SmallInteger),
    sa.Column("big", sa.BigInteger),
    sa.Column("active", sa.Boolean, nullable=False,
              server_default=sa.true()),
    sa.Column("name", sa.String(40), server_default="it's"),
    sa.Column("word", sa.String(40), server_default=sa.text("'now()'")),
    sa.Column("body", sa.Text),
    sa.Column("price", sa.Numeric(10, 2), server_default="0.00"),
    sa.Column("rate", sa.Float),
    sa.Column("made", sa.DateTime, server_default=sa.func.now()),
    sa.Column("day", sa.Date),
    sa.Column("hour", sa.Time),
    sa.Column("extra", sa.JSON),
    sa.Column("picture", sa.LargeBinary),
    sa.Column("key", sa.Uuid),
    sa.Column("kind", sa.Enum("novel", "poem", name="kind",
              create_constraint=True), server_default="novel"),
    sa.Column("pages", sa.Integer, server_default="7"),
    sa.Column("author_id", sa.Integer, nullable=False),
    sa.Column("editor_id", sa.Integer),
    sa.CheckConstraint("pages > 0 AND pages < 9000", name="ck_pages"),
    sa.ForeignKeyConstraint(["author_id"], ["author.id"], name="fk_author",
                            ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["editor_id"], ["author.id"], name="fk_editor"),
)
op.create_index("ix_pages", "book", ["pages", "price"])
op.create_index("ux_name", "book", ["name"], unique=True)
op.create_table(
    "member",
    sa.Column("author_id", sa.Integer, nullable=False),
    sa.Column("book_id", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("book_id", "author_id", name="pk_member"),
)
op.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, code VARCHAR(9) "
           "UNIQUE, size INTEGER CHECK (size >= 0), owner INTEGER, "
           "FOREIGN KEY (owner) REFERENCES author (id))")
if op.get_bind().dialect.name == "sqlite":
    with op.batch_alter_table("member", recreate="always") as batch:
        batch.alter_column("book_id", type_=sa.BigInteger)
    with op.batch_alter_table("author") as batch:
        batch.add_column(sa.Column("age", sa.Integer))
        batch.create_check_constraint("ck_age", "age >= 0")
else:
    op.add_column("author", sa.Column("age", sa.Integer))
    op.create_check_constraint("ck_age", "author", "age >= 0")
if op.get_bind().dialect.name != "mysql":
    op.execute("CREATE INDEX ix_lower ON author (lower(last))")
    op.execute("CREATE UNIQUE INDEX ix_part ON author (first) "
               "WHERE age > 20")
''')
#: Names that a later revision drops or never made.
GONE = Python('''
for name in ("ix_gone", "fk_gone", "uq_gone", "ck_gone", "gone"):
    pass
''')
Call = Callable[[Any], None]
BOOK = "column {!r} of table 'book' is not as expected\n"


def call(method: str, /, *args: Any, **options: Any) -> Call:
    """Return a call of an assertion of a test case."""

    def made(case: Any) -> None:
        getattr(case, method)(*args, **options)

    made.__name__ = f"{method}{args}{options or ''}"
    return made


def column(name: str, **expected: Any) -> Call:
    return call("assertColumn", "book", name, **expected)


def index(*args: Any, **options: Any) -> Call:
    return call("assertIndexExists", *args, **options)


def key(*args: Any, **options: Any) -> Call:
    return call("assertForeignKey", *args, **options)


def unique(*args: Any, **options: Any) -> Call:
    return call("assertUniqueConstraint", *args, **options)


def check(*args: Any, **options: Any) -> Call:
    return call("assertCheckConstraint", *args, **options)


def enum(*args: Any, **options: Any) -> Call:
    return call("assertEnumValues", *args, **options)


PASSES: tuple[Call, ...] = (
    column("active", type=sa.Boolean, nullable=False, default=True),
    column("active", type="boolean", default="true", primary_key=False),
    column("active", type=sa.Boolean(), default=sa.true()),
    column("active", default=1),
    column("id", type=sa.Integer, primary_key=True, autoincrement=True),
    column("id", default=None, nullable=False),
    column("small", type=sa.SmallInteger, autoincrement=False),
    column("big", type=sa.BigInteger),
    column("big", type=sa.Integer),
    column("pages", type=sa.INTEGER, default=7, nullable=True),
    column("pages", default="7"),
    column("name", type=sa.String(40), length=40, default="it's"),
    column("name", type=sa.Unicode, default="'it''s'"),
    column("name", type=sa.VARCHAR),
    column("name", type="varchar"),
    column("word", default="'now()'"),
    column("body", type=sa.Text, default=None, nullable=True, length=None),
    column("body", type=sa.UnicodeText),
    column("price", type=sa.Numeric(10, 2), default=0),
    column("price", type=sa.Numeric, default="0"),
    column("rate", type=sa.Float),
    column("made", type=sa.DateTime, default="now()"),
    column("made", type=sa.DateTime(), default=sa.func.now()),
    column("made", default="CURRENT_TIMESTAMP"),
    column("made", default=sa.func.current_timestamp()),
    column("day", type=sa.Date),
    column("hour", type=sa.Time),
    column("extra", type=sa.JSON),
    column("picture", type=sa.LargeBinary),
    column("key", type=sa.Uuid),
    column("kind", type=sa.Enum, default="novel"),
    column("kind", type=sa.Enum("poem", "novel", name="kind")),
    column("price", type=sa.Integer().with_variant(
        sa.Numeric(10, 2), "sqlite", "postgresql", "mysql", "mariadb"
    )),
    call("assertColumn", "author", "age", type=sa.Integer),
    index("book", "ix_pages"),
    index("book", "ix_pages", ["pages", "price"], unique=False),
    index("book", columns=["name"], unique=True),
    call("assertIndexNotExists", "book", "ix_gone"),
    call("assertIndexNotExists", "book", columns=["price"]),
    call("assertIndexNotExists", "book", columns=["name"], unique=False),
    call("assertIndexNotExists", "author", "ix_pages"),
    key("book", ["author_id"], "author.id", ondelete="CASCADE"),
    key("book", "author_id", "author", name="fk_author"),
    key("book", ["author_id"], ["author.id"]),
    key("bare", ["owner"], "author.id"),
    call("assertForeignKeyNotExists", "book", ["pages"]),
    call("assertForeignKeyNotExists", "book", name="fk_gone"),
    call("assertForeignKeyNotExists", "author", name="fk_author"),
    unique("author", ["first", "last"]),
    unique("author", ["last", "first"], name="uq_author"),
    unique("author", name="uq_author"),
    unique("bare", ["code"]),
    call("assertUniqueConstraintNotExists", "author", ["last"]),
    call("assertUniqueConstraintNotExists", "author", name="uq_gone"),
    call("assertPrimaryKey", "member", ["book_id", "author_id"]),
    call("assertPrimaryKey", "book", "id"),
    check("author", "ck_age"),
    check("author", condition="age >= 0"),
    check("author", "ck_age", "(AGE>=0)"),
    check("book", condition="pages > 0 AND (pages < 9000)"),
    check("book", condition=re.compile("9000")),
    check("bare", condition="size >= 0"),
    call("assertCheckConstraintNotExists", "author", "ck_gone"),
    call("assertCheckConstraintNotExists", "author", "ck_pages"),
    call("assertCheckConstraintNotExists", "author", condition="age > 20"),
    enum("book", "kind", ["poem", "novel"]),
)
#: Only where the database has what they are about.
PASSES_ON: dict[str, tuple[Call, ...]] = {
    "sqlite": (
        call("assertPrimaryKey", "member", ["book_id", "author_id"],
             name="pk_member"),
        index("author", "ix_lower", ["lower(last)"]),
        index("author", columns=["first"], where="age > 20", unique=True),
        call("assertColumn", "book", "id", type=sa.Integer),
    ),
    "postgresql": (
        call("assertPrimaryKey", "member", ["book_id", "author_id"],
             name="pk_member"),
        index("author", "ix_lower", ["lower(last)"]),
        index("author", columns=["first"], where="age > 20", unique=True),
        enum(values=["novel", "poem"], enum="kind"),
        column("extra", type=postgresql.JSON),
        column("id", type=sa.BigInteger, comment=None),
    ),
    "mysql": (
        column("id", type=sa.BigInteger, comment=None),
        unique("book", ["name"]),
    ),
}
#: The message, word for word; by dialect where it shows the database's own.
NO_KEY = (
    "table 'book' has no foreign key {}\n"
    "  there is foreign key 'fk_author' on (author_id) to author (id) on "
    "delete CASCADE\n"
    "  there is foreign key 'fk_editor' on (editor_id) to author (id)"
)
NO_INDEX = (
    "table 'book' has no index on (name) where name > 'a'\n"
    "{}  there is index 'ix_pages' on (pages, price)\n"
    "  there is unique index 'ux_name' on (name)"
)
FAILS: tuple[tuple[Call, Any], ...] = (
    (key("book", ["author_id"], name="fk_editor"),
     NO_KEY.format("'fk_editor' on (author_id)")),
    (key("book", ["author_id"], "author", onupdate="CASCADE"),
     NO_KEY.format("on (author_id) to author on update CASCADE")),
    (index("book", columns=["name"], where="name > 'a'"),
     {
         "sqlite": NO_INDEX.format(""),
         "postgresql": NO_INDEX.format(""),
         "mysql": NO_INDEX.format(
             "  there is index 'fk_author' on (author_id)\n"
             "  there is index 'fk_editor' on (editor_id)\n"
         ),
     }),
    (call("assertPrimaryKey", "member", ["book_id", "author_id"],
          name="pk_other"), {
        "sqlite": "table 'member' has not the primary key 'pk_other' "
        "(book_id, author_id)\n"
        "  there is primary key 'pk_member' (book_id, author_id)",
        "postgresql": "table 'member' has not the primary key 'pk_other' "
        "(book_id, author_id)\n"
        "  there is primary key 'pk_member' (book_id, author_id)",
        "mysql": "table 'member' has not the primary key 'pk_other' "
        "(book_id, author_id)\n"
        "  there is primary key (book_id, author_id)",
    }),
    (column("name", type=sa.Boolean, length=30, nullable=False),
     BOOK.format("name")
     + "  type: expected Boolean, is VARCHAR(40)\n"
     "  nullable: expected False, is True\n"
     "  length: expected 30, is 40"),
    (column("name", type=sa.String(41)),
     BOOK.format("name")
     + "  type: expected VARCHAR(41), is VARCHAR(40)"),
    (column("name", type=sa.Text),
     BOOK.format("name") + "  type: expected Text, is VARCHAR(40)"),
    (column("body", type=sa.String),
     BOOK.format("body") + "  type: expected String, is TEXT"),
    (column("price", type=sa.Float), {
        "sqlite": BOOK.format("price")
        + "  type: expected Float, is NUMERIC(10, 2)",
        "postgresql": BOOK.format("price")
        + "  type: expected Float, is NUMERIC(10, 2)",
        "mysql": BOOK.format("price")
        + "  type: expected Float, is DECIMAL(10, 2)",
    }),
    (column("small", type=sa.BigInteger), {
        "sqlite": BOOK.format("small")
        + "  type: expected BigInteger, is SMALLINT",
        "postgresql": BOOK.format("small")
        + "  type: expected BigInteger, is SMALLINT",
        "mysql": BOOK.format("small")
        + "  type: expected BigInteger, is SMALLINT(6)",
    }),
    (column("active", type="integer", primary_key=True), {
        "sqlite": BOOK.format("active")
        + "  type: expected integer, is BOOLEAN\n"
        "  primary_key: expected True, is False",
        "postgresql": BOOK.format("active")
        + "  type: expected integer, is BOOLEAN\n"
        "  primary_key: expected True, is False",
        "mysql": BOOK.format("active")
        + "  type: expected integer, is TINYINT(1)\n"
        "  primary_key: expected True, is False",
    }),
    (column("active", default=False), {
        "sqlite": BOOK.format("active")
        + "  default: expected False, is 1",
        "postgresql": BOOK.format("active")
        + "  default: expected False, is true",
        "mysql": BOOK.format("active")
        + "  default: expected False, is 1",
    }),
    (column("body", default="x"),
     BOOK.format("body") + "  default: expected 'x', is none"),
    (column("word", default="now()"), {
        "sqlite": BOOK.format("word")
        + "  default: expected 'now()', is 'now()'",
        "postgresql": BOOK.format("word")
        + "  default: expected 'now()', is 'now()'::character varying",
        "mysql": BOOK.format("word")
        + "  default: expected 'now()', is 'now()'",
    }),
    (column("made", default=None), {
        "sqlite": BOOK.format("made")
        + "  default: expected none, is CURRENT_TIMESTAMP",
        "postgresql": BOOK.format("made")
        + "  default: expected none, is now()",
        "mysql": BOOK.format("made")
        + "  default: expected none, is current_timestamp()",
    }),
    (call("assertColumn", "member", "book_id", autoincrement=True),
     "column 'book_id' of table 'member' is not as expected\n"
     "  autoincrement: expected True, is False"),
    (index("member", columns=["author_id"]),
     "table 'member' has no index on (author_id)\n"
     "  there is no index at all"),
    (call("assertIndexNotExists", "book", "ix_pages"),
     "table 'book' has index 'ix_pages' on (pages, price)"),
    (call("assertIndexNotExists", "book", columns=["name"], unique=True),
     "table 'book' has unique index 'ux_name' on (name)"),
    (key("bare", ["owner"], "author.age"), {
        "sqlite": "table 'bare' has no foreign key on (owner) to author "
        "(age)\n  there is foreign key on (owner) to author (id)",
        "postgresql": "table 'bare' has no foreign key on (owner) to author "
        "(age)\n  there is foreign key 'bare_owner_fkey' on (owner) to "
        "author (id)",
        "mysql": "table 'bare' has no foreign key on (owner) to author "
        "(age)\n  there is foreign key 'bare_ibfk_1' on (owner) to author "
        "(id)",
    }),
    (key("member", ["book_id"], "book"),
     "table 'member' has no foreign key on (book_id) to book\n"
     "  there is no foreign key at all"),
    (key("book", ["editor_id"], "author.id", ondelete="set null"),
     "table 'book' has no foreign key on (editor_id) to author (id) on "
     "delete SET NULL\n"
     "  there is foreign key 'fk_author' on (author_id) to author (id) on "
     "delete CASCADE\n"
     "  there is foreign key 'fk_editor' on (editor_id) to author (id)"),
    (call("assertForeignKeyNotExists", "book", ["author_id"]),
     "table 'book' has foreign key 'fk_author' on (author_id) to author "
     "(id) on delete CASCADE"),
    (unique("author", ["last"]),
     "table 'author' has no unique constraint on (last)\n"
     "  there is unique constraint 'uq_author' on (first, last)"),
    (call("assertUniqueConstraintNotExists", "author", name="uq_author"),
     "table 'author' has unique constraint 'uq_author' on (first, last)"),
    (call("assertPrimaryKey", "member", ["author_id", "book_id"]), {
        "sqlite": "table 'member' has not the primary key (author_id, "
        "book_id)\n"
        "  there is primary key 'pk_member' (book_id, author_id)",
        "postgresql": "table 'member' has not the primary key (author_id, "
        "book_id)\n"
        "  there is primary key 'pk_member' (book_id, author_id)",
        "mysql": "table 'member' has not the primary key (author_id, "
        "book_id)\n"
        "  there is primary key (book_id, author_id)",
    }),
    (check("author", condition="age > 20"), {
        "sqlite": "table 'author' has no check constraint (age > 20)\n"
        "  there is check constraint 'ck_age' (age >= 0)",
        "postgresql": "table 'author' has no check constraint (age > 20)\n"
        "  there is check constraint 'ck_age' (age >= 0)",
        "mysql": "table 'author' has no check constraint (age > 20)\n"
        "  there is check constraint 'ck_age' (`age` >= 0)",
    }),
    (check("member", "ck_pages"),
     "table 'member' has no check constraint 'ck_pages'\n"
     "  there is no check constraint at all"),
    (call("assertCheckConstraintNotExists", "author", "ck_age"), {
        "sqlite": "table 'author' has check constraint 'ck_age' (age >= 0)",
        "postgresql": "table 'author' has check constraint 'ck_age' "
        "(age >= 0)",
        "mysql": "table 'author' has check constraint 'ck_age' "
        "(`age` >= 0)",
    }),
    (enum("book", "kind", ["novel", "essay"]),
     "column 'kind' of table 'book' takes other values than expected\n"
     "  missing: 'essay'\n"
     "  not expected: 'poem'"),
)
NO_TABLE = r"no table 'boook'; there are .*did you mean 'book'\?"
NO_COLUMN = r"table '\w+' has no column 'pagse'; .*did you mean 'pages'\?"
NOTHING = "nothing is called '%s': neither the database nor any revision"
ERRORS: tuple[tuple[Call, str], ...] = (
    *(
        (call(name, "boook", *rest), NO_TABLE)
        for name, *rest in (
            ("assertIndexExists", "ix_pages"),
            ("assertIndexNotExists", "ix_gone"),
            ("assertForeignKey", ["author_id"], "author"),
            ("assertForeignKeyNotExists", ["author_id"]),
            ("assertUniqueConstraint", ["pages"]),
            ("assertUniqueConstraintNotExists", ["pages"]),
            ("assertPrimaryKey", ["id"]),
            ("assertCheckConstraint", "ck_pages"),
            ("assertCheckConstraintNotExists", "ck_gone"),
            ("assertEnumValues", "kind", ["novel"]),
        )
    ),
    (call("assertColumn", "boook", "id", type=sa.Integer), NO_TABLE),
    (column("pagse", type=sa.Integer), NO_COLUMN),
    (index("book", columns=["pagse"]), NO_COLUMN),
    (key("book", ["pagse"], "author"), NO_COLUMN),
    (unique("book", ["pagse"]), NO_COLUMN),
    (call("assertPrimaryKey", "book", ["pagse"]), NO_COLUMN),
    (enum("book", "pagse", ["novel"]), NO_COLUMN),
    (key("book", ["author_id"], "autor"), "no table 'autor'"),
    (key("book", ["author_id"], "author.idd"), "no column 'idd'"),
    (key("book", ["author_id"], "author", ondelete="CASCAD"),
     "ondelete must be one of CASCADE, .* not 'CASCAD'"),
    (column("id"), "nothing is expected of the column: say type=, nullable="),
    (column("id", type=None), "type must be a SQLAlchemy type"),
    (column("id", type="bolean"), "no type .* did you mean 'boolean'"),
    (column("id", nullable=None), "nullable must be True or False"),
    (column("id", length="x"), "length must be a number or None"),
    (column("id", comment=""), "comment must be a text"),
    (column("pages", default=[]), "default must be a value"),
    (index("book"), "nothing is expected: say name= or columns="),
    (index("book", ""), "name is empty"),
    (index("book", columns=[]), "columns is empty"),
    (unique("book"), "nothing is expected"),
    (key("book", []), "columns is empty"),
    (check("book"), "nothing is expected"),
    (check("book", condition=""), "condition is empty"),
    (enum("book", "kind", []), "values is empty"),
    (enum("book", "name", ["novel"]), "no CHECK limits it"),
    (enum(values=["novel"]), "name a table and a column, or enum="),
    (call("assertIndexNotExists", "book", "ix_gnoe"), NOTHING % "ix_gnoe"),
    (call("assertIndexNotExists", "book", columns=["pagse"]),
     NOTHING % "pagse"),
    (call("assertForeignKeyNotExists", "book", ["pagse"]),
     NOTHING % "pagse"),
    (call("assertForeignKeyNotExists", "book", name="fk_gnoe"),
     NOTHING % "fk_gnoe"),
    (call("assertUniqueConstraintNotExists", "book", ["pagse"]),
     NOTHING % "pagse"),
    (call("assertUniqueConstraintNotExists", "book", name="uq_gnoe"),
     NOTHING % "uq_gnoe"),
    (call("assertCheckConstraintNotExists", "book", "ck_gnoe"),
     NOTHING % "ck_gnoe"),
    (call("assertCheckConstraintNotExists", "book", condition="pagse > 0"),
     NOTHING % "pagse"),
)
ERRORS_ON: dict[str, tuple[tuple[Call, str], ...]] = {
    "sqlite": (
        (column("id", comment="x"), "sqlite keeps no comments"),
        (enum(values=["novel"], enum="kind"), "sqlite has no types with"),
    ),
    "postgresql": (
        (enum(values=["novel"], enum="knid"),
         "no enum type 'knid'; there are 'kind'; did you mean 'kind'"),
    ),
    "mysql": (),
}


class Cases:
    """The cases on one database; a mixin, for it is no test by itself."""

    family: Optional[str] = None
    case: Any

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # type: ignore[misc]
        folder = tempfile.TemporaryDirectory(prefix="test_")
        cls.addClassCleanup(folder.cleanup)  # type: ignore[attr-defined]
        members: dict[str, Any] = {
            "runTest": lambda self: None, "start_revision": "r2",
            "longMessage": True,
        }
        ini = INI
        if cls.family is not None:
            url = servers.require_server(cls.family)
            members["database_url"] = url.render_as_string(False)
            ini = re.sub(
                "(?m)^sqlalchemy.url.*",
                f"sqlalchemy.url = {url.set(database='production')}", INI,
            )
        members["alembic_config"] = str(make_history(
            Path(folder.name),
            (Rev("r1", upgrade=TABLES), Rev("r2", "r1", upgrade=GONE)),
            ini=ini,
        ))
        cls.case = type("Case", (MigrationTestCase,), members)()
        cls.addClassCleanup(cls.case.doCleanups)  # type: ignore
        cls.case.migrations.applied

    @property
    def dialect(self) -> str:
        return self.family or "sqlite"

    def test_what_is_true_passes(self: Any) -> None:
        for tried in PASSES + PASSES_ON[self.dialect]:
            with self.subTest(tried.__name__):
                tried(self.case)

    def test_what_is_false_fails_word_for_word(self: Any) -> None:
        for tried, text in FAILS:
            with self.subTest(tried.__name__):
                if isinstance(text, dict):
                    text = text[self.dialect]
                with self.assertRaises(AssertionError) as caught:
                    tried(self.case)
                self.assertEqual(text, str(caught.exception))
                self.assertLessEqual(len(text.splitlines()), 25)

    def test_what_means_nothing_is_an_error(self: Any) -> None:
        for tried, words in ERRORS + ERRORS_ON[self.dialect]:
            with self.subTest(tried.__name__):
                with self.assertRaisesRegex(TableError, words):
                    tried(self.case)

    def test_schemas(self: Any) -> None:
        case = self.case
        before = case.schema_snapshot()
        self.assertNotIn("alembic_version", before.tables)
        case.assertSchemasEqual(before, case.schema_snapshot())
        case.execute("CREATE TABLE more (id INTEGER)")
        self.addCleanup(case.execute, "DROP TABLE IF EXISTS more")
        with self.assertRaises(AssertionError) as caught:
            case.assertSchemasEqual(before, case.schema_snapshot())
        self.assertEqual(
            'the schemas differ\ntable "more" is there only after: "id"',
            str(caught.exception),
        )
        nothing = before.without(before.tables)
        empty = type(nothing)(nothing.dialect, {})
        with self.assertRaisesRegex(TableError, "both schemas are empty"):
            case.assertSchemasEqual(empty, empty)
        case.assertSchemasEqual(empty, empty, allow_empty=True)
        with self.assertRaisesRegex(TableError, "must come from schema_snap"):
            case.assertSchemasEqual(before, None)
        other = type(before)("other", before.facts)
        with self.assertRaisesRegex(MigtestkitError, "cannot be compared"):
            case.assertSchemasEqual(before, other)

    def test_the_message_of_the_test_is_added(self: Any) -> None:
        with self.assertRaisesRegex(AssertionError, "expected .* : because"):
            self.case.assertColumn(
                "book", "body", "because", nullable=False
            )

    def test_many_parts_stay_readable(self: Any) -> None:
        names = [f"c{number:02}" for number in range(30)]
        self.addCleanup(self.case.execute, "DROP TABLE IF EXISTS wide")
        self.case.execute(
            f"CREATE TABLE wide ({', '.join(f'{n} INTEGER' for n in names)})"
        )
        for name in names:
            self.case.execute(f"CREATE INDEX ix_{name} ON wide ({name})")
        with self.assertRaises(AssertionError) as caught:
            self.case.assertIndexExists("wide", "ix_pages")
        lines = str(caught.exception).splitlines()
        self.assertEqual(17, len(lines))
        self.assertEqual("  and 15 more", lines[-1])


class TestSQLite(Cases, unittest.TestCase):
    def test_the_check_of_an_enum_has_its_values(self):
        with self.assertRaises(AssertionError) as caught:
            column("kind", type=sa.Enum("novel", "essay"))(self.case)
        self.assertEqual(
            BOOK.format("kind") + "  type: expected VARCHAR(5) of 'novel', "
            "'essay', is VARCHAR(5) of 'novel', 'poem'",
            str(caught.exception),
        )
        column("name", type=sa.Enum("novel", "essay"))(self.case)
        with self.assertRaisesRegex(AssertionError, r"is VARCHAR\(40\)"):
            column("name", type=sa.Enum("x" * 41))(self.case)

    def test_a_view_has_columns_and_no_keys(self):
        self.case.execute("CREATE VIEW short AS SELECT id, pages FROM book")
        self.addCleanup(self.case.execute, "DROP VIEW short")
        self.case.assertColumn("short", "pages", type=sa.Integer)
        with self.assertRaisesRegex(AssertionError, "no index at all"):
            self.case.assertIndexExists("short", "ix_pages")
        with self.assertRaisesRegex(AssertionError, "no primary key at all"):
            self.case.assertPrimaryKey("short", "id")


class TestPostgreSQL(Cases, unittest.TestCase):
    family = "postgresql"

    def test_another_schema(self):
        case = self.case
        self.addCleanup(case.execute, "DROP SCHEMA shop CASCADE")
        case.execute("CREATE SCHEMA shop")
        case.execute("CREATE TYPE shop.size AS ENUM ('s', 'l')")
        case.execute(
            "CREATE TABLE shop.book (id INTEGER GENERATED ALWAYS AS IDENTITY "
            "PRIMARY KEY, code INTEGER UNIQUE, size shop.size, "
            "owner INTEGER REFERENCES author (id))"
        )
        case.execute(
            "CREATE TABLE shop.copy (book INTEGER REFERENCES shop.book (id))"
        )
        case.assertColumn("shop.book", "id", autoincrement=True)
        case.assertColumn("book", "code", schema="shop", autoincrement=False)
        case.assertEnumValues("shop.book", "size", ["s", "l"])
        case.assertEnumValues(values=["s", "l"], enum="size", schema="shop")
        case.assertUniqueConstraint("shop.book", ["code"])
        case.assertForeignKey("shop.book", ["owner"], "public.author.id")
        case.assertForeignKey("shop.copy", ["book"], "shop.book.id")
        case.assertForeignKey("shop.copy", ["book"], "book")
        with self.assertRaisesRegex(AssertionError, "has no foreign key"):
            case.assertForeignKey("shop.copy", ["book"], "public.book")
        with self.assertRaisesRegex(TableError, "no table 'author'"):
            case.assertForeignKey("shop.book", ["owner"], "author")


class TestMariaDB(Cases, unittest.TestCase):
    family = "mysql"


if __name__ == "__main__":
    unittest.main()
