"""Does env.py import every model?

The process that runs the tests has often imported the models by other ways,
so a new process is asked: it runs env.py, notes which tables the metadata
has, and only then imports all modules of the model package.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alembic.config import Config
from sqlalchemy import MetaData, Table

from migtestkit import errors
from migtestkit.config import Found, MigrationConfig, new_config
from migtestkit.context.core import MigrationContext
from migtestkit.context.models import compared_metadata
from migtestkit.errors import ConfigError, MigtestkitError

__unittest = True

#: Begins the answer, after all that the models print.
_MARK = "\nmigtestkit's answer: "
#: The new process takes over the import path once it has started: a folder
#: of the project's in front, with a module called like one of Python's own,
#: does no harm after that, and would keep Python from starting.
_CALL = """\
import json, sys
request = json.load(sys.stdin)
sys.path[:] = request["path"]
from migtestkit.context.registration import main
main(request)
"""


def unregistered_models(context: MigrationContext) -> list[str]:
    """Return the models of ``model_package`` that env.py's metadata lacks.

    :return: one line for each: table, class and module.
    :raises ConfigError: the package cannot be imported, holds no model, or
        env.py gives no metadata.
    """
    process = subprocess.run(
        [sys.executable, "-c", _CALL],
        input=json.dumps(_request(context)),
        capture_output=True,
        text=True,
        cwd=os.getcwd(),
    )
    try:
        # What follows the answer was printed at the process's end.
        text = process.stdout.rpartition(_MARK)[2]
        answer, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        raise ConfigError(
            "the process that imports the models broke off with status "
            f"{process.returncode}:\n{process.stderr.strip()[-2000:]}"
        ) from None
    if "error" in answer:
        raise getattr(errors, answer["kind"])(answer["error"])
    missing: list[str] = answer["missing"]
    return missing


def _request(context: MigrationContext) -> dict[str, Any]:
    options = context.config
    alembic = context.environment.config
    return {
        "path": ["", *filter(None, sys.path)],
        "ini": _absolute(alembic.config_file_name),
        "toml": _absolute(getattr(alembic, "toml_file_name", None)),
        "section": alembic.config_ini_section,
        "options": _options_set(alembic),
        "ready": isinstance(options.alembic_config, Config),
        "x_arguments": list(
            getattr(alembic.cmd_opts, "x", None) or options.x_arguments
        ),
        "database_url": _urls(options.database_url),
        "environ": dict(options.environ),
        "redirect": options.redirect,
        "package": options.model_package,
        "case": options.case,
    }


def _options_set(config: Config) -> dict[str, dict[str, str]]:
    """Return the options that no file gives, but somebody set."""
    ini = config.config_file_name
    parser, found = config.file_config, {}
    written = Config(ini, ini_section=config.config_ini_section).file_config
    for section in parser.sections():
        present = dict(parser.items(section, raw=True))
        if written.has_section(section):
            for name, value in written.items(section, raw=True):
                if present.get(name) == value:
                    del present[name]
        present.pop("here", None)
        found[section] = present
    return found


def _absolute(path: str | None) -> str | None:
    return os.path.abspath(path) if path else None


def _urls(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {name: _urls(url) for name, url in given.items()}
    if given is None or isinstance(given, str):
        return given
    return given.render_as_string(hide_password=False)


def main(request: Mapping[str, Any]) -> None:
    """Answer a request; runs in the new process."""
    try:
        answer: dict[str, Any] = {"missing": _missing(request)}
    except MigtestkitError as error:
        answer = {"error": str(error), "kind": type(error).__name__}
    print(f"{_MARK}{json.dumps(answer)}", flush=True)


def _missing(request: Mapping[str, Any]) -> list[str]:
    with MigrationContext(_options(request)) as context:
        known: list[MetaData] = []
        context.look(
            lambda location, heads, alembic: _note(context, alembic, known)
        )
        if not known:
            raise ConfigError(
                "env.py passes no target_metadata to configure()"
            )
        before = {key for one in known for key in one.tables}
        found: dict[str, str] = {}
        context.environment.call(
            lambda: found.update(
                _models(
                    request["package"], context.environment.scripts_folder
                )
            )
        )
        if not found:
            raise ConfigError(
                f"model_package {request['package']!r} has no model: no "
                "class with a __table__, and no Table, in any of its modules"
            )
        for one in known:
            for key in one.tables:
                found.setdefault(key, f"table {key!r}")
    return [text for key, text in sorted(found.items()) if key not in before]


def _note(
    context: MigrationContext, alembic: Any, known: list[MetaData]
) -> tuple[()]:
    metadata = compared_metadata(context, alembic)
    if metadata is not None:
        several = not isinstance(metadata, MetaData)
        known.extend(metadata if several else [metadata])
    return ()


def _models(package: str, scripts: str) -> Iterator[tuple[str, str]]:
    """Import a package whole; yield its models as table and description.

    :param scripts: the folder of env.py, which only Alembic can import.
    """
    plain: dict[str, str] = {}
    for module in _modules(package, scripts):
        for name, value in sorted(vars(module).items()):
            # By type(), for proxies such as Flask's refuse any other look.
            if issubclass(type(value), Table):
                text = f"table {value.key!r}, {name} of {module.__name__}"
                plain.setdefault(value.key, text)
            if not issubclass(type(value), type):
                continue
            table = getattr(value, "__table__", None)
            if isinstance(table, Table) and (
                value.__module__ == module.__name__
            ):
                plain.pop(table.key, None)
                yield table.key, (
                    f"table {table.key!r}, class {name} of {module.__name__}"
                )
    yield from plain.items()


def _modules(package: str, scripts: str) -> Iterator[Any]:
    try:
        top = importlib.import_module(package)
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"model_package {package!r} cannot be imported: "
            f"{type(error).__name__}: {error}"
        ) from None
    yield top
    for info in pkgutil.walk_packages(
        getattr(top, "__path__", ()), f"{package}."
    ):
        if info.name.rpartition(".")[2] == "__main__":
            continue
        folder = Path(getattr(info.module_finder, "path", ""))
        if folder.is_relative_to(scripts):
            continue
        try:
            yield importlib.import_module(info.name)
        except (Exception, SystemExit) as error:
            raise ConfigError(
                f"{info.name}, of model_package {package!r}, cannot be "
                f"imported: {type(error).__name__}: {error}"
            ) from None


def _options(request: Mapping[str, Any]) -> MigrationConfig:
    """Make the configuration again that the request describes."""
    own = _plain_options(request)
    if not request["case"]:
        return own
    options = _options_of_case(request["case"])
    if not request["ready"]:
        options.alembic_config = own.alembic_config
    for name in ("ini_section", "x_arguments", "database_url", "environ"):
        setattr(options, name, getattr(own, name))
    return options


def _plain_options(request: Mapping[str, Any]) -> MigrationConfig:
    files = [
        Path(request[name]) if request[name] else None
        for name in ("ini", "toml")
    ]
    config = new_config(Found(*files), section=request["section"])
    for section, options in request["options"].items():
        for name, value in options.items():
            config.set_section_option(section, name, value)
    return MigrationConfig(
        alembic_config=config,
        ini_section=request["section"],
        x_arguments=request["x_arguments"],
        database_url=request["database_url"],
        environ=request["environ"],
        redirect=request["redirect"],
    )


def _options_of_case(address: str) -> MigrationConfig:
    """Ask the test class itself, whose hooks no request can carry.

    What its tests set on themselves, such as in setUp, is not there.
    """
    module, _, name = address.rpartition(":")
    try:
        found: Any = _module(module)
        for part in name.split("."):
            found = getattr(found, part)
        options: MigrationConfig = found("run").migration_config()
    except Exception as error:
        raise ConfigError(
            f"the hooks of {address} are needed in a process of its own, "
            f"where they fail: {type(error).__name__}: {error}; let them "
            "need nothing that setUp() makes"
        ) from None
    return options


def _module(name: str) -> Any:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    # A test module that was run as a script.
    spec = importlib.util.spec_from_file_location(Path(name).stem, name)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
