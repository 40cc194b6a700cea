"""Which revisions does the command judge?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from migtestkit.context.walks import Scope
from migtestkit.errors import ConfigError, RevisionError
from migtestkit.history import RevisionHistory

__unittest = True

#: Checks that judge the history as a whole, not its revisions.
OF_THE_WHOLE = (
    "test_single_head_revision",
    "test_model_definitions_match_ddl",
    "test_all_models_register_on_metadata",
    "test_schema_is_healthy",
    "test_foreign_keys_are_indexed",
)


@dataclass(frozen=True)
class Selection:
    """What the options say of the revisions to judge.

    :ivar since: a target; it and all after it are judged.
    :ivar shard: number, from 1, and count of the machines side by side.
    :ivar fail_fast: stop at the first finding.
    """

    since: str | None = None
    shard: tuple[int, int] | None = None
    fail_fast: bool = False

    def scope(self, history: RevisionHistory) -> Scope:
        """Return the revisions to judge, of a history.

        :raises RevisionError: ``since`` is unknown.
        """
        if self.since is None and self.shard is None:
            return Scope(None, self.fail_fast)
        wanted = list(history.revisions)
        if self.since is not None:
            first = _first(self.since, history)
            after = history.dependents(first) | {first}
            wanted = [one for one in wanted if one in after]
        if self.shard is not None:
            wanted = part(wanted, *self.shard)
        return Scope(frozenset(wanted), self.fail_fast)

    def left_out(self, name: str) -> str:
        """Return why a check is not for this shard; empty if it is."""
        if self.shard is None or self.shard[0] == 1:
            return ""
        if name not in OF_THE_WHOLE:
            return ""
        return f"it judges the history as a whole, in shard 1/{self.shard[1]}"

    def describe(self, scope: Scope, history: RevisionHistory) -> str:
        """Return which revisions are judged, empty if all are."""
        if scope.judged is None:
            return ""
        names = history.in_order(scope.judged)
        reach = f", {names[0]} to {names[-1]}" if len(names) > 1 else (
            f", {names[0]}" if names else ""
        )
        words = []
        if self.since is not None:
            words.append(f"since {self.since}")
        if self.shard is not None:
            words.append("shard {}/{}".format(*self.shard))
        return (
            f"{', '.join(words)}: judging {len(names)} of "
            f"{len(history.revisions)} revisions{reach}"
        )


def _first(since: str, history: RevisionHistory) -> str:
    try:
        return history.resolve_revision(since)
    except RevisionError as error:
        raise RevisionError(f"--since: {error}") from None


def part(
    revisions: Sequence[str], number: int, count: int
) -> list[str]:
    """Return the revisions of one shard: neighbours, so that what is below
    them is applied once, and each in one shard only."""
    size = len(revisions)
    return list(
        revisions[size * (number - 1) // count:size * number // count]
    )


def read_shard(text: str | None) -> tuple[int, int] | None:
    """Return number and count of ``--shard 2/4``.

    :raises ConfigError: it is not of that form.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if found:
        number, count = int(found[1]), int(found[2])
        if 1 <= number <= count:
            return number, count
    raise ConfigError(
        f"--shard must be NUMBER/COUNT with the number from 1 to the count, "
        f"such as 2/4, not {text!r}"
    )
