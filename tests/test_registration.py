"""Does env.py import every model, asked in a process of its own?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import unittest
from pathlib import Path
from typing import Any, Optional

from alembic.config import Config

from migtestkit.context.registration import unregistered_models
from migtestkit.errors import ConfigError, ForeignDatabaseError
from tests import zoo
from tests.support import ProjectTestCase, checks_class

ROOT = Path(__file__).resolve().parent.parent
INI = """\
[alembic]
script_location = %(here)s/migrations
prepend_sys_path = %(here)s
sqlalchemy.url = sqlite:///%(here)s/production.db
"""
ENV = '''\
from alembic import context
from sqlalchemy import engine_from_config, pool
{imports}

config = context.config
engine = engine_from_config(
    config.get_section(config.config_ini_section, {{}}),
    poolclass=pool.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, {options})
    with context.begin_transaction():
        context.run_migrations()
'''
BASE = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass
"""
MODEL = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from shop.base import Base

class {name}(Base):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
USER = MODEL.format(name="User", table="user")
BOOK = MODEL.format(name="Book", table="book")
ALL = {
    "shop/__init__.py": "",
    "shop/base.py": BASE,
    "shop/user.py": USER,
    "shop/more/__init__.py": "",
    "shop/more/book.py": BOOK,
}
IMPORTS = "from shop.base import Base\nimport shop.user"


class RegistrationTestCase(ProjectTestCase):
    def project(
        self,
        files: Optional[dict[str, str]] = None,
        imports: str = IMPORTS,
        options: str = "target_metadata=Base.metadata",
        place: str = "project",
    ) -> Path:
        """Write a project with the package `shop`; return its ini."""
        self.folder = self.folder / place
        self.folder.mkdir()
        for name, text in {**ALL, **(files or {})}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        return self.make_history(
            env=ENV.format(imports=imports, options=options), ini=INI
        )

    def missing(self, config: Any, **options: Any) -> list[str]:
        options.setdefault("model_package", "shop")
        if not isinstance(config, Config):
            config = str(config)
        return unregistered_models(self.open(config, **options))

    def assertRefused(self, words: str, config: Any, **options: Any) -> str:
        with self.assertRaisesRegex(ConfigError, words) as caught:
            self.missing(config, **options)
        return str(caught.exception)


class TestModels(RegistrationTestCase):
    def test_all_are_imported(self):
        ini = self.project(imports=IMPORTS + "\nimport shop.more.book")
        self.assertEqual([], self.missing(ini))
        self.assertEqual([], self.missing(ini, model_package="shop.more"))

    def test_one_that_is_not_is_named_with_its_module(self):
        ini = self.project()
        self.assertEqual(
            ["table 'book', class Book of shop.more.book"], self.missing(ini)
        )
        self.assertEqual([], self.missing(ini, model_package="shop.user"))

    def test_what_this_process_has_imported_does_not_count(self):
        ini = self.project()
        sys.path.insert(0, str(self.folder))
        __import__("shop.more.book")
        self.assertEqual(1, len(self.missing(ini)))

    def test_a_folder_in_front_that_has_a_module_called_like_pythons(self):
        ini = self.project({"shop/types.py": "raise ImportError('shop')"})
        sys.path.insert(0, str(self.folder / "shop"))
        self.assertEqual(
            ["table 'book', class Book of shop.more.book"],
            self.missing(ini, model_package="shop.more"),
        )

    def test_a_model_of_another_base(self):
        ini = self.project({
            "shop/more/book.py": BASE + BOOK.partition("base import Base")[2],
        }, imports=IMPORTS + "\nimport shop.more.book")
        self.assertEqual(
            ["table 'book', class Book of shop.more.book"], self.missing(ini)
        )
        ini = self.project(
            {"shop/more/book.py": (self.folder / "shop/more/book.py")
             .read_text()},
            imports=IMPORTS + "\nimport shop.more.book as more",
            options="target_metadata=[Base.metadata, more.Base.metadata]",
        )
        self.assertEqual([], self.missing(ini))

    def test_a_plain_table(self):
        note = """
            import sqlalchemy as sa
            note = sa.Table("note", sa.MetaData(), sa.Column("id", sa.Integer))
        """
        ini = self.project({"shop/more/book.py": note})
        self.assertEqual(
            ["table 'note', note of shop.more.book"], self.missing(ini)
        )

    def test_migrations_within_the_package(self):
        """Alembic alone can import env.py, and revisions are no models."""
        ini = self.project(imports=IMPORTS + "\nimport shop.more.book")
        inside = self.folder / "shop" / "migrations"
        (self.folder / "migrations").rename(inside)
        (inside / "__init__.py").write_text("")
        (inside / "versions" / "__init__.py").write_text("")
        ini.write_text(
            INI.replace("%(here)s/migrations", "%(here)s/shop/migrations")
        )
        self.assertEqual([], self.missing(ini))
        (self.folder / "shop" / "other.py").write_text(
            MODEL.format(name="Other", table="other")
        )
        self.assertEqual(
            ["table 'other', class Other of shop.other"], self.missing(ini)
        )

    def test_metadata_that_is_none(self):
        ini = self.project(options="target_metadata=[Base.metadata, Base]")
        text = self.assertRefused("which is no sqlalchemy MetaData", ini)
        self.assertIn("env.py passes <class 'shop.base.Base'> as", text)

    def test_an_import_is_no_second_model(self):
        more = "from shop.user import User\n" + BOOK
        ini = self.project({"shop/more/book.py": more})
        self.assertEqual(
            ["table 'book', class Book of shop.more.book"], self.missing(ini)
        )

    def test_what_the_models_print_is_no_answer(self):
        noisy = BOOK + (
            "import atexit, sys\nprint('{\"missing\": []}')\n"
            "print('to stderr', file=sys.stderr)\n"
            "atexit.register(print, 'and goodbye')\n"
        )
        ini = self.project({"shop/more/book.py": noisy})
        self.assertEqual(1, len(self.missing(ini)))


