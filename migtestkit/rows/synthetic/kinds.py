"""Which kinds of row does a migration have to cope with?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from migtestkit.errors import TableError, listing, suggest

__unittest = True

#: All columns that have to be given, and nothing else.
MINIMAL = "minimal"
#: All columns, with everyday values.
TYPICAL = "typical"
#: A copy of the typical row, but for its keys.
DUPLICATE = "duplicate"
#: The longest, greatest and least values that the columns take.
BOUNDARY = "boundary"
#: Each value of an enum, awkward texts, both truths.
VARIED = "varied"

#: In the order in which they are made.
ALL = (TYPICAL, DUPLICATE, MINIMAL, BOUNDARY, VARIED)


def check_kinds(kinds: Collection[str]) -> Sequence[str]:
    """Return kinds in the order in which they are made.

    :raises TableError: there is no such kind.
    """
    if isinstance(kinds, str) or not kinds:
        raise TableError(
            f"kinds must be a sequence of some of {listing(ALL)}, not "
            f"{kinds!r}"
        )
    for one in kinds:
        if one not in ALL:
            raise TableError(
                f"there is no kind of row {one!r}; there are {listing(ALL)}"
                f"{suggest(str(one), ALL)}"
            )
    return [one for one in ALL if one in kinds]
