"""What changes a schema on MariaDB, and what ends where it began?"""

from __future__ import annotations

from tests.catalogue.cases import Mutation as M
from tests.catalogue.cases import Path

BASE = (
    "CREATE TABLE team (id integer AUTO_INCREMENT PRIMARY KEY, "
    "name varchar(20) NOT NULL)",
    "CREATE TABLE member ("
    " id integer AUTO_INCREMENT, team_id integer,"
    " name varchar(20) NOT NULL DEFAULT 'x', email varchar(90),"
    " age integer CHECK (age > 0), feeling enum('sad', 'ok'),"
    " born datetime DEFAULT current_timestamp,"
    " twice integer AS (age * 2) STORED,"
    " PRIMARY KEY (id),"
    " CONSTRAINT fk_team FOREIGN KEY (team_id) REFERENCES team (id),"
    " CONSTRAINT uq_email UNIQUE (email),"
    " CONSTRAINT ck_name CHECK (name <> ''),"
    " KEY ix_name (name))",
    "CREATE TABLE log (id integer, day date)",
    "CREATE SEQUENCE counter INCREMENT BY 2",
    "CREATE VIEW adults AS SELECT id, name FROM member WHERE age > 17",
    "CREATE TRIGGER tr_member BEFORE UPDATE ON member FOR EACH ROW "
    "SET NEW.name = lower(NEW.name)",
    "CREATE FUNCTION plus(a integer, b integer) RETURNS integer "
    "DETERMINISTIC RETURN a + b",
    "CREATE PROCEDURE tidy() DELETE FROM log",
    "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM log",
)