class TestErrors(RegistrationTestCase):
    def test_a_module_that_cannot_be_imported(self):
        for text, words in (
            ("import shop.nowhere", "No module named 'shop.nowhere'"),
            ("raise SystemExit(3)", "SystemExit: 3"),
        ):
            with self.subTest(text):
                self.assertRefused(
                    "shop.more.book, of model_package 'shop', cannot be "
                    f"imported: .*{words}",
                    self.project({"shop/more/book.py": text}),
                )

    def test_a_package_that_is_not_there_or_holds_nothing(self):
        ini = self.project({"shop/nothing.py": "x = 1"})
        self.assertRefused(
            "model_package 'shops' cannot be imported: ModuleNotFoundError",
            ini, model_package="shops",
        )
        self.assertRefused(
            "model_package 'shop.nothing' has no model: no class with a "
            "__table__, and no Table", ini, model_package="shop.nothing",
        )

    def test_no_metadata(self):
        self.assertRefused(
            "env.py passes no target_metadata", self.project(options="")
        )

    def test_env_that_fails(self):
        ini = self.project(imports="import nowhere")
        self.assertRefused("env.py failed: .*No module named 'nowhere'", ini)

    def test_a_process_that_breaks_off(self):
        ini = self.project({
            "shop/more/book.py":
            "import os, sys\nsys.stderr.write('so long')\n"
            "sys.stderr.flush()\nos._exit(7)",
        })
        self.assertRefused("broke off with status 7:\nso long", ini)
        # A process that ends so abruptly leaves its database.
        (left,) = self.temp.iterdir()
        shutil.rmtree(left)

    def test_an_error_keeps_its_kind(self):
        ini = self.project(imports=IMPORTS + (
            "\nimport sqlalchemy"
            "\nsqlalchemy.create_engine('sqlite:////a/b').connect().close()"
            "\nsqlalchemy.create_engine('sqlite:////a/c').connect().close()"
        ))
        with self.assertRaisesRegex(ForeignDatabaseError, "/a/b"):
            self.missing(ini)


