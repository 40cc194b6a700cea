"""What was seen of one statement?"""

from __future__ import annotations

from dataclasses import dataclass, field

from migtestkit.environment import StatementWatch

__unittest = True


@dataclass(frozen=True)
class Lock:
    """A lock that keeps others from using a table as ever.

    :ivar table: the table, ``schema.table`` where that is not the default.
    :ivar mode: the database's name for it.
    :ivar reads: whether it keeps off those who read, too.
    :ivar since: number of the statement that took it.
    """

    table: str
    mode: str
    reads: bool
    since: int


@dataclass(frozen=True)
class Seen:
    """What one statement does to tables that were there before the revision.

    :ivar number: its place among the revision's statements, from 1.
    :ivar statement: its text.
    :ivar scanned: tables all of whose rows it goes through.
    :ivar rewritten: tables that it writes anew.
    :ivar locks: those held when it had ended.
    :ivar waits: whether it may wait for its locks for ever.
    """

    number: int
    statement: str
    scanned: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    waits: bool = False

    @property
    def new_locks(self) -> tuple[Lock, ...]:
        """The locks that it took itself."""
        return tuple(one for one in self.locks if one.since == self.number)


@dataclass
class Watched(StatementWatch):
    """A watch that writes down what it sees.

    :ivar exclude: names of tables that do not count.
    :ivar seen: what was seen, in order.
    """

    exclude: tuple[str, ...] = ()
    seen: list[Seen] = field(default_factory=list)
