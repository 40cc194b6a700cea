"""Which folders of databases did processes leave that were killed?

In each folder lies a file that the process which made it has locked. The lock
goes with the process, however that ends, so that whoever comes next can tell
what dead owners left behind from what is in use. The file names the machine,
for not every shared folder tells one machine of another's locks.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows; there nothing is reaped
    fcntl = None  # type: ignore[assignment]

__unittest = True

PREFIX = "migtestkit_"
MARK = "owner"

#: Those of this process, which its own lock does not keep out.
_own: set[str] = set()
#: Where this process has looked.
_reaped: set[str] = set()


class OwnFolder:
    """A new folder for one database.

    :param place: where to make it; ``None``: the temporary folder.
    :raises OSError: it cannot be made there.
    """

    def __init__(self, place: str | None) -> None:
        # Absolute, for env.py runs in another working directory.
        place = os.path.abspath(place or tempfile.gettempdir())
        reap_once(place)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        _own.add(os.path.realpath(self.path))
        self._mark: int | None = None
        with contextlib.suppress(OSError):
            self._mark = _locked_file(self.path)

    def drop(self) -> None:
        """Remove it; doing so twice is no error."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._let_go()

    def keep(self) -> None:
        """Let nobody remove it from now on."""
        with contextlib.suppress(OSError):
            os.unlink(self.path / MARK)
        self._let_go()

    def _let_go(self) -> None:
        # A number, not a file object: that would be closed when nothing
        # refers to us, while an engine still uses the database.
        if self._mark is not None:
            os.close(self._mark)
            self._mark = None
        _own.discard(os.path.realpath(self.path))


def _locked_file(folder: Path) -> int | None:
    """Make the file that says who has a folder; return its descriptor."""
    if fcntl is None:
        return None
    # It gets its name when it is locked: without a lock it would say that
    # its owner is dead.
    fresh = folder / f"{MARK}.part"
    number = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(number, _machine())
        os.rename(fresh, folder / MARK)
    except BaseException:
        os.unlink(fresh)
        os.close(number)
        raise
    return number


def _machine() -> bytes:
    return os.fsencode(platform.node())


def reap_once(place: str) -> None:
    """Remove what dead owners left in a place, the first time that this
    process makes a folder there."""
    if fcntl is None or place in _reaped:
        return
    _reaped.add(place)
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX):
                with contextlib.suppress(OSError):
                    _reap(entry)


def _reap(entry: os.DirEntry[str]) -> None:
    # A folder of our own user, no link to one.
    if not entry.is_dir(follow_symlinks=False):
        return
    if entry.stat(follow_symlinks=False).st_uid != os.geteuid():
        return
    if os.path.realpath(entry.path) in _own:
        return
    flags = os.O_RDWR | os.O_NOFOLLOW
    number = os.open(os.path.join(entry.path, MARK), flags)
    try:
        if os.read(number, 1000) == _machine():
            fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(entry.path, ignore_errors=True)
    finally:
        os.close(number)
