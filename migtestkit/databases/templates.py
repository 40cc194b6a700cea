"""How is a database on a server kept as a template for others?

As a database of its own to which nobody can connect. Its owner drops it when
nothing refers to it any more, or at the end of the process.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

__unittest = True


class Template:
    """A database that others are made from.

    :param name: its name on the server.
    :param size: bytes that it takes there.
    :param forget: called with the name when nothing refers to it any more.
    """

    def __init__(
        self, name: str, size: int, forget: Callable[[str], None]
    ) -> None:
        self.name = name
        self.size = size
        _alive.add(self)
        weakref.finalize(self, forget, name).atexit = False


_alive: weakref.WeakSet[Template] = weakref.WeakSet()


def held() -> int:
    """Return how many bytes all templates of this process take."""
    return sum(one.size for one in list(_alive))
