"""``python -m tests.check_examples --write``: an example of each check.

Each is run: the page of the docs shows the migration, the message as the check
gives it, and a class that says that this is meant, over which the check then
passes, or is skipped.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import sys
import tempfile
import textwrap
import unittest
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "check-examples.rst"

INI = "[alembic]\nscript_location = %(here)s/migrations\n"

ENV = '''\
import os
from alembic import context
from sqlalchemy import create_engine
{models}
settings = {{
    "target_metadata": {metadata},
    "render_as_batch": {batch},
    "transaction_per_migration": True,
}}
url = {url!r}
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True, **settings)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, **settings)
        with context.begin_transaction():
            context.run_migrations()
'''

SCRIPT = '''\
"""{message}"""

import sqlalchemy as sa
from alembic import op

revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}


def upgrade():
{upgrade}


def downgrade():
{downgrade}
'''


@dataclass(frozen=True)
class Script:
    """A revision, with the bodies of its functions."""

    id: str
    message: str
    upgrade: str
    downgrade: str
    down: str | None = "4c1b"
    labels: str | None = None

    @property
    def functions(self) -> str:
        """What the page shows."""
        return (
            f"def upgrade():\n{_indented(self.upgrade)}\n\n\n"
            f"def downgrade():\n{_indented(self.downgrade)}\n"
        )

    def text(self) -> str:
        return SCRIPT.format(
            message=self.message, id=self.id, down=self.down,
            labels=self.labels, upgrade=_indented(self.upgrade),
            downgrade=_indented(self.downgrade),
        )


USERS = Script(
    "4c1b", "users",
    """\
op.create_table(
    "users",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40)),
    sa.Column("fax", sa.String(20)),
)""",
    'op.drop_table("users")', down=None,
)


@dataclass(frozen=True)
class Example:
    """One check, a revision that it blames, and how to say that it is meant.

    :ivar check: the method.
    :ivar base: the class of ready-made tests.
    :ivar about: what it catches, and where it is skipped.
    :ivar script: the revision.
    :ivar meant: what to write in the class; empty: nothing.
    :ivar advice: stands before that.
    :ivar instead: revisions over which it passes, where nothing can be
        declared.
    :ivar options: class attributes that the check needs.
    :ivar family: the kind of database.
    """

    check: str
    base: str
    about: str
    script: Script
    meant: str = ""
    advice: str = ""
    instead: Sequence[Script] = ()
    skipped: bool = False
    options: str = ""
    family: str = "sqlite"
    files: Mapping[str, str] = field(default_factory=dict)
    metadata: str = "None"
    first: Script = USERS
    batch: bool = True


MODELS = '''\
import sqlalchemy as sa

metadata = sa.MetaData()
users = sa.Table(
    "users", metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40)),
    sa.Column("fax", sa.String(20)),
    sa.Column("email", sa.String(80)),
)
'''
CITY = Script(
    "9a2f", "cities",
    """\
op.create_table(
    "city", sa.Column("id", sa.Integer, primary_key=True)
)""",
    'op.drop_table("city")',
)

EXAMPLES = (
    Example(
        "test_single_head_revision", "HistoryChecks",
        "Two revisions that nobody has merged: ``alembic upgrade head`` "
        "fails at the next deployment. It needs no database.",
        Script(
            "7d20", "towns",
            """\
