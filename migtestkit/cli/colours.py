"""Is a stream shown in colours?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

__unittest = True

CODES = {
    "red": "31", "green": "32", "yellow": "33", "cyan": "36",
    "bold": "1", "faint": "2",
}


def is_terminal(
    stream: TextIO, environ: Mapping[str, str] = os.environ
) -> bool:
    """Say whether a line on a stream can be written over: a terminal can,
    but for those of build servers and of ``TERM=dumb``."""
    return (
        stream.isatty()
        and environ.get("TERM") != "dumb"
        and not environ.get("CI")
    )


def wants_colours(
    stream: TextIO, environ: Mapping[str, str] = os.environ
) -> bool:
    """Say whether to write in colours: ``$NO_COLOR``, set to anything, says
    no, ``$FORCE_COLOR`` yes; else a terminal gets them."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"] != "0"
    return is_terminal(stream, environ)


def paint(text: str, *names: str) -> str:
    """Return a text in colours."""
    codes = ";".join(CODES[name] for name in names)
    return f"\x1b[{codes}m{text}\x1b[0m"
