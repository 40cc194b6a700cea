"""Are the answers about the zoo the same on PostgreSQL and MariaDB?

Each project is copied, and the URLs in it are made to name a production
database on the same server, which must be as it was afterwards. What is left
out, or differs, stands in ``DIFFERENT`` with the reason.

All projects run where ``MIGTESTKIT_TEST_WHOLE_ZOO`` is set, as .ci/run does;
else those whose answer hangs most on the database.
"""
from __future__ import annotations

import dataclasses
import functools
import os
import re
import shutil
import tempfile
import unittest
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Optional

from migtestkit.databases.base import new_token
from sqlalchemy import inspect
from sqlalchemy.engine import URL

from tests import servers, zoo
from tests.support import Outcome, run_checks
from tests.test_zoo import _quiet, _temporary, missing

POSTGRESQL, MYSQL = "postgresql", "mysql"
#: The driver that stands for SQLite's asynchronous one.
ASYNC = {POSTGRESQL: "asyncpg", MYSQL: "aiomysql"}


@dataclasses.dataclass(frozen=True)
class Difference:
    """What is true of a project on a server, where it is not the same.

    :ivar reason: why.
    :ivar expect: other verdicts; ``None``: the project is left out.
    :ivar culprits: revisions that failing checks must name.
    """

    reason: str
    expect: Optional[Mapping[str, zoo.Verdict]] = None
    culprits: Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict
    )


LEFT_OUT = {
    "connect_args": "its connect_args and its listener are sqlite3's",
    "statements_before_configure": "its statement is a PRAGMA",
    "pragma_before_configure": "its statement is a PRAGMA",
    "raw_driver_in_migration": "its migration calls sqlite3",
    "sound_objects": "its trigger is written as SQLite takes it",
    "defect_leftover_trigger": "its trigger is written as SQLite takes it",
}
#: An upgrade that cannot be applied fails what runs it on its own.
UPGRADE_FAILS = {zoo.UP_DOWN: "fail", zoo.NO_TRACE: "fail"}
DIFFERENT: dict[str, dict[str, Difference]] = {
    POSTGRESQL: {
        **{name: Difference(reason) for name, reason in LEFT_OUT.items()},
        "engine_in_migration": Difference(
            "in one run, another connection does not see what the run's "
            "transaction has made, which SQLite's driver had committed",
            {zoo.UPGRADE: "fail", zoo.MODELS: "fail"},
            {zoo.UPGRADE: ("r2_pen_name",), zoo.MODELS: ("r2_pen_name",)},
        ),
        "other_backend": Difference(
            "its settings insist on PostgreSQL, which this is",
            dict.fromkeys(zoo.RUNS_ENV, "pass"),
        ),
        "sound_check": Difference(
            "the table that is written anew loses its sequence, and its key "
            "gets another name",
            {zoo.NO_TRACE: "fail"}, {zoo.NO_TRACE: ("r2_check",)},
        ),
        "defect_leftover_view": Difference(
            "its view is written as SQLite takes it"
        ),
        "defect_fails_only_in_one_run": Difference(
            "VACUUM is refused in a transaction, which each run begins",
            UPGRADE_FAILS, dict.fromkeys(UPGRADE_FAILS, ("r2_vacuum",)),
        ),
        "defect_fails_only_step_by_step": Difference(
            "a second upgrade finds the temporary table of the first, so "
            "that each step is taken by itself",
            UPGRADE_FAILS, dict.fromkeys(UPGRADE_FAILS, ("r2_book",)),
        ),
    },
    MYSQL: {
        **{name: Difference(reason) for name, reason in LEFT_OUT.items()},
        "batch_mode": Difference(
            "ALTER TABLE ... MODIFY without the NOT NULL that was there "
            "takes it away",
            {zoo.MODELS: "fail", zoo.NO_TRACE: "fail"},
            {zoo.NO_TRACE: ("r2_author_unique",)},
        ),
        "sound_check": Difference(
            "the table that is written anew loses AUTO_INCREMENT",
            {zoo.NO_TRACE: "fail"}, {zoo.NO_TRACE: ("r2_check",)},
        ),
        "defect_fails_only_in_one_run": Difference(
            "there is no VACUUM",
            UPGRADE_FAILS, dict.fromkeys(UPGRADE_FAILS, ("r2_vacuum",)),
        ),
        "defect_fails_only_step_by_step": Difference(
            "a second upgrade finds the temporary table of the first, so "
            "that each step is taken by itself",
            UPGRADE_FAILS, dict.fromkeys(UPGRADE_FAILS, ("r2_book",)),
        ),
    },
}

#: Run everywhere, with those of ``DIFFERENT``.
CHOSEN = (
    "linear", "merged", "expand_contract", "template_async",
    "multidb_edited", "module_level_asyncio", "custom_version_table",
    "transaction_per_migration", "second_connection_lock",
    "second_foreign_database", "warm_pool", "x_argument",
    "defect_broken_upgrade", "defect_broken_downgrade",
    "defect_second_upgrade_rows", "defect_leftover_index",
    "defect_env_commits_nothing",
)
WHOLE = bool(os.environ.get("MIGTESTKIT_TEST_WHOLE_ZOO"))

FILE = r"(?P<stem>[\w%]+(?: \w+)?)\.db"
#: How the projects write the URL of a file.
WAYS = (
    rf"f\"sqlite(?:\+\w+)?:///{{ROOT / '{FILE}'}}\"",
    rf"sqlite(?:\+\w+)?:///%\(here\)s/{FILE}",
)


