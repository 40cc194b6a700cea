"""How does a module run within the environment of a history?"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

CHECKOUT = Path(__file__).resolve().parents[2]


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
