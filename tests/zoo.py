"""The zoo: what each project under `tests/projects/` is expected to do.

A test copies a project to a temporary folder, makes the production database
that the project's own settings name, and later demands that this file is
byte for byte what it was.
"""
from __future__ import annotations

import importlib
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Optional

Kind = Literal["template", "style", "refused", "history", "defect"]
Verdict = Literal["pass", "fail", "skip"]
Culprits = tuple[str, ...]

HERE = Path(__file__).resolve().parent / "projects"

SINGLE_HEAD = "test_single_head_revision"
UPGRADE = "test_upgrade"
MODELS = "test_model_definitions_match_ddl"
UP_DOWN = "test_up_down_consistency"
NO_TRACE = "test_downgrade_leaves_no_trace"
REGISTERED = "test_all_models_register_on_metadata"
CHECKS = (SINGLE_HEAD, UPGRADE, MODELS, UP_DOWN, NO_TRACE, REGISTERED)
RUNS_ENV = (UPGRADE, MODELS, UP_DOWN, NO_TRACE)


def _no_environ(root: Path) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Project:
    """One project of the zoo, and the answers that are true for it."""

    name: str
    lesson: str
    kind: Kind
    #: Alembic's configuration, relative to the project
    config: str = "alembic.ini"
    section: str = "alembic"
    #: class attributes for MigrationTestCase
    attributes: Mapping[str, Any] = field(default_factory=dict)
    #: database files named by the project's own settings
    production: tuple[str, ...] = ("production.db",)
    #: what its settings read from the environment, for a copy of the project
    environ: Callable[[Path], Mapping[str, str]] = _no_environ
    #: hooks for the test class, which sets `project_root` to the copy
    mixin: Optional[type] = None
    min_alembic: tuple[int, int] = (1, 13)
    #: modules that must be importable
    requires: tuple[str, ...] = ()
    #: what each of the six history checks says; "fail" may be any exception
    expect: Mapping[str, Verdict] = field(default_factory=dict)
    #: the revisions that a failing check must name
    culprits: Mapping[str, Culprits] = field(default_factory=dict)
    #: downgrades that must be named as not tested, though the check passes
    not_tested: Culprits = ()
    #: the error's class name, where the kit refuses the project
    refused: Optional[str] = None
    #: refused with `strict = True` only; else a documented limit
    strict_only: bool = False

    @property
    def source(self) -> Path:
        """The project's folder in the repository."""
        return HERE / self.name

    @property
    def sound(self) -> bool:
        """Whether nothing fails."""
        return "fail" not in self.expect.values()


def _answers(
    failing: Mapping[str, Culprits], skipped: tuple[str, ...]
) -> Mapping[str, Verdict]:
    answers: dict[str, Verdict] = dict.fromkeys(CHECKS, "pass")
    answers.update(dict.fromkeys(skipped, "skip"))
    answers.update(dict.fromkeys(failing, "fail"))
    return answers


def _project(
    name: str,
    lesson: str,
    kind: Kind,
    *,
    failing: Optional[Mapping[str, Culprits]] = None,
    skipped: tuple[str, ...] = (REGISTERED,),
    **others: Any,
) -> Project:
    failing = failing or {}
    culprits = {check: revs for check, revs in failing.items() if revs}
    return Project(
        name=name,
        lesson=lesson,
        kind=kind,
        expect=_answers(failing, skipped),
        culprits=culprits,
        **others,
    )


def _history(name: str, lesson: str, **others: Any) -> Project:
    return _project(name, lesson, "history", **others)


def _defect(name: str, lesson: str, *checks: str, **others: Any) -> Project:
    """A defect of revision `culprit` that `checks` must find."""
    culprit = others.pop("culprit", ())
    failing = {check: culprit for check in checks}
    return _project(
        "defect_" + name, lesson, "defect", failing=failing, **others
    )


def _leftover(name: str, culprit: str) -> Project:
    return _defect(
        "leftover_" + name,
        f"the downgrade leaves a {name}; upgrading again passes",
        NO_TRACE,
        culprit=(culprit,),
    )


def _style(name: str, lesson: str, **others: Any) -> Project:
    return _project(name, lesson, others.pop("kind", "style"), **others)


def _template(name: str, lesson: str, **others: Any) -> Project:
    """One of Alembic's templates: no models, no database of its own."""
    return _project(
        name,
        lesson,
        "template",
        skipped=(MODELS, REGISTERED),
        production=(),
        **others,
    )


def _refused(name: str, lesson: str, **others: Any) -> Project:
    """A project whose env.py runs all end in the kit's refusal."""
    culprit = others.pop("culprit", ())
    others.setdefault("refused", "ForeignDatabaseError")
    failing = dict.fromkeys(RUNS_ENV, culprit)
    return _project(name, lesson, "refused", failing=failing, **others)


def _url_in_environ(root: Path) -> Mapping[str, str]:
    url = f"sqlite:///{root / 'production.db'}"
    return {"ZOO_ENVIRONMENT_VARIABLE_URL": url}


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


