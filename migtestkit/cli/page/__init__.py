"""Of what is the page of a report made?"""

from __future__ import annotations

from importlib import resources

__unittest = True


def part(name: str) -> str:
    """Return one of the files beside this module."""
    return resources.files(__name__).joinpath(name).read_text("utf-8")
