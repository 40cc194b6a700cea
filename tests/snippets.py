"""On which history does each block of Python in the documents run?

A block is a module of tests beside the history's `alembic.ini`. What a reader
has imported already stands in `before`; a block that shows a migration, or a
script, has its use in `after`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from tests.support import ENV, Python, Rev, create

KIT = "from migtestkit import MigrationTestCase\n"
HISTORY = KIT + "from migtestkit.checks import HistoryChecks\n"
DATA = KIT + "from migtestkit.checks import DataChecks\n"


@dataclass(frozen=True)
class Block:
    """How a block is run.

    :ivar tests: the methods that must run, and pass; more may.
    :ivar history: its revisions.
    :ivar before: put before it.
    :ivar after: put behind it.
    :ivar files: other files of the project.
    :ivar env: env.py.
    :ivar environ: environment variables.
    :ivar servers: the servers that must be there.
    :ivar skips: methods that are skipped, as the page says.
    :ivar said: stands in the reason of a skip.
    :ivar ini: alembic.ini; empty: there is none.
    """

    tests: tuple[str, ...]
    history: Sequence[Rev]
    before: str = ""
    after: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    env: str = ENV
    environ: Mapping[str, str] = field(default_factory=dict)
    servers: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
    said: str = ""
    ini: Optional[str] = None


CHECKS = ("test_upgrade", "test_up_down_consistency")

#: Users whose full name is split, with nothing lost on the way.
SPLIT = (
    "ALTER TABLE user ADD COLUMN first_name TEXT",
    "ALTER TABLE user ADD COLUMN last_name TEXT",
    "UPDATE user SET"
    " first_name = CASE WHEN instr(full_name, ' ') > 0"
    " THEN substr(full_name, 1, instr(full_name, ' ') - 1) END,"
    " last_name = substr(full_name, instr(full_name, ' ') + 1)",
    "ALTER TABLE user DROP COLUMN full_name",
)
JOINED = (
    "ALTER TABLE user ADD COLUMN full_name TEXT",
    "UPDATE user SET full_name = coalesce(first_name || ' ', '')"
    " || last_name",
    "ALTER TABLE user DROP COLUMN first_name",
    "ALTER TABLE user DROP COLUMN last_name",
)
USERS = create("user", "id INTEGER PRIMARY KEY, full_name TEXT")
CITIES = create("city", "name TEXT")
NAMES = (
    Rev("8f1e", None, None, None, [USERS, CITIES],
        ["DROP TABLE city", "DROP TABLE user"]),
    Rev("9a2f", "8f1e", None, None, SPLIT, JOINED),
)
#: The same, split by 8f1e, with an older and a later revision.
LONGER = (
    Rev("4c1b", None, None, None, [USERS], ["DROP TABLE user"]),
    Rev("8f1e", "4c1b", None, None, SPLIT, JOINED),
    Rev("77d0", "8f1e", None, None,
        ["CREATE INDEX by_name ON user (last_name)"],
        ["DROP INDEX by_name"]),
)
CALLED = (
    LONGER[0],
    Rev("2024.01.split", "4c1b", None, None, SPLIT, JOINED),
)
ITEMS = (
    Rev("r1", None, None, None, [create("item")], ["DROP TABLE item"]),
)
#: 9a2f throws away, 77d0 does not run on SQLite at all.
ONE_WAY = (
    Rev("4c1b", None, None, None, [create("a")], ""),
    Rev("9a2f", "4c1b", None, None, [create("b")], ""),
)
BARRED = (
    Rev("4c1b", None, None, None, [create("a")], ["DROP TABLE a"]),
    Rev("77d0", "4c1b", None, None, ["CREATE EXTENSION postgis"],
        ["DROP EXTENSION postgis"]),
)
#: The second needs two words, and tokens that are no two alike.
SEEDED = (
    Rev("1", None, None, None, [
        create("user", "id INTEGER PRIMARY KEY, full_name TEXT, token TEXT")
    ], ["DROP TABLE user"]),
    Rev("9a2f", "1", None, None, Python('''\
from sqlalchemy import text
connection = op.get_bind()
for name in connection.scalars(text("SELECT full_name FROM user")).all():
    first, last = name.split()
op.execute("CREATE UNIQUE INDEX tokens ON user (token)")
'''), ["DROP INDEX tokens"]),
)
LOSING = (
    Rev("9a2f", None, None, None, [
        create("user", "id INTEGER PRIMARY KEY, fax TEXT"),
        create("telegram", "id INTEGER PRIMARY KEY, words TEXT"),
    ], ["DROP TABLE telegram", "DROP TABLE user"]),
    Rev("b71c", "9a2f", None, None,
        ["DROP TABLE telegram", "ALTER TABLE user DROP COLUMN fax"],
        [create("telegram", "id INTEGER PRIMARY KEY, words TEXT"),
         "ALTER TABLE user ADD COLUMN fax TEXT"]),
)
FAX = (
    Rev("1", None, None, None, [
        create("user", "id INTEGER PRIMARY KEY, fax TEXT"),
    ], ["DROP TABLE user"]),
    Rev("9a2f", "1", None, None, ["ALTER TABLE user DROP COLUMN fax"],
        ["ALTER TABLE user ADD COLUMN fax TEXT"]),
)

POSTGRESQL = "postgresql+psycopg://postgres@localhost/"
ONLINE = '''\
from alembic import context
from sqlalchemy import engine_from_config

config = context.config
if context.is_offline_mode():
    context.configure(
        url=config.get_main_option("sqlalchemy.url"), literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = engine_from_config(config.get_section("alembic"))
    with engine.connect() as connection:
        context.configure(
            connection=connection, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
'''
PEOPLE = (
    Rev("8f1e", None, None, None, [
        "CREATE TABLE users (id integer PRIMARY KEY, name text)"
    ], ["DROP TABLE users"]),
)
NO_FAX = (
    Rev("8f1e", None, None, None, [
        "CREATE TABLE users (id integer PRIMARY KEY, fax text)"
    ], ["DROP TABLE users"]),
    Rev("9a2f", "8f1e", None, None, ["ALTER TABLE users DROP COLUMN fax"],
        ["ALTER TABLE users ADD COLUMN fax text"]),
)
BLOCKING = (
    *PEOPLE,
    Rev("9a2f", "8f1e", None, None, ["CREATE INDEX by_name ON users (name)"],
        ["DROP INDEX by_name"]),
)
AUDITED = (
    Rev("8f1e", None, None, None, [
        create("users"),
        create("audit", "id INTEGER PRIMARY KEY,"
               " user_id INTEGER REFERENCES users (id)"),
    ], ["DROP TABLE audit", "DROP TABLE users"]),
)
#: Nothing is there before the first revision, so that the check of the release
#: that is running says that it has not tested that one.
DEPLOYMENT = (
    "test_no_blocking_work", "test_upgrades_are_atomic_or_retryable",
)
SERVER = (
    KIT + "from migtestkit import Intended\n"
    "from migtestkit.checks import DeploymentChecks as _Checks\n"
    "class DeploymentChecks(_Checks):\n"
    f"    database_url = {POSTGRESQL!r}\n"
)

#: env.py of a project that wants more than an URL.
SECTION = ENV.replace(
    "from alembic import context",
    "from alembic import context\n"
    "assert context.config.config_ini_section == 'billing'\n"
    "assert context.get_x_argument() == ['tenant=acme']",
)
REGION = ENV.replace(
    "from alembic import context",
    "from alembic import context\n"
    "assert context.get_x_argument() == ['region=north']",
)
SETTINGS = ENV.replace(
    "from alembic import context",
    "import os\nfrom alembic import context\n"
    "assert os.environ['APP_SETTINGS'] == 'testing'",
)
APPLICATION = '''\
import contextlib

current = []

class App:
    @contextlib.contextmanager
    def app_context(self):
        current.append(self)
        yield
        current.pop()

def create_app(name="default"):
    return App()
'''
IN_CONTEXT = ENV.replace(
    "from alembic import context",
    "from alembic import context\nimport shop\nassert shop.current",
)
ANYIO = '''\
import threading

class to_thread:
    def run_sync(call):
        call()

def run(function, call):
    thread = threading.Thread(target=function, args=(call,))
    thread.start()
    thread.join()
'''
IN_THREAD = ENV.replace(
    "from alembic import context",
    "import threading\nfrom alembic import context\n"
    "assert threading.current_thread() is not threading.main_thread()",
)
LEGACY = (
    Rev("r1", None, None, None, ["ALTER TABLE legacy ADD COLUMN x TEXT"],
        ["ALTER TABLE legacy DROP COLUMN x"]),
)
LEGACY_BASE = '''\
from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base
LegacyBase = declarative_base()
class Legacy(LegacyBase):
    __tablename__ = "legacy"
    id = Column(Integer, primary_key=True)
'''
OWN_DATABASE = '''\
import os, sqlalchemy
made = []
def make_empty_database():
    made.append(os.path.abspath("own.db"))
    return "sqlite:///" + made[-1]
'''
USES_OWN = '''

class TestIt(TestOnMyServer):
    def test_it_is_used(self):
        self.migrate_up_to("head")
        self.assertEqual(self.migrations.engine.url.database, made[-1])
'''

TWO_INI = '''\
[alembic]
script_location = %(here)s/migrations
databases = users, orders

[users]
sqlalchemy.url = sqlite:///users.db

[orders]
sqlalchemy.url = sqlite:///orders.db
'''
TWO_ENV = '''\
from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
for name in ("users", "orders"):
    engine = engine_from_config(
        config.get_section(name), poolclass=pool.NullPool
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection, upgrade_token="%s_upgrades" % name,
            downgrade_token="%s_downgrades" % name,
        )
        with context.begin_transaction():
            context.run_migrations(engine_name=name)
'''
TWO_SCRIPT = '''\
from alembic import op
revision = "r1"
down_revision = None

def upgrade(engine_name):
    table = {"users": "user", "orders": "order"}[engine_name]
    op.execute('CREATE TABLE "%s" (id INTEGER PRIMARY KEY)' % table)

def downgrade(engine_name):
    table = {"users": "user", "orders": "order"}[engine_name]
    op.execute('DROP TABLE "%s"' % table)
'''
TWO: Mapping[str, Any] = {
    "history": (), "ini": TWO_INI, "env": TWO_ENV,
    "files": {"migrations/versions/r1.py": TWO_SCRIPT},
}

#: env.py that opens another database too, by an URL of its own.
ADDRESSED = '''\
from alembic import context
from sqlalchemy import create_engine

url = context.config.get_main_option("sqlalchemy.url")
with create_engine(url).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
'''

MODELS_ENV = ENV.replace(
    "from alembic import context",
    "from alembic import context\n"
    "from models import metadata",
).replace(
    "connection=connection", "connection=connection, target_metadata=metadata"
)
MODELS = '''\
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table(
    "user", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
)
'''
CELERY = (
    Rev("r1", None, None, None, [
        'CREATE TABLE "user" (id INTEGER PRIMARY KEY, email TEXT)',
        "CREATE TABLE celery_tasks (id INTEGER PRIMARY KEY)",
        "DROP TYPE IF EXISTS mood",
        "CREATE TYPE mood AS ENUM ('good', 'bad')",
    ], ["DROP TABLE celery_tasks", 'DROP TABLE "user"']),
)


def _uses(test: str) -> str:
    return (
        f"class TestIt(unittest.TestCase):\n    def test_it(self):\n{test}"
    )


#: Page -> number of its block -> how that is run.
BLOCKS: dict[str, dict[int, Block]] = {
    "README.rst": {
        0: Block(
            (*CHECKS, "test_no_data_loss", "test_names_are_split",
             "test_there_and_back"),
            NAMES, skips=("test_model_definitions_match_ddl",
                          "test_all_models_register_on_metadata"),
        ),
    },
    "docs/index.rst": {0: Block(CHECKS, NAMES)},
    "docs/howto/configuration.rst": {
        0: Block(
            CHECKS, ITEMS, before=HISTORY,
            files={"services/billing/alembic.ini":
                   "[alembic]\nscript_location = "
                   "%(here)s/../../migrations\n"},
            ini="",
        ),
        1: Block(CHECKS, ITEMS, before=HISTORY, env=SECTION, ini=(
            "[alembic]\n[billing]\nscript_location = %(here)s/migrations\n"
            "sqlalchemy.url = sqlite:///production.db\n"
        )),
        2: Block(CHECKS, ITEMS, before=HISTORY + "import os\n", env=REGION,
                 environ={"REGION": "north"}),
        3: Block(CHECKS, ITEMS, before=HISTORY, env=SETTINGS),
        4: Block(CHECKS, ITEMS, env=IN_CONTEXT,
                 before=HISTORY + "from shop import create_app\n",
                 files={"shop.py": APPLICATION}),
        5: Block(CHECKS, ITEMS, before=HISTORY + "import anyio\n",
                 env=IN_THREAD, files={"anyio.py": ANYIO}),
        6: Block(CHECKS, LEGACY, before=HISTORY + LEGACY_BASE),
        7: Block(("test_it_is_used",), ITEMS, before=KIT + OWN_DATABASE,
                 after=USES_OWN),
    },
    "docs/howto/deployment.rst": {
        0: Block(DEPLOYMENT, PEOPLE, env=ONLINE, servers=("postgresql",)),
        1: Block(DEPLOYMENT, (
            *PEOPLE,
            Rev("9a2f", "8f1e", None, None, Python("block.upgrade()"),
                Python("op.drop_index('by_name')")),
        ), env=ONLINE, servers=("postgresql",),
            before="from alembic import op\n", after=SERVER +
            "class TestIt(DeploymentChecks, MigrationTestCase):\n"
            "    pass\n"),
        2: Block(DEPLOYMENT, NO_FAX, before=SERVER, env=ONLINE,
                 servers=("postgresql",)),
        3: Block(DEPLOYMENT, BLOCKING, before=SERVER, env=ONLINE,
                 servers=("postgresql",)),
        4: Block(("test_foreign_keys_are_indexed",), AUDITED, before=KIT +
                 "from migtestkit.checks import DeploymentChecks\n"),
    },
    "docs/howto/dialects.rst": {
        0: Block(CHECKS, ITEMS, servers=("postgresql", "mysql")),
        1: Block(("test_it",), ITEMS, before=KIT +
                 "from migtestkit import onDialects\n"
                 "class _Tests(MigrationTestCase):\n"
                 "    def test_it(self):\n"
                 "        self.migrate_up_to('head')\n"
                 "MigrationTestCase = _Tests\n",
                 servers=("postgresql",)),
        2: Block(("test_the_type_is_gone",), (
            Rev("r1", None, None, None, [create("kind")], ["DROP TABLE kind"]),
        ), before=KIT + "from migtestkit import onDialects, "
                        "skipUnlessDialect\n",
            servers=("postgresql",), skips=("test_the_type_is_gone",)),
    },
    "docs/howto/flask-migrate.rst": {
        0: Block(CHECKS, ITEMS, env=IN_CONTEXT,
                 files={"shop.py": APPLICATION}),
    },
    "docs/howto/irreversible-revisions.rst": {
        0: Block(("test_upgrade",), (
            ITEMS[0],
            Rev("r2", "r1", None, None, "",
                Python("block.downgrade()")),
        ), after="\n\n" + HISTORY + "class TestIt(HistoryChecks, "
                 "MigrationTestCase):\n    pass\n"),
        1: Block(("test_upgrade",), (
            Rev("4c1b", None, None, None, [create("a")], ["DROP TABLE a"]),
            ONE_WAY[1],
        ), before=HISTORY, said="merges duplicate users"),
        2: Block(("test_upgrade",), (
            *ONE_WAY[:1],
            Rev("9a2f", "4c1b", None, None, [create("b")], ["DROP TABLE b"]),
        ), before=HISTORY),
        3: Block(CHECKS, BARRED, before=HISTORY),
    },
    "docs/howto/other-databases.rst": {
        0: Block(CHECKS, ITEMS, before=HISTORY),
        1: Block(CHECKS, ITEMS, before=HISTORY),
    },
    "docs/howto/populated.rst": {
        0: Block((*CHECKS, "test_upgrades_populated"), NAMES),
        1: Block(("test_upgrades_populated",), SEEDED, before=DATA),
        2: Block(("test_no_data_loss",), LOSING,
                 before=DATA + "from migtestkit import Intended\n"),
        3: Block(("test_names_are_split",), (
            NAMES[0],
            Rev("9a2f", "8f1e", None, None, SPLIT, [
                "ALTER TABLE user ADD COLUMN full_name TEXT",
                "ALTER TABLE user DROP COLUMN first_name",
                "ALTER TABLE user DROP COLUMN last_name",
            ]),
        ), before=KIT),
        4: Block(("test_the_report_copes_with_any_row",), NAMES, before=KIT),
    },
    "docs/howto/revision-data.rst": {
        0: Block(("test_names_are_split",), NAMES, before=KIT),
        1: Block(CHECKS, NAMES, before=HISTORY),
        2: Block(("test_there_is_no_full_name",), NAMES, before=KIT),
    },
    "docs/howto/revision-hooks.rst": {
        0: Block(("test_revision_hooks",), LONGER),
        1: Block(("test_revision_hooks",), CALLED),
        2: Block(
            ("test_every_revision_is_tested",), LONGER,
            before=KIT + "from migtestkit.checks import RevisionHooks as _H\n"
            "class RevisionHooks(_H):\n"
            "    def check_8f1e(self):\n"
            "        self.assertTableExists('user')\n",
        ),
    },
    "docs/howto/scaffold.rst": {0: Block(CHECKS, NAMES)},
    "docs/howto/several-databases.rst": {
        0: Block(CHECKS, before=HISTORY, **TWO),
        1: Block(("test_both_are_made",), before=KIT, **TWO),
    },
    "docs/howto/snapshots.rst": {
        0: Block(("test_it",), ITEMS, before=KIT, after='''

class TestIt(TestImport):
    start_revision = "r1"

    def test_it(self):
        self.assertTableExists("item")
'''),
    },
    "docs/reference/context.rst": {
        0: Block(("test_it",), NAMES, before=(
            "import unittest\nfrom alembic.config import Config\n"
            "config = Config('alembic.ini')\n"
            "printed = []\nprint = printed.append\n"
        ), after=_uses("        self.assertEqual(printed, [[]])\n")),
    },
    "docs/reference/options.rst": {
        0: Block((*CHECKS, "test_downgrade_leaves_no_trace",
                  "test_model_definitions_match_ddl"), CELERY,
                 env=MODELS_ENV, files={"models.py": MODELS},
                 environ={"MIGTESTKIT_DATABASE_URL": POSTGRESQL},
                 servers=("postgresql",)),
        1: Block(("test_no_data_loss",), FAX, after='''

from migtestkit.checks import DataChecks


class TestIt(DataChecks, MigrationTestCase):
    intended = TestHistory.intended
'''),
    },
}

#: Pages whose blocks other tests run.
ELSEWHERE = {
    "docs/howto/async.rst": "tests/test_documents.py",
    "docs/howto/data-migration.rst": "tests/test_documents.py",
    "docs/howto/django.rst": "tests/runners/project",
    "docs/howto/huge-history.rst": "tests/test_huge_history_page.py",
    "docs/howto/openstack.rst": "tests/test_openstack_page.py",
    "docs/howto/tenants.rst": "tests/test_tenants_page.py",
}

#: Command of the kit's that a page shows -> what it says.
COMMANDS = {
    "python -m migtestkit check": "passed",
    "python -m migtestkit check -c alembic.ini": "passed",
    "python -m migtestkit check --since 9a2f": "passed",
    "python -m migtestkit check --shard 2/4": "shard",
    "python -m migtestkit check --html report.html": "report.html",
    "python -m migtestkit scaffold": "tests",
    "python -m migtestkit scaffold c6d2f8130e5b": "c6d2f8130e5b",
}
_DJANGO, _CI = "tests/runners", ".ci/run"
#: Other commands -> what runs them, or the like of them.
OTHER_COMMANDS = {
    "../../.venv/bin/python -m migtestkit check": "tests/test_documents.py",
    "../../.venv/bin/python -m unittest -v": "tests/test_documents.py",
    ".ci/run": _CI,
    ".venv/bin/pip install .": _CI,
    ".venv/bin/python -m unittest": _CI,
    "cd docs/example": "tests/test_documents.py",
    "export MIGTESTKIT_CACHE=~/.cache/migtestkit": "tests/test_cache.py",
    "pip install migtestkit -r requirements.txt": _CI,
    "python -m unittest": _CI,
    "python -m unittest tests.test_history.TestHistory_postgresql":
        "tests/test_case_dialects.py",
    "MIGTESTKIT_REQUIRE=postgresql,mariadb python -m unittest": _CI,
    "python manage.py test --tag migration": _DJANGO,
    "python manage.py test --exclude-tag migration": _DJANGO,
    "python -m migtestkit check --since r011 --fail-fast":
        "tests/test_huge_history_page.py",
    "python -m migtestkit check --since r011 --check up_down_consistency":
        "tests/test_huge_history_page.py",
    "python -m migtestkit check -x tenant=acme --url "
    "postgresql+psycopg://postgres@localhost/": "tests/test_tenants_page.py",
    "export MIGTESTKIT_POSTGRESQL_URL=postgresql+psycopg://"
    "openstack_citest:openstack_citest@localhost/":
        "tests/test_openstack_page.py",
    "export MIGTESTKIT_REQUIRE=postgresql": "tests/test_openstack_page.py",
    "stestr run TestMigrations_postgresql": "tests/test_openstack_page.py",
    "stestr run --concurrency 2 test_migrations":
        "tests/test_openstack_page.py",
    "python3 -m venv .venv": _CI,
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/python "
    "-m migtestkit check -c docs/example/alembic.ini": _CI,
    "python3 -m venv .venv && .venv/bin/pip install '.[test]' && "
    ".venv/bin/python -m unittest": _CI,
    "python3 -m venv .venv && .venv/bin/pip install -e "
    "'.[test,lint,docs]'": _CI,
}