class FlaskHooks:
    """What a Flask project's test class says: the application's context."""

    project_root: Path

    @contextmanager
    def alembic_context(self) -> Iterator[None]:
        with _importable(self.project_root):
            application = importlib.import_module("zoo_flask_migrate")
        with application.create_app().app_context():
            yield


class WarmPoolHooks:
    """Leaves a connection to production in the pool before each test."""

    project_root: Path

    def setUp(self) -> None:
        with _importable(self.project_root):
            database = importlib.import_module("zoo_warm_pool.database")
        database.ping()
        test: Any = self
        test.addCleanup(database.engine.dispose)
        super_setup: Any = super()
        super_setup.setUp()


TWO_ENGINES = {"engine1": "sqlite://", "engine2": "sqlite://"}

HISTORIES = (
    _history("linear", "four revisions in a row"),
    _history(
        "branched",
        "two heads that nobody merged, else sound",
        failing={SINGLE_HEAD: ("left_book", "right_loan")},
    ),
    _history("merged", "two branches merged into one head"),
    _history("merged_twice", "branches and merges twice"),
    _history("two_bases", "two bases merged into one head"),
    _history(
        "depends_on",
        "two labelled branches; billing's row implies core's head",
    ),
    _history(
        "expand_contract",
        "an expand and a contract branch, two labelled heads for good",
    ),
    _history("empty", "no revision yet", skipped=CHECKS),
    _history("single", "one revision"),
    _history("sound_objects", "every kind of object, removed again"),
    _history("sound_check", "a CHECK, removed again"),
    _history("sound_second_upgrade", "a row, deleted again"),
    _history("sound_env_commits", "a statement before configure, committed"),
    _history(
        "sound_model_package",
        "the package imports every model",
        skipped=(),
        attributes={"model_package": "zoo_sound_model_package"},
    ),
)

DEFECTS = (
    _defect(
        "broken_upgrade",
        "the second of four upgrades fails",
        *RUNS_ENV,
        culprit=("r2_index",),
    ),
    _defect(
        "broken_downgrade",
        "the second of three downgrades fails",
        UP_DOWN,
        NO_TRACE,
        culprit=("r2_index",),
    ),
    _defect(
        "second_upgrade_rows",
        "the downgrade leaves a row; only a second upgrade fails",
        UP_DOWN,
        culprit=("r2_anonymous",),
    ),
    _defect(
        "second_upgrade_table",
        "the downgrade leaves a table that a second upgrade fails on",
        UP_DOWN,
        NO_TRACE,
        culprit=("r2_book",),
    ),
    _leftover("table", "r2_book"),
    _leftover("column", "r2_columns"),
    _leftover("index", "r2_index"),
    _leftover("trigger", "r2_trigger"),
    _leftover("view", "r2_view"),
    _leftover("check", "r2_check"),
    _defect(
        "two_heads",
        "two revisions on one parent",
        SINGLE_HEAD,
        culprit=("r2_book_by_ann", "r2_loan_by_bob"),
    ),
    _defect("models_drifted", "a column that no migration creates", MODELS),
    _defect(
        "model_never_imported",
        "a migrated table whose model nobody imports",
        MODELS,
    ),
    _defect(
        "model_unregistered",
        "a model that neither metadata nor migrations know",
        REGISTERED,
        skipped=(),
        attributes={"model_package": "zoo_defect_model_unregistered"},
    ),
    _defect("env_runs_nothing", "env.py never migrates", *RUNS_ENV),
    _defect(
        "env_swallows_errors",
        "env.py passes over the failing second upgrade",
        *RUNS_ENV,
        culprit=("r2_book",),
    ),
    _defect("env_commits_nothing", "the version rows are lost", *RUNS_ENV),
    _defect(
        "downgrade_not_implemented",
        "one downgrade says that it has none",
        not_tested=("r2_book",),
    ),
    _defect(
        "all_downgrades_not_implemented",
        "no downgrade can be tested",
        skipped=(UP_DOWN, NO_TRACE, REGISTERED),
        not_tested=("r1_author", "r2_book"),
    ),
    _defect(
        "no_downgrade_function",
        "one revision has no downgrade()",
        not_tested=("r2_book",),
    ),
    _defect(
        "fails_only_in_one_run",
        "a revision that cannot share a transaction with the one before",
        UPGRADE,
        MODELS,
        culprit=("r2_vacuum",),
    ),
    _defect(
        "fails_only_step_by_step",
        "a revision that needs the connection of the one before",
        UPGRADE,
        culprit=("r2_book",),
    ),
    _defect(
        "migration_asks_question",
        "a migration reads from stdin",
        *RUNS_ENV,
        culprit=("r2_book",),
    ),
    _defect("exits", "env.py ends the process, status 0", *RUNS_ENV),
)

