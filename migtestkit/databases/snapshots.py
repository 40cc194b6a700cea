"""Where are the snapshots of throw-away databases kept, and for how long?

In this process, within a budget of bytes; the one that was not used for the
longest time goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__unittest = True

#: Bytes that all snapshots together may take.
BUDGET = 256 * 1024 * 1024

Steps = tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """A database as it was after some revisions had been applied.

    :ivar snapshot: what :meth:`~migtestkit.databases.base.Database.snapshot`
        returned.
    :ivar size: its bytes, those that it shares with others left out.
    :ivar location: of the version table.
    """

    snapshot: Any
    size: int
    location: Any


class SnapshotStore:
    """Snapshots by what they were made from.

    :param budget: bytes that they may take together.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self.size = 0
        self._kept: OrderedDict[tuple[Hashable, Steps], Kept] = OrderedDict()
        #: How many steps there are snapshots of, by key.
        self._lengths: dict[Hashable, dict[int, int]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def nearest(
        self, key: Hashable, steps: Sequence[str]
    ) -> tuple[Steps, Kept] | None:
        """Return the snapshot that has most of some steps behind it, from
        the first on, and no others.

        :param key: all else that a database depends on.
        """
        for length in sorted(self._lengths.get(key, ()), reverse=True):
            if length <= len(steps):
                start = tuple(steps[:length])
                found = self._kept.get((key, start))
                if found is not None:
                    self._kept.move_to_end((key, start))
                    return start, found
        return None

    def add(self, key: Hashable, steps: Sequence[str], kept: Kept) -> None:
        """Keep a snapshot, in place of one that is not worth its bytes."""
        self.drop(key, steps)
        if kept.size > self.budget:
            return
        self._kept[key, tuple(steps)] = kept
        lengths = self._lengths.setdefault(key, {})
        lengths[len(steps)] = lengths.get(len(steps), 0) + 1
        self.size += kept.size
        while self.size > self.budget:
            (old, behind), _ = next(iter(self._kept.items()))
            self.drop(old, behind)

    def drop(self, key: Hashable, steps: Sequence[str]) -> None:
        """Forget a snapshot, if there is one."""
        found = self._kept.pop((key, tuple(steps)), None)
        if found is None:
            return
        self.size -= found.size
        lengths = self._lengths[key]
        lengths[len(steps)] -= 1
        if not lengths[len(steps)]:
            del lengths[len(steps)]
        if not lengths:
            del self._lengths[key]

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._lengths.clear()
        self.size = 0

    def keys(self) -> Iterator[tuple[Hashable, Steps]]:
        """Return what there are snapshots of, the oldest first."""
        return iter(list(self._kept))


#: The one of this process.
STORE = SnapshotStore()