def move_to_server(root: Path, url: URL, family: str, token: str) -> None:
    """Make a project's settings name databases of a server."""
    for path in root.rglob("*"):
        if path.suffix not in (".py", ".ini", ".toml"):
            continue
        text = path.read_text(encoding="utf-8")

        def named(match: re.Match[str]) -> str:
            here = url
            if "aiosqlite" in match[0]:
                here = url.set(
                    drivername=f"{url.get_backend_name()}+{ASYNC[family]}"
                )
            found = here.set(database=database_name(token, match["stem"]))
            written = found.render_as_string(hide_password=False)
            if match[0].startswith("f"):
                return f'"{written}"'
            return written.replace("%", "%%")

        for way in WAYS:
            text = re.sub(way, named, text)
        # A tenant's name is part of it.
        text = re.sub(
            r'f"sqlite:///\{ROOT / tenant\}\.db"',
            f'f"{url.set(database=token)}_{{tenant}}"',
            text,
        )
        path.write_text(text, encoding="utf-8")


def database_name(token: str, stem: str) -> str:
    """Return how a production database is called on the server."""
    return f"{token}_{re.sub('[^a-z0-9]+', '_', stem.lower())}"


def on_server(
    project: zoo.Project, url: URL, family: str
) -> Mapping[str, Any]:
    """Return the attributes that make a project's test run on a server."""
    given = project.attributes.get("database_url")
    if isinstance(given, Mapping):
        return {"database_url": dict.fromkeys(given, url)}
    if given is not None or project.name == "module_level_asyncio":
        url = url.set(drivername=f"{url.get_backend_name()}+{ASYNC[family]}")
    return {"database_url": url}


class ServerZoo:
    """The projects on one kind of server; a mixin, so that it collects
    nothing."""

    family: ClassVar[str]
    url: ClassVar[URL]
    token: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # type: ignore[misc]
        cls.url = servers.require_server(cls.family)
        cls.token = f"zoo_{new_token()}"
        stems = {
            Path(name).stem
            for project in zoo.PROJECTS.values()
            for name in project.production
        }
        for name in sorted(database_name(cls.token, one) for one in stems):
            servers.ask(cls.url, f"CREATE DATABASE {name}")
            cls.addClassCleanup(  # type: ignore[attr-defined]
                servers.drop_database, cls.url, name
            )
            servers.ask(cls.url, "CREATE TABLE precious (id INTEGER)", name)
            servers.ask(cls.url, "INSERT INTO precious VALUES (1)", name)

    def projects(self) -> Iterator[zoo.Project]:
        """Yield the projects that run here, as they must answer here."""
        different = DIFFERENT[self.family]
        for project in zoo.PROJECTS.values():
            change = different.get(project.name)
            if change is None:
                if WHOLE or project.name in CHOSEN:
                    yield project
            elif change.expect is not None:
                yield dataclasses.replace(
                    project,
                    expect={**project.expect, **change.expect},
                    culprits={
                        check: names
                        for check, names in {
                            **project.culprits, **change.culprits
                        }.items()
                        if {**project.expect, **change.expect}[check]
                        == "fail"
                    },
                )

    def test_each_check_says_what_is_true_here(self) -> None:
        for project in self.projects():
            with self.subTest(project.name):  # type: ignore[attr-defined]
                self.check(project)

    def check(self, project: zoo.Project) -> None:
        case: Any = self
        reason = missing(project)
        if reason:
            case.skipTest(reason)
        outcome = observe(project.name, self.family, self.url, self.token)
        case.assertEqual(
            dict(project.expect), outcome.verdicts, str(outcome)
        )
        for check, culprits in project.culprits.items():
            for culprit in culprits:
                case.assertIn(culprit, outcome.texts[check])

    def test_production_is_as_it_was(self) -> None:
        case: Any = self
        seen = 0
        for name in sorted(servers.database_names(self.url)):
            if name.startswith(self.token):
                seen += 1
                rows = servers.ask(self.url, "SELECT id FROM precious", name)
                case.assertEqual([(1,)], [tuple(row) for row in rows])
                case.assertEqual(["precious"], self.tables(name))
        case.assertGreaterEqual(seen, 5)

    def tables(self, database: str) -> list[str]:
        """Return the tables of a database."""
        engine = servers.admin_engine(self.url, database)
        return sorted(inspect(engine).get_table_names())

    def test_every_difference_is_one_of_a_project(self) -> None:
        case: Any = self
        for name, change in DIFFERENT[self.family].items():
            case.assertIn(name, zoo.PROJECTS)
            case.assertTrue(change.reason)
        case.assertLess(set(CHOSEN), set(zoo.PROJECTS))


@functools.lru_cache(maxsize=None)
def observe(name: str, family: str, url: URL, token: str) -> Outcome:
    """Run the checks on a project, once for all tests."""
    project = zoo.PROJECTS[name]
    folder = Path(tempfile.mkdtemp(prefix="test_")).resolve()
    try:
        root = zoo.copy_project(project, folder)
        move_to_server(root, url, family, token)
        attributes = dict(on_server(project, url, family))
        if project.environ(root):
            production = url.set(database=database_name(token, "production"))
            attributes["environ"] = dict.fromkeys(
                project.environ(root),
                production.render_as_string(hide_password=False),
            )
        with _temporary(folder / "temp"), _quiet():
            return run_checks(project, root, **attributes)
    finally:
        zoo.forget_modules(folder)
        shutil.rmtree(folder)


class TestPostgreSQL(ServerZoo, unittest.TestCase):
    family = POSTGRESQL


class TestMariaDB(ServerZoo, unittest.TestCase):
    family = MYSQL


if __name__ == "__main__":
    unittest.main()
