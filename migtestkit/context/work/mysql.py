"""Which tables do MySQL and MariaDB copy?

How many rows an ALTER TABLE met is how many it copied, while nobody could
write to the table; one that is done in place, or at once, meets none. So the
table needs a row.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from migtestkit.context.work.seen import Lock, Seen, Watched
from migtestkit.environment import Sending

__unittest = True

_NAME = r"((?:`[^`]+`|\w+)(?:\s*\.\s*(?:`[^`]+`|\w+))?)"
_ALTERED = re.compile(
    r"(?:\s|/\*.*?\*/|--[^\n]*\n)*(?:"
    rf"ALTER\s+(?:ONLINE\s+|IGNORE\s+)*TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}"
    rf"|CREATE\s.*?\bINDEX\s.*?\bON\s+{_NAME}"
    rf"|DROP\s+INDEX\s.*?\bON\s+{_NAME})",
    re.IGNORECASE | re.DOTALL,
)


@dataclass
class MySQLWatch(Watched):
    """Sees copies of tables.

    :ivar tables: those that were there before and have a row.
    """

    tables: Collection[str] = ()
    _number: int = 0

    def before(self, sending: Sending) -> None:
        self._number += 1

    def after(self, sending: Sending, rows: int) -> None:
        found = _ALTERED.match(sending.statement)
        if found is None or rows <= 0:
            return
        name = next(one for one in found.groups() if one)
        table = re.sub(r"[`\s]", "", name)
        if table not in self.tables:
            return
        lock = Lock(table, "ALGORITHM=COPY", False, self._number)
        self.seen.append(
            Seen(
                self._number,
                sending.statement.strip(),
                rewritten=(table,),
                locks=(lock,),
            )
        )
