"""What does the test class of a whole project set?"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path

from migtestkit.cli.scaffold.attributes import Attributes
from migtestkit.context import MigrationContext
from migtestkit.context.registration import unregistered_models
from migtestkit.context.there_and_back import walk_up_down_up
from migtestkit.errors import MigtestkitError

__unittest = True

_NO_WAY_BACK = (
    "its downgrade raises NotImplementedError",
    "the script has no downgrade() function",
)


def add_findings(found: Attributes) -> None:
    """Add what the history itself tells: revisions that cannot be reverted,
    with the reason, and the package of the models."""
    with MigrationContext(found.config) as context:
        if not context.history.revisions:
            return
        folder = Path(context.environment.scripts.directory.dir)
        untested = walk_up_down_up(context).untested
    reasons = {
        revision: reason
        for revision, reason in untested.items()
        if reason.startswith(_NO_WAY_BACK)
    }
    if reasons:
        found.values["irreversible_revisions"] = reasons
    for package in _model_packages(folder):
        config = copy.copy(found.config)
        config.model_package = package
        try:
            with MigrationContext(config) as context:
                unregistered_models(context)
        except MigtestkitError:
            continue
        found.config = config
        found.values["model_package"] = package
        return


def _model_packages(folder: Path) -> Iterator[str]:
    """Yield the packages that env.py takes its metadata from."""
    try:
        tree = ast.parse((folder / "env.py").read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return
    wanted = _metadata_names(tree)
    roots = [*folder.resolve().parents][:3]
    for module in _imported(tree, wanted):
        while module:
            inner = Path(*module.split(".")) / "__init__.py"
            if any(
                (root / source / inner).is_file()
                for root in roots
                for source in ("", "src")
            ):
                yield module
                break
            module = module.rpartition(".")[0]


def _metadata_names(tree: ast.Module) -> set[str]:
    """Return the names from which ``target_metadata`` is made."""
    values: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            if "target_metadata" in map(ast.unparse, node.targets):
                values.append(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "target_metadata":
            values.append(node.value)
    return {
        inner.id
        for value in values
        for inner in ast.walk(value)
        if isinstance(inner, ast.Name)
    }


def _imported(tree: ast.Module, names: set[str]) -> Iterator[str]:
    """Yield the modules that some names are imported from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            for one in node.names:
                if (one.asname or one.name) in names:
                    # The name may be a module itself.
                    yield f"{node.module}.{one.name}"
        elif isinstance(node, ast.Import):
            for one in node.names:
                bound = one.asname or one.name.partition(".")[0]
                if bound in names:
                    yield one.name


__all__ = ["add_findings"]