MUTATIONS = {
    "table": M("CREATE TABLE extra (id integer)", "DROP TABLE extra",
               'table "extra" is there only after: "id"'),
    "table renamed": M("RENAME TABLE log TO diary", "RENAME TABLE diary "
                       "TO log", 'table "diary"'),
    "engine": M("ALTER TABLE log ENGINE = MyISAM",
                "ALTER TABLE log ENGINE = InnoDB",
                'table "log": option ENGINE is InnoDB before, MyISAM after'),
    "collation of a table": M(
        "ALTER TABLE log COLLATE utf8mb4_bin",
        "ALTER TABLE log COLLATE $collation", "utf8mb4_bin after"),
    "comment of a table": M(
        "ALTER TABLE log COMMENT 'notes'", "ALTER TABLE log COMMENT ''",
        'table "log": comment is there only after: notes'),
    "row format": M(
        "ALTER TABLE log ROW_FORMAT = COMPACT",
        "ALTER TABLE log ROW_FORMAT = DEFAULT",
        "option ROW_FORMAT is there only after: COMPACT"),
    "partitions": M(
        "ALTER TABLE log PARTITION BY HASH (id) PARTITIONS 2",
        "ALTER TABLE log REMOVE PARTITIONING",
        "option PARTITION BY is there only after: HASH (id) PARTITIONS 2"),
    "system versioning": M(
        "ALTER TABLE log ADD SYSTEM VERSIONING",
        "ALTER TABLE log DROP SYSTEM VERSIONING",
        "option WITH SYSTEM VERSIONING is there only after"),
    "column": M("ALTER TABLE log ADD extra integer",
                "ALTER TABLE log DROP extra",
                'table "log": column "extra" is there only after: int(11)'),
    "column renamed": M(
        "ALTER TABLE log CHANGE day date date",
        "ALTER TABLE log CHANGE date day date", 'column "date"'),
    "type": M("ALTER TABLE log MODIFY id bigint",
              "ALTER TABLE log MODIFY id integer", "bigint(20)"),
    "length": M("ALTER TABLE team MODIFY name varchar(30) NOT NULL",
                "ALTER TABLE team MODIFY name varchar(20) NOT NULL",
                "varchar(20) NOT NULL before, varchar(30) NOT NULL after"),
    "unsigned": M("ALTER TABLE log MODIFY id integer unsigned",
                  "ALTER TABLE log MODIFY id integer", "unsigned"),
    "not null": M("ALTER TABLE log MODIFY day date NOT NULL",
                  "ALTER TABLE log MODIFY day date", "date NOT NULL after"),
    "default": M("ALTER TABLE member ALTER name SET DEFAULT 'y'",
                 "ALTER TABLE member ALTER name SET DEFAULT 'x'",
                 "DEFAULT 'y' after"),
    "default dropped": M("ALTER TABLE member ALTER born DROP DEFAULT",
                         "ALTER TABLE member MODIFY born datetime "
                         "DEFAULT current_timestamp", "current_timestamp()"),
    "on update": M(
        "ALTER TABLE member MODIFY born datetime DEFAULT current_timestamp "
        "ON UPDATE current_timestamp",
        "ALTER TABLE member MODIFY born datetime DEFAULT current_timestamp",
        "ON UPDATE current_timestamp() after"),
    "auto increment": M(
        "ALTER TABLE log MODIFY id integer AUTO_INCREMENT, ADD KEY (id)",
        "ALTER TABLE log MODIFY id integer, DROP KEY id", "AUTO_INCREMENT"),
    "collation of a column": M(
        "ALTER TABLE team MODIFY name varchar(20) COLLATE utf8mb4_bin "
        "NOT NULL", "ALTER TABLE team MODIFY name varchar(20) NOT NULL",
        "COLLATE utf8mb4_bin"),
    "comment of a column": M(
        "ALTER TABLE log MODIFY day date COMMENT 'when'",
        "ALTER TABLE log MODIFY day date", "COMMENT 'when' after"),
    "expression of a generated column": M(
        "ALTER TABLE member MODIFY twice integer AS (age * 3) STORED",
        "ALTER TABLE member MODIFY twice integer AS (age * 2) STORED",
        "(age * 3) STORED after"),
    "generated column made virtual": M(
        ("ALTER TABLE member DROP twice",
         "ALTER TABLE member ADD twice integer AS (age * 2) VIRTUAL"),
        ("ALTER TABLE member DROP twice",
         "ALTER TABLE member ADD twice integer AS (age * 2) STORED"),
        "(age * 2) VIRTUAL after"),
    "invisible column": M(
        "ALTER TABLE log MODIFY day date INVISIBLE",
        "ALTER TABLE log MODIFY day date", "INVISIBLE"),
    "value of an enum": M(
        "ALTER TABLE member MODIFY feeling enum('sad', 'ok', 'mad')",
        "ALTER TABLE member MODIFY feeling enum('sad', 'ok')",
        "enum('sad','ok','mad') DEFAULT NULL after"),
    "order of an enum": M(
        "ALTER TABLE member MODIFY feeling enum('ok', 'sad')",
        "ALTER TABLE member MODIFY feeling enum('sad', 'ok')",
        "enum('ok','sad')"),
    "check of a column": M(
        "ALTER TABLE member MODIFY age integer",
        "ALTER TABLE member MODIFY age integer CHECK (age > 0)",
        "int(11) DEFAULT NULL CHECK (age > 0) before"),
    "primary key": M("ALTER TABLE log ADD PRIMARY KEY (id)",
                     "ALTER TABLE log DROP PRIMARY KEY, "
                     "MODIFY id integer NULL",
                     'table "log": primary key is there only after: (id)'),
    "check": M("ALTER TABLE log ADD CONSTRAINT ck CHECK (id > 0)",
               "ALTER TABLE log DROP CONSTRAINT ck",
               'table "log": check "ck" is there only after: (id > 0)'),
    "check with another text": M(
        ("ALTER TABLE member DROP CONSTRAINT ck_name",
         "ALTER TABLE member ADD CONSTRAINT ck_name CHECK (name <> 'a')"),
        ("ALTER TABLE member DROP CONSTRAINT ck_name",
         "ALTER TABLE member ADD CONSTRAINT ck_name CHECK (name <> '')"),
        "(name <> '') before, (name <> 'a') after"),
    "foreign key": M(
        "ALTER TABLE member DROP FOREIGN KEY fk_team",
        "ALTER TABLE member ADD CONSTRAINT fk_team "
        "FOREIGN KEY (team_id) REFERENCES team (id)",
        'table "member": foreign key "fk_team" is there only before: '
        "(team_id) -> team (id)"),
    "action of a foreign key": M(
        ("ALTER TABLE member DROP FOREIGN KEY fk_team",
         "ALTER TABLE member ADD CONSTRAINT fk_team FOREIGN KEY (team_id) "
         "REFERENCES team (id) ON DELETE CASCADE"),
        ("ALTER TABLE member DROP FOREIGN KEY fk_team",
         "ALTER TABLE member ADD CONSTRAINT fk_team FOREIGN KEY (team_id) "
         "REFERENCES team (id)"), "team (id) ON DELETE CASCADE after"),
    "unique index": M(
        "ALTER TABLE member DROP KEY uq_email",
        "ALTER TABLE member ADD CONSTRAINT uq_email UNIQUE (email)",
        'index "uq_email" is there only before: UNIQUE (email)'),
    "index": M("CREATE INDEX ix ON log (day)", "DROP INDEX ix ON log",
               'table "log": index "ix" is there only after: (day)'),
    "index renamed": M(
        "ALTER TABLE member RENAME INDEX ix_name TO ix",
        "ALTER TABLE member RENAME INDEX ix TO ix_name",
        'index "ix" is there only after'),
    "length of an index": M(
        "ALTER TABLE member DROP KEY ix_name, ADD KEY ix_name (name(5))",
        "ALTER TABLE member DROP KEY ix_name, ADD KEY ix_name (name)",
        "(name) before, (name(5)) after"),
    "order of an index": M(
        "ALTER TABLE member DROP KEY ix_name, ADD KEY ix_name (name DESC)",
        "ALTER TABLE member DROP KEY ix_name, ADD KEY ix_name (name)",
        "(name DESC) after"),
    "full text index": M(
        "ALTER TABLE team ADD FULLTEXT KEY ft (name)",
        "ALTER TABLE team DROP KEY ft", "FULLTEXT (name)"),
    "ignored index": M(
        "ALTER TABLE member ALTER INDEX ix_name IGNORED",
        "ALTER TABLE member ALTER INDEX ix_name NOT IGNORED",
        "(name) IGNORED after"),
    "view": M("CREATE VIEW v AS SELECT 1 AS one", "DROP VIEW v",
              'view "v" is there only after'),
    "text of a view": M(
        "CREATE OR REPLACE VIEW adults AS SELECT id, name FROM member "
        "WHERE age > 20",
        "CREATE OR REPLACE VIEW adults AS SELECT id, name FROM member "
        "WHERE age > 17", "member.age > 20"),
    "security of a view": M(
        "ALTER SQL SECURITY INVOKER VIEW adults AS SELECT id, name "
        "FROM member WHERE age > 17",
        "ALTER SQL SECURITY DEFINER VIEW adults AS SELECT id, name "
        "FROM member WHERE age > 17", "SQL SECURITY INVOKER"),
    "trigger": M(
        "DROP TRIGGER tr_member",
        "CREATE TRIGGER tr_member BEFORE UPDATE ON member FOR EACH ROW "
        "SET NEW.name = lower(NEW.name)",
        'table "member": trigger "tr_member" is there only before: '
        "BEFORE UPDATE SET"),
    "body of a trigger": M(
        "CREATE OR REPLACE TRIGGER tr_member BEFORE UPDATE ON member "
        "FOR EACH ROW SET NEW.name = upper(NEW.name)",
        "CREATE OR REPLACE TRIGGER tr_member BEFORE UPDATE ON member "
        "FOR EACH ROW SET NEW.name = lower(NEW.name)", "upper(NEW.name)"),
    "function": M(
        "CREATE FUNCTION one() RETURNS integer RETURN 1",
        "DROP FUNCTION one", 'function "one" is there only after'),
    "body of a function": M(
        "CREATE OR REPLACE FUNCTION plus(a integer, b integer) RETURNS "
        "integer DETERMINISTIC RETURN a + b + 0",
        "CREATE OR REPLACE FUNCTION plus(a integer, b integer) RETURNS "
        "integer DETERMINISTIC RETURN a + b", "RETURN a + b + 0"),
    "procedure": M(
        "DROP PROCEDURE tidy", "CREATE PROCEDURE tidy() DELETE FROM log",
        'procedure "tidy" is there only before'),
    "event": M(
        "DROP EVENT ev",
        "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM log",
        'event "ev" is there only before'),
    "event disabled": M("ALTER EVENT ev DISABLE", "ALTER EVENT ev ENABLE",
                        "DISABLED"),
    "sequence": M("CREATE SEQUENCE extra", "DROP SEQUENCE extra",
                  'sequence "extra" is there only after'),
    "increment": M("ALTER SEQUENCE counter INCREMENT BY 3",
                   "ALTER SEQUENCE counter INCREMENT BY 2",
                   "increment by 3"),
    "character set of the database": M(
        "ALTER DATABASE CHARACTER SET ucs2",
        "ALTER DATABASE CHARACTER SET $charset COLLATE $collation",
        "ucs2 COLLATE"),
}