TEMPLATES = (
    _template("template_generic", "one database, the placeholder URL"),
    _template(
        "template_async",
        "an async engine, the placeholder URL",
        attributes={"database_url": "sqlite+aiosqlite://"},
        requires=("aiosqlite", "greenlet"),
    ),
    _template(
        "template_multidb",
        "two databases, placeholder URLs",
        attributes={"database_url": TWO_ENGINES},
    ),
    _template(
        "template_pyproject",
        "pyproject.toml for the scripts, alembic.ini for the URL",
        config="pyproject.toml",
        min_alembic=(1, 16),
    ),
    _template(
        "template_pyproject_async",
        "both files, and an async engine",
        config="pyproject.toml",
        attributes={"database_url": "sqlite+aiosqlite://"},
        requires=("aiosqlite", "greenlet"),
        min_alembic=(1, 16),
    ),
)

STYLES = (
    _style(
        "multidb_edited",
        "two databases with models for each",
        attributes={"database_url": TWO_ENGINES},
        production=("engine1.db", "engine2.db"),
    ),
    _style("settings_object", "a settings object overwrites the ini's URL"),
    _style("section_dict", "the URL is written into the section's dict"),
    _style("section_dict_prefix", "the same, under another prefix"),
    _style(
        "environment_variable",
        "the URL comes from the environment",
        environ=_url_in_environ,
    ),
    _style("create_engine_url", "create_engine(settings.DATABASE_URL)"),
    _style("connect_args", "connect_args, and a listener on the engine"),
    _style(
        "attributes_connection", "a Connection handed over, else the ini's URL"
    ),
    _style(
        "attributes_connection_required", "a Connection must be handed over"
    ),
    _style("attributes_engine_required", "an Engine must be handed over"),
    _style(
        "flask_migrate",
        "Flask-Migrate's own env.py, in an application context",
        config="migrations/alembic.ini",
        mixin=FlaskHooks,
        requires=("flask", "flask_sqlalchemy", "flask_migrate"),
    ),
    _style("second_connection_lock", "a second connection is held open"),
    _style(
        "statements_before_configure", "a write before configure(), committed"
    ),
    _style("pragma_before_configure", "a PRAGMA before configure()"),
    _style("engine_in_migration", "a migration opens an engine to read"),
    _style(
        "warm_pool",
        "the application's engine, with a connection in its pool",
        mixin=WarmPoolHooks,
    ),
    _style("custom_version_table", "version_table=..."),
    _style("transaction_per_migration", "transaction_per_migration=True"),
    _style("batch_mode", "render_as_batch=True; tables are written anew"),
    _style(
        "module_level_asyncio",
        "asyncio.run() with an async engine of its own",
        requires=("aiosqlite", "greenlet"),
    ),
    _style("include_object", "a legacy table is left out of comparisons"),
    _style("process_directives", "env.py edits what autogenerate finds"),
    _style(
        "x_argument",
        "a tenant's name must be given with -x",
        attributes={"x_arguments": ("tenant=acme",)},
        production=("acme.db",),
    ),
    _style("ini_section", "alembic -n billing", section="billing"),
    _style("package_script_location", 'script_location = "package:folder"'),
    _style("version_locations", "two folders of revisions"),
    _style("recursive_version_locations", "a folder for each year"),
    _style("file_config_logging", "fileConfig() with all of the ini"),
    _style(
        "percent_and_spaces",
        "per cent signs and spaces in names",
        production=("100% sure.db",),
    ),
)

REFUSED = (
    _refused("creator", "an engine that connects by its own function"),
    _style(
        "raw_driver_in_migration",
        "a migration calls sqlite3 itself, and writes",
        kind="refused",
        refused="ForeignDatabaseError",
        strict_only=True,
    ),
    _refused(
        "engine_in_migration_foreign",
        "a migration opens another database",
        culprit=("r2_book",),
        production=("production.db", "reports.db"),
    ),
    _refused(
        "second_foreign_database",
        "env.py opens another database",
        production=("production.db", "reports.db"),
    ),
    _refused(
        "other_backend",
        "the settings insist on PostgreSQL",
        refused="ConfigError",
        production=(),
        requires=("psycopg",),
    ),
)

PROJECTS: dict[str, Project] = {
    project.name: project
    for project in TEMPLATES + STYLES + REFUSED + HISTORIES + DEFECTS
}


def copy_project(project: Project, destination: Path) -> Path:
    """Copy the project into `destination`; return the copy's folder."""
    root = destination / project.name
    leave = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(project.source, root, ignore=leave))


def make_production(project: Project, root: Path) -> dict[Path, bytes]:
    """Create the production databases; return each file's bytes."""
    return {
        path: _make_database(path)
        for path in (root / name for name in project.production)
    }


def _make_database(path: Path) -> bytes:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE customer (name TEXT)")
        connection.executemany(
            "INSERT INTO customer VALUES (?)", [("Ada",), ("Grace",)]
        )
    connection.close()
    return path.read_bytes()


def forget_modules(root: Path) -> None:
    """Make the next import read the modules under `root` anew."""
    root = root.resolve()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and root in Path(file).resolve().parents:
            del sys.modules[name]
