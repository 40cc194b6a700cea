"""Where are the snapshots of throw-away databases kept, and for how long?

In this process, within a budget of bytes; those that were not used for the
longest time go first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migtestkit.databases import pages, templates

__unittest = True

#: Bytes that all snapshots together may take.
BUDGET = 512 * 1024 * 1024

Steps = tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """A database as it was after some revisions had been applied.

    :ivar snapshot: what :meth:`~migtestkit.databases.base.Database.snapshot`
        returned.
    :ivar location: of the version table.
    """

    snapshot: Any
    location: Any


class SnapshotStore:
    """Snapshots by what they were made from. Threads may share it.

    :param budget: bytes that they may take together.
    :param held: tells how many they do. (Images share pages, so what one of
        them takes by itself says little.)
    """

    def __init__(
        self, budget: int = BUDGET, held: Callable[[], int] = pages.held
    ) -> None:
        self.budget = budget
        self._held = held
        self._lock = threading.RLock()
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
        with self._lock:
            for length in sorted(self._lengths.get(key, ()), reverse=True):
                start = tuple(steps[:length])
                found = self._kept.get((key, start))
                if found is not None:
                    self._kept.move_to_end((key, start))
                    return start, found
        return None

    def add(self, key: Hashable, steps: Sequence[str], kept: Kept) -> None:
        """Keep a snapshot, in place of an earlier one of the same."""
        with self._lock:
            self.drop(key, steps)
            self._kept[key, tuple(steps)] = kept
            lengths = self._lengths.setdefault(key, {})
            lengths[len(steps)] = lengths.get(len(steps), 0) + 1

    def trim(self) -> None:
        """Forget as many as the budget asks for, a tenth at a time: to
        measure takes longer than to forget."""
        with self._lock:
            while self._kept and self._held() > self.budget:
                oldest = list(self._kept)[: len(self._kept) // 10 + 1]
                for key, steps in oldest:
                    self.drop(key, steps)

    def drop(self, key: Hashable, steps: Sequence[str]) -> None:
        """Forget a snapshot, if there is one."""
        with self._lock:
            if self._kept.pop((key, tuple(steps)), None) is None:
                return
            lengths = self._lengths[key]
            lengths[len(steps)] -= 1
            if not lengths[len(steps)]:
                del lengths[len(steps)]
            if not lengths:
                del self._lengths[key]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
            self._lengths.clear()

    def keys(self) -> Iterator[tuple[Hashable, Steps]]:
        """Return what there are snapshots of, the oldest first."""
        with self._lock:
            return iter(list(self._kept))


def held() -> int:
    """Return how many bytes snapshots of all kinds take."""
    return pages.held() + templates.held()


#: The one of this process.
STORE = SnapshotStore(held=held)