PATHS: dict[str, Path] = {
    "table made and dropped": (
        "CREATE TABLE t (id integer PRIMARY KEY)", "DROP TABLE t"),
    "table dropped and made": (
        "DROP TABLE log", "CREATE TABLE log (id integer, day date)"),
    "table renamed and back": (
        "RENAME TABLE log TO diary", "RENAME TABLE diary TO log"),
    "parent renamed and back": (
        "RENAME TABLE team TO club", "RENAME TABLE club TO team"),
    "column added and dropped": (
        "ALTER TABLE team ADD a integer", "ALTER TABLE team DROP a"),
    "column dropped and added at the end": (
        "ALTER TABLE log DROP id", "ALTER TABLE log ADD id integer"),
    "column renamed and back": (
        "ALTER TABLE member RENAME COLUMN born TO birth",
        "ALTER TABLE member RENAME COLUMN birth TO born"),
    "type and back": (
        "ALTER TABLE log MODIFY id bigint", "ALTER TABLE log MODIFY id int"),
    "not null and back": (
        "ALTER TABLE log MODIFY id integer NOT NULL",
        "ALTER TABLE log MODIFY id integer NULL"),
    "default and back": (
        "ALTER TABLE log ALTER id SET DEFAULT 1",
        "ALTER TABLE log ALTER id SET DEFAULT NULL"),
    "enum and back": (
        "ALTER TABLE member MODIFY feeling enum('sad', 'ok', 'mad')",
        "ALTER TABLE member MODIFY feeling enum('sad', 'ok')"),
    "foreign key dropped and added": (
        "ALTER TABLE member DROP FOREIGN KEY fk_team",
        "ALTER TABLE member ADD CONSTRAINT fk_team "
        "FOREIGN KEY (team_id) REFERENCES team (id) ON DELETE RESTRICT "
        "ON UPDATE RESTRICT",
        "ALTER TABLE member DROP FOREIGN KEY fk_team",
        "ALTER TABLE member ADD CONSTRAINT fk_team "
        "FOREIGN KEY (team_id) REFERENCES team (id)"),
    "auto increment dropped and added": (
        "SET foreign_key_checks = 0", "ALTER TABLE team MODIFY id integer",
        "ALTER TABLE team MODIFY id integer AUTO_INCREMENT",
        "SET foreign_key_checks = 1"),
    "unique dropped and added": (
        "ALTER TABLE member DROP KEY uq_email",
        "ALTER TABLE member ADD CONSTRAINT uq_email UNIQUE (email)"),
    "index dropped and made": (
        "DROP INDEX ix_name ON member",
        "CREATE INDEX ix_name ON member (name ASC)"),
    "index renamed and back": (
        "ALTER TABLE member RENAME INDEX ix_name TO ix",
        "ALTER TABLE member RENAME INDEX ix TO ix_name"),
    "check dropped and added": (
        "ALTER TABLE member DROP CONSTRAINT ck_name",
        "ALTER TABLE member ADD CONSTRAINT ck_name CHECK (`name` <> '')"),
    "check added and dropped": (
        "ALTER TABLE log ADD CONSTRAINT ck CHECK (id > 0)",
        "ALTER TABLE log DROP CONSTRAINT ck"),
    "view dropped and made": (
        "DROP VIEW adults",
        "CREATE VIEW adults AS\n SELECT member.id, member.name\n"
        " FROM member\n WHERE member.age > 17"),
    "trigger dropped and made": (
        "DROP TRIGGER tr_member",
        "CREATE TRIGGER tr_member BEFORE UPDATE ON member FOR EACH ROW "
        "SET NEW.name = lower(NEW.name)"),
    "function dropped and made": (
        "DROP FUNCTION plus",
        "CREATE FUNCTION plus(a integer, b integer) RETURNS integer\n"
        "    DETERMINISTIC\n    RETURN a + b"),
    "procedure dropped and made": (
        "DROP PROCEDURE tidy", "CREATE PROCEDURE tidy() DELETE FROM log"),
    "event dropped and made": (
        "DROP EVENT ev", "DO SLEEP(1.1)",
        "CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM log"),
    "sequence used": ("SELECT NEXT VALUE FOR counter",),
    "sequence dropped and made": (
        "DROP SEQUENCE counter", "CREATE SEQUENCE counter INCREMENT BY 2"),
    "rows, and the next number": (
        "INSERT INTO team (name) VALUES ('a'), ('b')", "DELETE FROM team"),
    "comment and back": (
        "ALTER TABLE log COMMENT 'a'", "ALTER TABLE log COMMENT ''"),
    "engine and back": (
        "ALTER TABLE log ENGINE = MyISAM", "ALTER TABLE log ENGINE = InnoDB"),
    "partitions and back": (
        "ALTER TABLE log PARTITION BY HASH (id) PARTITIONS 2",
        "ALTER TABLE log REMOVE PARTITIONING"),
    "analysed": ("ANALYZE TABLE member",),
}