op.create_table(
    "town", sa.Column("id", sa.Integer, primary_key=True)
)""",
            'op.drop_table("town")',
        ),
        advice="Merge them, by ``alembic merge heads``. Where several heads "
        "are meant, give each branch a label (``branch_labels``): one head "
        "for each label passes.",
        instead=(
            Script("9a2f", "cities", CITY.upgrade, CITY.downgrade,
                   labels="cities"),
            Script("7d20", "towns", "pass", "pass", labels="towns"),
        ),
    ),
    Example(
        "test_upgrade", "HistoryChecks",
        "A revision that cannot be applied: all in one run of env.py, as in "
        "production, and each in a run of its own, as it is when revisions "
        "are deployed one by one.",
        Script(
            "9a2f", "add an address",
            'op.add_column("user", sa.Column("address", sa.Text))',
            'op.drop_column("user", "address")',
        ),
        advice="A revision that cannot run on the database of the tests, "
        "for want of an extension say, is left out:",
        meant='skip_revisions = ["9a2f"]',
        batch=False,
    ),
    Example(
        "test_model_definitions_match_ddl", "HistoryChecks",
        "A model that has changed without a migration, or the other way "
        "round: what ``alembic revision --autogenerate`` would write. "
        "Skipped where env.py hands over no metadata.",
        Script("9a2f", "cities", "pass", "pass"),
        meant='ignore = (\n    Ignore(\n        kind="column", '
        'table="users", name="email",\n        reason="added by release '
        '4.3",\n    ),\n)',
        files={"models.py": MODELS}, metadata="metadata",
    ),
    Example(
        "test_up_down_consistency", "HistoryChecks",
        "A downgrade that fails, or one after which the upgrade fails: "
        "nobody notices before a deployment has to be taken back.",
        Script(
            "9a2f", "add an address",
            'op.add_column("users", sa.Column("address", sa.Text))',
            'op.drop_column("users", "adress")',
        ),
        advice="Downgrades that cannot be:",
        meant='irreversible_revisions = {"9a2f": "addresses are not given '
        'up"}\nminimum_downgrade_revision = "4c1b"',
        skipped=True,
    ),
    Example(
        "test_downgrade_leaves_no_trace", "HistoryChecks",
        "A downgrade that forgets something: an index, a type, a default, a "
        "trigger. The whole catalogue is compared, as "
        ":doc:`schemas` says.",
        Script(
            "9a2f", "find users by name",
            'op.create_index("by_name", "users", ["name"])',
            "pass",
        ),
        meant='ignore = (\n    Ignore(kind="index", table="users", '
        'name="by_name",\n           of="schema", reason="it does no '
        'harm"),\n)',
    ),
    Example(
        "test_all_models_register_on_metadata", "HistoryChecks",
        "A model in a module that env.py does not import: autogenerate does "
        "not see it, and writes ``drop_table``. Skipped without "
        "``model_package``.",
        Script("9a2f", "nothing", "pass", "pass"),
        options='model_package = "shop"',
        advice="Import the module in env.py, or in the package; or name the "
        "package whose models this history is about:",
        meant='model_package = "shop.models"',
        files={
            "shop/__init__.py": "",
            "shop/models/__init__.py": MODELS,
            "shop/invoices.py":
                "import sqlalchemy as sa\n"
                "from shop.models import metadata\n"
                'sa.Table("invoice", metadata,\n'
                '         sa.Column("id", sa.Integer, primary_key=True))\n',
        },
        metadata="shop.models.metadata",
    ),
    Example(
        "test_upgrades_populated", "DataChecks",
        "An upgrade that passes on empty tables and fails on rows.",
        Script(
            "9a2f", "a name is required",
            'with op.batch_alter_table("users") as batch:\n'
            '    batch.alter_column("name", nullable=False)',
            'with op.batch_alter_table("users") as batch:\n'
            '    batch.alter_column("name", nullable=True)',
        ),
        advice="Where the application never leaves the column empty, give "
        "the rows its values:",
        meant='intended = {\n    "9a2f": Intended(\n        seed={"users": '
        '{"name": "Ada"}},\n        reason="no user is without a name",\n'
        "    ),\n}",
    ),
    Example(
        "test_downgrades_populated", "DataChecks",
        "A downgrade that fails on what the application has written since "
        "the upgrade.",
        Script(
            "9a2f", "a name is optional",
            'with op.batch_alter_table("users") as batch:\n'
            '    batch.alter_column("name", nullable=True)',
            'with op.batch_alter_table("users") as batch:\n'
            '    batch.alter_column("name", nullable=False)',
        ),
        first=Script(
            "4c1b", "users",
            USERS.upgrade.replace(
                "sa.String(40))", "sa.String(40), nullable=False)"
            ),
            USERS.downgrade, down=None,
        ),
        meant='irreversible_revisions = {"9a2f": "users without a name '
        'stay"}\nminimum_downgrade_revision = "4c1b"',
        skipped=True,
    ),
    Example(
        "test_no_data_loss", "DataChecks",
        "A value that is lost or changed: by the upgrade, or by upgrade and "
        "downgrade. A table or column that goes on under another name has "
        "lost nothing.",
        Script(
            "9a2f", "no more fax",
            'op.drop_column("users", "fax")',
            'op.add_column("users", sa.Column("fax", sa.String(20)))',
        ),
        meant='intended = {\n    "9a2f": Intended(lossy=["users.fax"], '
        'reason="nobody has one"),\n}',
    ),
    Example(
        "test_backward_compatible", "DeploymentChecks",
        "An upgrade that breaks the release that is running while it is "
        "deployed.",
        Script(
            "9a2f", "no more fax",
            'op.drop_column("users", "fax")',
            'op.add_column("users", sa.Column("fax", sa.String(20)))',
        ),
        meant='intended = {\n    "9a2f": Intended(contract=["users.fax"],'
        '\n                     reason="release 4.2 does not read it"),\n}',
        family="postgresql", batch=False,
    ),
    Example(
        "test_no_blocking_work", "DeploymentChecks",
        "A statement that goes through all rows of a table, or writes it "
        "anew, while the application waits for it. On PostgreSQL, MySQL and "
        "MariaDB; skipped on SQLite.",
        Script(
            "9a2f", "index the names",
            'op.create_index("by_name", "users", ["name"])',
            'op.drop_index("by_name")',
        ),
        meant='intended = {\n    "9a2f": Intended(blocking=["users"], '
        'reason="some hundred rows"),\n}',
        family="postgresql", batch=False,
    ),
    Example(
        "test_upgrades_are_atomic_or_retryable", "DeploymentChecks",
        "An upgrade that fails at some statement, leaves half of its work, "
        "and cannot be run again. Skipped where every statement is "
        "committed by itself, as on MySQL, MariaDB and, by default, SQLite.",
        Script(
            "9a2f", "index the names",
            "with op.get_context().autocommit_block():\n"
            '    op.create_index("by_name", "users", ["name"],\n'
            "                    postgresql_concurrently=True)\n"
            '    op.create_index("by_fax", "users", ["fax"],\n'
            "                    postgresql_concurrently=True)",
            'op.drop_index("by_name")\nop.drop_index("by_fax")',
        ),
        advice="It cannot be declared as meant. Let each statement say "
        "``if_not_exists=True``, or make a revision of each.",
        instead=(
            Script(
                "9a2f", "index the names",
                "with op.get_context().autocommit_block():\n"
                '    op.create_index("by_name", "users", ["name"],\n'
                "                    postgresql_concurrently=True,\n"
                "                    if_not_exists=True)\n",
                'op.drop_index("by_name")',
            ),
        ),
        family="postgresql", batch=False,
    ),
    Example(
        "test_offline_matches_online", "DeploymentChecks",
        "Where ``alembic upgrade --sql`` makes another schema than the "
        "upgrade. A revision that asks the database is named as not tested; "
        "skipped where all do, or env.py cannot run offline.",
        Script(
            "9a2f", "add an address",
            "if not op.get_context().as_sql:\n"
            '    op.add_column("users", sa.Column("address", sa.Text))',
            'op.drop_column("users", "address")',
        ),
        meant='ignore = (\n    Ignore(kind="column", table="users", '
        'name="address",\n           of="schema", reason="added by '
        'hand"),\n)',
    ),
    Example(
        "test_schema_is_healthy", "DeploymentChecks",
        "What is left half done at head: the table of a batch operation; on "
        "PostgreSQL an invalid index, or a constraint that was never "
        "validated.",
        Script(
            "9a2f", "names are not empty",
            "op.create_check_constraint(\n"
            "    \"has_name\", \"users\", \"name <> ''\",\n"
            "    postgresql_not_valid=True,\n)",
            'op.drop_constraint("has_name", "users")',
        ),
        advice="It cannot be declared as meant: let a later revision "
        "validate the constraint.",
        instead=(
            Script(
                "9a2f", "names are not empty",
                "op.create_check_constraint(\n"
                "    \"has_name\", \"users\", \"name <> ''\",\n)",
                'op.drop_constraint("has_name", "users")',
            ),
        ),
        family="postgresql", batch=False,
    ),
    Example(
        "test_foreign_keys_are_indexed", "DeploymentChecks",
        "A foreign key without an index: each DELETE of what it refers to "
        "goes through the whole table. Skipped where there is no foreign "
        "key, or where the database makes the index itself, as MySQL and "
        "MariaDB do.",
        Script(
            "9a2f", "audit",
            """\
