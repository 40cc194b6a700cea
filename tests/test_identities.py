"""Are made-up UUIDs the same where one refers to the other, and there alone?
"""

from __future__ import annotations

import unittest

from migtestkit import MigrationContext
from migtestkit.context.populated import walk_populated
from migtestkit.context.rows_walk import DANGLING, Aim
from migtestkit.rows.synthetic.identities import is_identity, number_of
from sqlalchemy import types as sqltypes
from sqlalchemy.dialects import postgresql

from tests import servers
from tests.support import ProjectTestCase, Python, Rev

#: Types under which projects keep ids.
TYPES = """\
import sqlalchemy as sa
class GUID(sa.TypeDecorator):
    impl = sa.String(36)
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return value if value is None else str(value)
class Bytes(sa.TypeDecorator):
    impl = sa.LargeBinary(16)
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return value if value is None else value.bytes
class BinaryUuid(Bytes):
    cache_ok = True
"""


def table(name: str, type_: str, *more: str) -> str:
    columns = [
        f"sa.Column('id', {type_}, primary_key=True)",
        *(f"sa.Column('{one}', {type_}, nullable=False)" for one in more),
    ]
    return f"op.create_table('{name}', {', '.join(columns)})\n"


class TestIdentities(ProjectTestCase):
    def findings(self, url: str, *revisions: Rev) -> str:
        self.folder = self.new_folder()
        ini = self.make_history(*revisions)
        with MigrationContext(str(ini), database_url=url) as context:
            report = walk_populated(context, Aim())
        self.assertEqual({}, report.unfilled)
        return "\n".join(
            f"{one.phase}\n{one.text}" for one in report.findings
        )

    def test_rows_move_to_another_table(self) -> None:
        for url in servers.every_url():
            for type_ in ("sa.Uuid", "GUID"):
                with self.subTest(type_, url=url):
                    self.assertEqual("", self.findings(
                        url,
                        Rev("r1", upgrade=Python(
                            TYPES + table("agents", type_)
                            + table("workers", type_)
                        )),
                        Rev("r2", "r1", upgrade=[
                            "INSERT INTO workers (id) SELECT id FROM agents",
                            "DELETE FROM agents",
                        ]),
                    ))

    def test_bytes(self) -> None:
        self.assertEqual("", self.findings(
            "sqlite://",
            Rev("r1", upgrade=Python(
                TYPES + table("agents", "BinaryUuid")
                + table("workers", "BinaryUuid")
            )),
            Rev("r2", "r1",
                upgrade="INSERT INTO workers (id) SELECT id FROM agents"),
        ))

    def test_rows_that_are_there_already_are_told_of(self) -> None:
        for url in servers.every_url():
            with self.subTest(url=url):
                self.assertRegex(self.findings(
                    url,
                    Rev("r1", upgrade=Python(
                        TYPES + table("agents", "sa.Uuid")
                        + table("workers", "sa.Uuid", "agent_id")
                    )),
                    Rev("r2", "r1", upgrade=(
                        "INSERT INTO agents (id) SELECT agent_id FROM workers"
                    )),
                ), "(?i)unique|duplicate")

    def test_a_foreign_key_that_comes_later(self) -> None:
        """Rows that refer to nothing were allowed before."""
        for column, told in (
            ("task_run_id", "broken by the boundary row of 'logs'"),
            ("owner_id", "broken by the typical row of 'logs'"),
        ):
            for url in servers.every_url():
                with self.subTest(column, url=url):
                    text = self.key_added(url, column, "")
                    self.assertIn(
                        DANGLING if url == "sqlite://" else told, text
                    )

    def test_a_foreign_key_over_a_column_that_is_unique(self) -> None:
        for url in servers.every_url():
            for prepare, told in (("", True), (self.CLEAN, False)):
                with self.subTest(url=url, prepare=prepare):
                    text = self.key_added(
                        url, "run_id",
                        prepare.format("run_id"),
                        "op.create_index('u', 'logs', ['run_id'], "
                        "unique=True)\n",
                    )
                    self.assertEqual(told, bool(text), text)

    CLEAN = (
        "op.execute('DELETE FROM logs WHERE NOT EXISTS (SELECT 1 FROM runs "
        "WHERE runs.id = logs.{})')\n"
    )

    def test_a_foreign_key_that_is_prepared(self) -> None:
        for url in servers.every_url():
            for column in ("task_run_id", "owner_id"):
                with self.subTest(column, url=url):
                    self.assertEqual("", self.key_added(
                        url, column, self.CLEAN.format(column)
                    ))

    def test_rows_that_refer_are_left_where_a_name_says_so(self) -> None:
        for url in servers.every_url():
            with self.subTest(url=url):
                self.assertEqual("", self.key_added(
                    url, "task_run_id",
                    "query = sa.text('SELECT count(*) FROM logs, runs "
                    "WHERE runs.id = task_run_id')\n"
                    "if op.get_bind().scalar(query):\n"
                    "    op.execute('DELETE FROM logs')\n",
                ))

    def key_added(
        self, url: str, column: str, before: str, more: str = ""
    ) -> str:
        """Return what is found of a key that is added over rows."""
        return self.findings(
            url,
            Rev("r1", upgrade=Python(
                TYPES + table("runs", "sa.Uuid")
                + table("logs", "sa.Uuid", column) + more
            )),
            Rev("r2", "r1", upgrade=Python(
                "import sqlalchemy as sa\n" + before
                + "with op.batch_alter_table('logs') as batch:\n"
                f"    batch.create_foreign_key('f', 'runs', ['{column}'], "
                "['id'])"
            )),
        )


class TestParts(unittest.TestCase):
    def test_what_an_identity_is_of(self) -> None:
        same = (
            ("runs", "id"), ("flow_run", "uuid"), ("logs", "run_id"),
            ("logs", "parentTaskRunId"), ("runs", "parent_id"),
            ("Runs", "ID"),
        )
        self.assertEqual(1, len({number_of(*one, 5) for one in same}))
        others = (
            ("runs", "id"), ("logs", "id"), ("runs", "owner_id"),
            ("policies", "id"), ("id", "id"), ("s", "s"),
        )
        self.assertEqual(6, len({number_of(*one, 5) for one in others}))
        self.assertEqual(
            number_of("policies", "id", 1), number_of("x", "policy_id", 1)
        )

    def test_types(self) -> None:
        for type_, expected in (
            (sqltypes.Uuid(), True), (postgresql.UUID(), True),
            (postgresql.DOMAIN("d", postgresql.UUID()), True),
            (sqltypes.String(36), False), (sqltypes.Integer(), False),
        ):
            with self.subTest(type_):
                self.assertEqual(expected, is_identity(type_))


if __name__ == "__main__":
    unittest.main()
