"""Is every change of a schema seen on MariaDB, and nothing else?"""

from __future__ import annotations

import pickle
import unittest
from typing import Any

from migtestkit.config.ignoring import KINDS
from migtestkit.databases import backend_for
from migtestkit.errors import MigtestkitError
from migtestkit.schema import (
    Fact,
    compare,
    describe_differences,
    look_at_schema,
    read_schema,
)
from migtestkit.schema.mysql_parser import table_facts
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from tests import servers
from tests.catalogue.cases import statements
from tests.catalogue.mariadb import BASE, MUTATIONS, PATHS


class MySQLTestCase(unittest.TestCase):
    """A database for the class."""

    url: URL

    @classmethod
    def setUpClass(cls) -> None:
        server = servers.require_server("mysql")
        database = backend_for("mysql").provision(server, lock_timeout=5.0)
        cls.addClassCleanup(database.drop)
        cls.url = database.url
        cls.engine = create_engine(cls.url, poolclass=NullPool)
        cls.connection = cls.engine.connect()
        cls.addClassCleanup(cls.connection.close)
        if not cls.connection.dialect.is_mariadb:
            raise unittest.SkipTest("the changes are in MariaDB's words")
        cls.run_sql(*BASE)

    @classmethod
    def filled(cls, text: str) -> str:
        """Return a text with the database's own words in it."""
        for mark, name in (
            ("$collation", "@@collation_database"),
            ("$charset", "@@character_set_database"),
        ):
            if mark in text:
                if mark not in cls.__dict__.get("_words", {}):
                    cls._words = {
                        **cls.__dict__.get("_words", {}),
                        mark: cls.scalar(f"SELECT {name}"),
                    }
                text = text.replace(mark, cls._words[mark])
        return text

    @classmethod
    def scalar(cls, sql: str) -> Any:
        return cls.connection.exec_driver_sql(sql).scalar()

    @classmethod
    def run_sql(cls, *given: str) -> None:
        for statement in given:
            cls.connection.exec_driver_sql(statement)
        cls.connection.commit()

    def look(self, **options: Any) -> Any:
        return look_at_schema(self.connection, **options)


class TestChanges(MySQLTestCase):

    def test_each_is_seen_and_gone_when_undone(self) -> None:
        self.assertGreaterEqual(len(MUTATIONS), 30)
        for name, mutation in MUTATIONS.items():
            before = self.look()
            undo = [self.filled(one) for one in statements(mutation.undo)]
            with self.subTest(name):
                self.run_sql(*statements(mutation.do))
                changed = self.look()
                self.run_sql(*undo)
                differences = before.differences(changed)
                self.assertLessEqual(
                    {one.kind for one in differences}, set(KINDS)
                )
                text = describe_differences(differences)
                self.assertNotIn("\n ", text)
                self.assertIn(mutation.told, text)
                self.assertFalse(before.same_as(changed))
                self.assertEqual(
                    describe_differences(before.differences(self.look())), ""
                )

    def test_a_path_back_leaves_nothing(self) -> None:
        self.assertGreaterEqual(len(PATHS), 25)
        for name, path in PATHS.items():
            before = self.look()
            with self.subTest(name):
                self.run_sql(*path)
                after = self.look()
                self.assertEqual(
                    describe_differences(before.differences(after)), ""
                )
                self.assertTrue(before.same_as(after))