op.create_table(
    "audit",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")),
)""",
            'op.drop_table("audit")',
        ),
        advice="Override the test, with the reason:",
        meant='''\
def test_foreign_keys_are_indexed(self):
    self.migrate_up_to("heads")
    self.assertForeignKeysIndexed(
        {"audit.user_id": "rows of users are never deleted"}
    )''',
    ),
    Example(
        "test_revision_hooks", "RevisionHooks",
        "A revision that does something else to rows than your hooks say. "
        "Skipped where the class has no hooks.",
        Script(
            "9a2f", "shout",
            'op.execute("UPDATE users SET name = lower(name)")',
            "pass",
        ),
        options='''\
def pre_upgrade_9a2f(self):
    self.insert_into("users", {"id": 1, "name": "Ada"})

def check_9a2f(self):
    self.assertRows("users", [{"id": 1, "name": "ADA"}])''',
        advice="A hook is your own statement of what is meant:",
        meant='''\
def check_9a2f(self):
    self.assertRows("users", [{"id": 1, "name": "ada"}])''',
    ),
)


# -- running ------------------------------------------------------------------


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")


def _write(example: Example, folder: Path, scripts: Sequence[Script]) -> None:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI)
    models, _, name = example.metadata.rpartition(".")
    imported = f"from {models or 'models'} import {name}"
    url = "sqlite:///production.db"
    if example.family == "postgresql":
        url = "postgresql+psycopg://nobody@127.0.0.1:1/production"
    (folder / "migrations" / "env.py").write_text(
        ENV.format(
            models="" if example.metadata == "None" else imported,
            metadata=name, batch=example.batch, url=url,
        )
    )
    for script in scripts:
        file = f"{script.id}_{script.message.replace(' ', '_')}.py"
        (versions / file).write_text(script.text())
    for path, content in example.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)


def shown_class(example: Example, body: str) -> str:
    """The test class with a body."""
    imports = ["MigrationTestCase"]
    for name in ("Ignore", "Intended"):
        if f"{name}(" in body:
            imports.append(name)
    return (
        f"from migtestkit import {', '.join(sorted(imports))}\n"
        f"from migtestkit.checks import {example.base}\n\n\n"
        f"class TestMigrations({example.base}, MigrationTestCase):\n"
        f"{_indented(body or 'pass')}\n"
    )


class Result(unittest.TestResult):
    """What became of one test."""

    def __init__(self) -> None:
        super().__init__()
        self.outcome, self.said = "pass", ""

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)

    def addFailure(self, test: unittest.TestCase, err: object) -> None:
        super().addFailure(test, err)  # type: ignore[arg-type]
        self.outcome, self.said = "fail", str(err[1])  # type: ignore[index]

    def addError(self, test: unittest.TestCase, err: object) -> None:
        super().addError(test, err)  # type: ignore[arg-type]
        self.outcome, self.said = "error", str(err[1])  # type: ignore[index]

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        if not hasattr(test, "test_case"):
            self.outcome, self.said = "skip", reason


def run(
    example: Example, body: str, scripts: Sequence[Script]
) -> tuple[str, str]:
    """What the check comes to, and what it says, in a project of its own."""
    here, name = os.getcwd(), f"check_example_{example.check}"
    with tempfile.TemporaryDirectory() as folder:
        _write(example, Path(folder), scripts)
        path = Path(folder, f"{name}.py")
        path.write_text(shown_class(example, body))
        sys.path.insert(0, folder)
        os.chdir(folder)
        known = set(sys.modules)
        try:
            return _outcome(example, name, path, folder)
        finally:
            os.chdir(here)
            sys.path.remove(folder)
            for gone in set(sys.modules) - known:
                file = getattr(sys.modules[gone], "__file__", None) or ""
                if file.startswith(folder):
                    del sys.modules[gone]


def _outcome(
    example: Example, name: str, path: Path, folder: str
) -> tuple[str, str]:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    case = module.TestMigrations
    if example.family == "postgresql":
        case.database_url = servers.require_server("postgresql")
    result = Result()
    case(example.check).run(result)
    said = result.said.replace(os.path.join(folder, "migrations"), "...")
    return result.outcome, said.replace(folder, "...")


def failure(example: Example) -> str:
    """What the check says of the revision."""
    scripts = [example.first, example.script]
    if example.check == "test_single_head_revision":
        scripts.append(CITY)
    outcome, said = run(example, example.options, scripts)
    if outcome != "fail":
        raise AssertionError(f"{example.check}: {outcome}: {said}")
    return said


def relief(example: Example) -> str:
    """What the check comes to where that is meant, or put right."""
    scripts = [example.first, *(example.instead or [example.script])]
    body = example.meant
    if example.base == "RevisionHooks":
        body = f"{example.options}\n\n{example.meant}"
    outcome, said = run(example, body or example.options, scripts)
    wanted = "skip" if example.skipped else "pass"
    if outcome != wanted:
        raise AssertionError(f"{example.check}: {outcome}: {said}")
    return outcome


# -- the page -----------------------------------------------------------------

HEAD = """\
An example of each check
========================

