"""Sphinx: ``sphinx-build -W -n -b html docs docs/_build/html``."""

import builtins
import collections.abc
import configparser
import pathlib
import sys
import typing

DOCS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

_setup = configparser.ConfigParser(interpolation=None)
_setup.read(DOCS.parent / "setup.cfg", encoding="utf-8")

project = "migtestkit"
author = "The migtestkit developers"
copyright = "2026, the migtestkit developers"
release = version = _setup["metadata"]["version"]

extensions = ["sphinx.ext.autodoc", "sphinx.ext.doctest"]
exclude_patterns = ["_build", "example"]
nitpicky = True

html_theme = "furo"
html_title = f"migtestkit {release}"

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True

# Names of other projects have no page here; ours must all be found.
_elsewhere = "|".join([
    r"(alembic|collections|contextlib|os|pathlib|re|sqlalchemy|types|typing"
    r"|unittest)\..*",
    *dir(builtins), *collections.abc.__all__, *typing.__all__,
])
nitpick_ignore_regex = [
    (r"py:.*", rf"({_elsewhere})"),
    # Type variables.
    (r"py:class", r"migtestkit\..*\.[A-Z]"),
]

linkcheck_ignore = ["https?://"]