class TestReading(MySQLTestCase):
    """What is read, and what it does to a session."""

    def test_a_snapshot_is_plain_data(self) -> None:
        snapshot = read_schema(self.connection)
        again = pickle.loads(pickle.dumps(snapshot))
        self.assertEqual(compare(again, snapshot), ())
        self.assertEqual(
            str(snapshot.without(["member", "log", "adults"])).split(
                "  option")[0],
            """\
event "ev": %s 1 DAY ENABLED NOT PRESERVE  DELETE FROM log
function "plus": DEFINER=%s FUNCTION plus(a integer, b integer) RETURNS \
int(11) DETERMINISTIC RETURN a + b
procedure "tidy": DEFINER=%s PROCEDURE tidy() DELETE FROM log
sequence "counter": start with 1 minvalue 1 maxvalue 9223372036854775806 \
increment by 2 cache 1000 nocycle ENGINE=InnoDB
table "team"
  column "id": int(11) NOT NULL AUTO_INCREMENT
  column "name": varchar(20) NOT NULL
  primary key: (id)
""" % ((self.scalar("SELECT current_user()"),) + (self.definer(),) * 2),
        )

    def definer(self) -> str:
        """Return the user as SHOW CREATE writes it."""
        user, _, host = self.scalar("SELECT current_user()").partition("@")
        host = host if host.isidentifier() else f"`{host}`"
        return f"{user}@{host}"

    def test_left_out(self) -> None:
        self.run_sql(
            "CREATE TABLE version (num integer)",
            "CREATE TRIGGER tr_version BEFORE INSERT ON version FOR EACH ROW "
            "SET NEW.num = 1",
        )
        before = self.look(exclude=["version"])
        self.run_sql("DROP TABLE version")
        after = self.look(exclude=[f"{self.url.database}.version"])
        self.assertNotIn("version", str(before.snapshot))
        self.assertEqual(before.differences(after), ())

    def test_schemas_that_are_named(self) -> None:
        name = f"{self.url.database}_other"
        self.addCleanup(self.run_sql, f"DROP DATABASE {name}")
        self.run_sql(
            f"CREATE DATABASE {name}",
            f"CREATE TABLE {name}.t (id integer PRIMARY KEY)",
            f"CREATE VIEW {name}.v AS SELECT id FROM {name}.t",
        )
        one = read_schema(self.connection, schemas=[name])
        self.assertEqual(one.tables, (f"{name}.t",))
        self.assertIn(f"{name}.v", one.of_kind("view"))
        both = read_schema(self.connection, schemas=[None, name])
        self.assertEqual(
            both.tables, ("log", "member", f"{name}.t", "team")
        )
        with self.assertRaisesRegex(MigtestkitError, 'no schema "nowhere"'):
            read_schema(self.connection, schemas=["nowhere"])

    def test_a_connection_to_no_database(self) -> None:
        engine = create_engine(
            self.url._replace(database=None), poolclass=NullPool
        )
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            with self.assertRaisesRegex(MigtestkitError, "to no database"):
                read_schema(connection)

    def test_the_database_s_name_is_in_no_text(self) -> None:
        self.assertNotIn(
            str(self.url.database), str(read_schema(self.connection))
        )

    def test_settings_of_the_session_play_no_part_and_stay(self) -> None:
        before = self.look()
        self.addCleanup(self.run_sql, "SET sql_mode = DEFAULT",
                        "SET sql_quote_show_create = 1")
        self.run_sql(
            "SET sql_mode = 'ANSI_QUOTES,NO_TABLE_OPTIONS'",
            "SET sql_quote_show_create = 0",
        )
        self.assertEqual(before.differences(self.look()), ())
        self.assertEqual(self.scalar("SELECT @@sql_quote_show_create"), 0)
        self.assertIn("ANSI_QUOTES", self.scalar("SELECT @@sql_mode"))

    def test_the_callers_transaction_goes_on(self) -> None:
        self.connection.exec_driver_sql("INSERT INTO log VALUES (1, NULL)")
        read_schema(self.connection)
        self.assertTrue(self.connection.in_transaction())
        self.connection.rollback()
        self.assertEqual(self.scalar("SELECT count(*) FROM log"), 0)
        self.connection.rollback()
        read_schema(self.connection)
        self.assertFalse(self.connection.in_transaction())

    def test_names_of_every_kind(self) -> None:
        self.addCleanup(self.run_sql, "DROP TABLE `a``b.c%%d :e`")
        self.run_sql(
            "CREATE TABLE `a``b.c%%d :e` (`x ``y` integer COMMENT 'it''s, "
            "`a` = 1', KEY `KEY ``k` (`x ``y`)) COMMENT 'ENGINE=x, it''s'"
        )
        facts = read_schema(self.connection).facts
        table = "a`b.c%d :e"
        self.assertEqual(
            facts[Fact("column", table, "x `y")],
            "int(11) DEFAULT NULL COMMENT 'it''s, a = 1'",
        )
        self.assertEqual(facts[Fact("index", table, "KEY `k")], "(`x ``y`)")
        self.assertEqual(
            facts[Fact("comment", table, "")], "ENGINE=x, it''s"
        )
        self.assertEqual(facts[Fact("option", table, "ENGINE")], "InnoDB")

    def test_a_user_who_may_not_see_a_routine(self) -> None:
        server = servers.require_server("mysql")
        user = f"u_{str(self.url.database)[-20:]}"
        self.addCleanup(servers.ask, server, f"DROP USER {user}")
        servers.ask(server, f"CREATE USER {user}")
        servers.ask(
            server, "GRANT SELECT, EXECUTE, SHOW VIEW "
            f"ON {self.url.database}.* TO {user}",
        )
        engine = create_engine(
            self.url.set(username=user, password=None), poolclass=NullPool
        )
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            self.assertEqual(
                read_schema(connection).of_kind("function"),
                {"plus": "not shown to this user"},
            )


class TestParser(unittest.TestCase):
    """What the server here does not write, and others do."""

    def facts(self, *lines: str, end: str = "ENGINE=InnoDB") -> Any:
        shown = ",\n  ".join(lines)
        return {
            (fact.kind, fact.name): definition
            for fact, definition in table_facts(
                "t", f"CREATE TABLE `t` (\n  {shown}\n) {end}"
            )
        }

    def test_mysql_8(self) -> None:
        facts = self.facts(
            "`a` int DEFAULT NULL /*!80023 INVISIBLE */",
            "KEY `f` ((lower(`b`)))",
            "CONSTRAINT `ck` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */",
            end="ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
                "COLLATE=utf8mb4_0900_ai_ci\n"
                "/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 2 */",
        )
        self.assertEqual(facts, {
            ("table", "t"): "",
            ("column", "a"): "int DEFAULT NULL /*!80023 INVISIBLE */",
            ("index", "f"): "((lower(b)))",
            ("check", "ck"): "((a > 0)) /*!80016 NOT ENFORCED */",
            ("option", "ENGINE"): "InnoDB",
            ("option", "DEFAULT CHARSET"): "utf8mb4",
            ("option", "COLLATE"): "utf8mb4_0900_ai_ci",
            ("option", "PARTITION BY"): "HASH (a) PARTITIONS 2",
        })

    def test_what_is_not_known_is_kept(self) -> None:
        facts = self.facts(
            "`a` int", "PERIOD FOR SYSTEM_TIME (`f`, `t`)",
            end="ENGINE=InnoDB WITH SYSTEM VERSIONING",
        )
        self.assertIn(("clause", "(PERIOD FOR SYSTEM_TIME (f, t))"), facts)
        self.assertIn(("option", "WITH SYSTEM VERSIONING"), facts)

    def test_a_line_goes_on(self) -> None:
        facts = self.facts("`a` int CHECK (`a` <> '\nx')", "`b` int")
        self.assertEqual(facts["column", "a"], "int CHECK (a <> '\nx')")
        self.assertEqual(facts["column", "b"], "int")


if __name__ == "__main__":
    unittest.main()