.. This page is written by "python -m tests.check_examples --write".

For each check: what it catches, a migration that it blames, what it says
then, word for word, and how to say that this is meant. Where nothing else is
said it runs on every kind of database. All of it is run to make this page,
and the tests hold it to what the checks say today.

Each migration stands on a first one that makes a table ``users`` with the
columns ``id``, ``name`` and ``fax``.

"""


def page() -> str:
    """The page."""
    return HEAD + "\n".join(
        "\n".join(section(example)) for example in EXAMPLES
    )


def section(example: Example) -> Iterator[str]:
    """The lines of a check, for which it is run."""
    yield example.check
    yield "-" * len(example.check)
    yield ""
    whole = f"migtestkit.checks.{example.base}.{example.check}"
    yield f"Of :meth:`{example.base} <{whole}>`. {example.about}"
    yield ""
    yield from _block("python", example.script.functions)
    for file, content in example.files.items():
        if content:
            yield f"``{file}``:"
            yield ""
            yield from _block("python", content)
    if example.options:
        yield "With"
        yield ""
        yield from _block("python", shown_class(example, example.options))
    yield from _block("text", failure(example))
    relief(example)
    if example.advice:
        yield example.advice
        yield ""
    elif example.meant:
        yield "Where that is meant:"
        yield ""
    if example.meant:
        yield from _block("python", shown_class(example, example.meant))
        yield (
            "The check is then skipped, with that reason."
            if example.skipped else "The check then passes."
        )
        yield ""


def _block(language: str, text: str) -> Iterator[str]:
    yield f".. code-block:: {language}"
    yield ""
    yield re.sub(
        r"(?m)^ +$", "", textwrap.indent(text.strip("\n"), "   ")
    )
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.check_examples", description=__doc__
    )
    parser.add_argument(
        "--write", action="store_true", help="write the page of the docs"
    )
    text = page()
    if parser.parse_args().write:
        PAGE.write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
