"""Which warning of SQLAlchemy's says nothing to whoever looks at tables?"""

from __future__ import annotations

import contextlib
import threading
import warnings
from typing import Any

from sqlalchemy.exc import SAWarning

__unittest = True


class _Quiet:
    """The filter of a warning, as long as any thread is within.

    ``catch_warnings`` is not for threads: of two, the one that leaves last
    would put back the filters of the other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within = 0
        #: The lists of filters that it was put into.
        self._lists: list[Any] = []
        self._filter: Any = None

    def __enter__(self) -> None:
        with self._lock:
            self._within += 1
            if self._filter is None or self._filter not in warnings.filters:
                warnings.filterwarnings(
                    "ignore", "Skipped unsupported reflection", SAWarning
                )
                self._filter = warnings.filters[0]
                self._lists.append(warnings.filters)

    def __exit__(self, *exc_info: object) -> None:
        with self._lock:
            self._within -= 1
            if self._within:
                return
            # Somebody else may have copied the list meanwhile.
            for filters in (*self._lists, warnings.filters):
                with contextlib.suppress(ValueError):
                    filters.remove(self._filter)
            self._lists.clear()
            self._filter = None


_QUIET = _Quiet()


def quiet_reflection() -> contextlib.AbstractContextManager[None]:
    """Keep quiet SQLAlchemy's warning of an index on an expression, which
    some dialects leave out: under ``-W error`` it would be raised."""
    return _QUIET
