"""quetz-server 0.10.4: a branch and a merge, a label, no ini file."""

from __future__ import annotations

from quetz.cli import _alembic_config

from tests.field.reproduce import walk

if __name__ == "__main__":
    walk.run(walk.single_config(_alembic_config), package="quetz")
