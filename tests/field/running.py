"""How does a module run within the environment of a history?"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sqlalchemy.engine import URL

from tests import servers
from tests.field.findings import MARIADB, POSTGRESQL, SQLITE

CHECKOUT = Path(__file__).resolve().parents[2]
#: By which driver the projects reach a server.
DRIVERS = {POSTGRESQL: "postgresql+psycopg2", MARIADB: "mysql+pymysql"}
#: What a project that is asynchronous takes, and which are.
ASYNC = "postgresql+asyncpg"
ASYNCHRONOUS = ("dstack", "prefect")


def server_url(family: str) -> URL:
    """The server, by the projects' driver."""
    url = servers.require_server(family)
    return url.set(drivername=DRIVERS[family])


def case_on(name: str, family: str) -> dict[str, str]:
    """What tells a history's case by variables where to make databases.

    The server in the project's settings is not there: an env.py whose
    settings name one of another kind is refused, and one that turns to it
    fails.
    """
    if family == SQLITE:
        return {"FIELD_CASE": name, "FIELD_DATABASE_URL": "sqlite://"}
    driver = ASYNC if name in ASYNCHRONOUS else DRIVERS[family]
    url = server_url(family).set(drivername=driver)
    return {
        "FIELD_CASE": name,
        "FIELD_DATABASE_URL": url.render_as_string(hide_password=False),
        "FIELD_SETTINGS_URL": f"{driver}://nobody@127.0.0.1:1/production",
    }


def run(
    python: Path,
    folder: str,
    module: str,
    *arguments: str,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """What a module prints, in an environment, away from the checkout."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if name != "ALEMBIC_CONFIG"
        and (not name.startswith("MIGTESTKIT_"))
    }
    environ["PYTHONPATH"] = os.fspath(CHECKOUT)
    environ["PYTHONWARNINGS"] = "ignore"
    environ.update(variables)
    done = subprocess.run(
        [os.fspath(python), "-m", module, *arguments],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise AssertionError(
            f"{module} {' '.join(arguments)} ended with exit status "
            f"{done.returncode}:\n{done.stderr}"
        )
    return done.stdout