class TestConfiguration(RegistrationTestCase):
    def test_no_database_is_left_and_none_is_touched(self):
        ini = self.project()
        path = self.folder / "production.db"
        path.write_bytes(b"not to be opened")
        self.missing(ini)
        self.assertEqual(b"not to be opened", path.read_bytes())
        self.assertEqual([], list(self.temp.iterdir()))

    def test_a_ready_config_with_options_set_in_code(self):
        ini = self.project()
        config = Config()
        config.set_main_option(
            "script_location", str(self.folder / "migrations")
        )
        config.set_main_option("prepend_sys_path", str(self.folder))
        config.set_main_option("rate", "100%%")
        config.set_section_option("other", "name", "value")
        self.assertEqual(1, len(self.missing(config)))
        env = self.folder / "migrations" / "env.py"
        env.write_text(env.read_text() + (
            "\nassert config.get_main_option('rate') == '100%'"
            "\nassert config.get_section_option('other', 'name') == 'value'"
        ))
        self.assertEqual(1, len(self.missing(config)))
        self.assertRefused("env.py failed: AssertionError", ini)

    def test_arguments_and_variables(self):
        ini = self.project(imports=IMPORTS + (
            "\nimport os"
            "\nif context.get_x_argument(as_dictionary=True)['all'] == 'yes':"
            "\n    assert os.environ['SHOP_STAGE'] == 'test'"
            "\n    import shop.more.book"
        ))
        stage = {"SHOP_STAGE": "test"}
        for argument, config, count in (
            ("all=yes", ini, 0), ("all=yes", Config(str(ini)), 0),
            ("all=no", ini, 1),
        ):
            self.assertEqual(count, len(self.missing(
                config, x_arguments=[argument], environ=stage)))

    def test_a_folder_with_a_per_cent_sign_and_a_space(self):
        ini = self.project(place="50% off %(here)s")
        self.assertEqual(1, len(self.missing(ini)))

    def test_several_databases(self):
        project = zoo.PROJECTS["multidb_edited"]
        root = zoo.copy_project(project, self.folder)
        self.assertEqual([], self.missing(
            root / "alembic.ini", database_url=zoo.TWO_ENGINES,
            model_package="zoo_multidb_edited",
        ))


#: A test module of a user's: its hook makes the package importable.
MODULE = '''\
import contextlib, os, sys, unittest
from migtestkit import MigrationTestCase
from migtestkit.checks import HistoryChecks

HERE = os.path.dirname(os.path.abspath(__file__))


class Outer:
    class TestShop(HistoryChecks, MigrationTestCase):
        alembic_config = os.path.join(HERE, "alembic.ini")
        model_package = "shop"

        @contextlib.contextmanager
        def alembic_context(self):
            os.environ["SHOP_OPEN"] = {opened}
            yield
            del os.environ["SHOP_OPEN"]


TestShop = Outer.TestShop

if __name__ == "__main__":
    unittest.main()
'''
NEEDS_HOOK = IMPORTS + "\nimport os\nos.environ['SHOP_OPEN']"


class TestHooks(RegistrationTestCase):
    def write_module(self, opened: str = '"yes"') -> None:
        self.project(imports=NEEDS_HOOK)
        text = MODULE.format(opened=opened)
        (self.folder / "test_shop_module.py").write_text(text)

    def test_of_an_importable_class(self):
        self.write_module()
        sys.path.insert(0, str(self.folder))
        module = __import__("test_shop_module")
        result = unittest.TestResult()
        module.TestShop(zoo.REGISTERED).run(result)
        self.assertEqual([], result.errors)
        self.assertIn("class Book of shop.more.book", result.failures[0][1])

    def test_of_a_module_that_runs_as_a_script(self):
        self.write_module()
        script = self.folder / "test_shop_module.py"
        process = subprocess.run(
            [sys.executable, str(script), f"TestShop.{zoo.REGISTERED}"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True,
        )
        self.assertIn("class Book of shop.more.book", process.stderr)
        self.assertIn("FAILED (failures=1)", process.stderr)

    def test_that_need_what_only_set_up_makes(self):
        self.write_module(opened="self.stage")
        sys.path.insert(0, str(self.folder))
        module = __import__("test_shop_module")

        def set_up(case: Any) -> None:
            case.stage = "test"
            super(module.TestShop, case).setUp()

        module.TestShop.setUp = set_up
        result = unittest.TestResult()
        module.TestShop(zoo.REGISTERED).run(result)
        text = result.errors[0][1]
        self.assertIn("AttributeError", text)
        self.assertIn("no attribute 'stage'", text)


class TestTheCheck(RegistrationTestCase):
    def test_the_zoo(self):
        for name, verdict, words in (
            ("defect_model_unregistered", "fail",
             "env.py does not import these models, so autogenerate does not "
             "see them\n  table 'loan', class Loan of "
             "zoo_defect_model_unregistered.loan\n"),
            ("sound_model_package", "pass", ""),
            ("linear", "skip", "model_package is not set; name the package"),
        ):
            with self.subTest(name):
                project = zoo.PROJECTS[name]
                root = zoo.copy_project(project, self.folder)
                cls = checks_class(project, root)
                result = unittest.TestResult()
                cls(zoo.REGISTERED).run(result)
                texts = [
                    text for _, text in
                    result.failures + result.errors + result.skipped
                ]
                self.assertIn(words, "".join(texts))
                self.assertEqual(
                    (verdict == "fail", verdict == "skip", 0),
                    (bool(result.failures), bool(result.skipped),
                     len(result.errors)),
                )


if __name__ == "__main__":
    unittest.main()
