"""Where do images of databases wait for the next process?

In a folder, one file each. A file is written under another name and gets its
own when it is whole, so that any number of processes may share the folder and
one that is killed leaves nothing that could be taken for an image.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__unittest = True

#: Bytes that all images in a folder may take.
BUDGET = 1024 * 1024 * 1024
#: Changes when older files cannot be read any more.
FORMAT = "migtestkit-images-1"
ENDING = ".image"


@dataclass(frozen=True)
class Image:
    """What one file holds.

    :ivar steps: the revisions behind it.
    :ivar facts: what was written beside the content.
    :ivar content: the database.
    """

    steps: tuple[str, ...]
    facts: Mapping[str, Any]
    content: bytes


class ImageFolder:
    """Images in a folder.

    :param folder: it is made if need be, for this user alone.
    :param budget: bytes that they may take together.
    """

    def __init__(self, folder: Path, budget: int = BUDGET) -> None:
        self.folder = folder / FORMAT
        self.budget = budget

    def longest(
        self, key: str, steps: Sequence[str], beyond: int
    ) -> Iterator[Image]:
        """Yield the images that have some of the steps behind them, from the
        first on, and no others; those with most of them first.

        :param key: all else that a database depends on.
        :param beyond: how many steps are not worth reading an image for.
        """
        for length in sorted(self._lengths(key), reverse=True):
            if beyond < length <= len(steps):
                start = tuple(steps[:length])
                found = self._read(self._path(key, start))
                if found is not None:
                    yield Image(start, *found)

    def add(
        self,
        key: str,
        steps: Sequence[str],
        facts: Mapping[str, Any],
        content: bytes,
    ) -> None:
        """Keep an image, in place of an earlier one of the same.

        :raises OSError: it cannot be written.
        """
        path = self._path(key, steps)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        head = json.dumps({"facts": facts, "digest": _digest(content)})
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(head.encode() + b"\n" + content)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        self.trim()

    def trim(self) -> None:
        """Remove those that were not used for the longest time, until the
        rest is within the budget."""
        found = []
        for path in self.folder.glob(f"*/*{ENDING}"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                found.append((stat.st_mtime_ns, stat.st_size, path))
        held = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if held <= self.budget:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            held -= size

    def _lengths(self, key: str) -> set[int]:
        try:
            names = os.listdir(self.folder / key)
        except OSError:
            return set()
        return {
            int(name.partition("-")[0])
            for name in names
            if name.endswith(ENDING)
        }

    def _path(self, key: str, steps: Sequence[str]) -> Path:
        digest = _digest("\n".join(steps).encode())[:32]
        return self.folder / key / f"{len(steps)}-{digest}{ENDING}"

    def _read(self, path: Path) -> tuple[Mapping[str, Any], bytes] | None:
        try:
            with path.open("rb") as file:
                head = json.loads(file.readline())
                content = file.read()
            if _digest(content) != head["digest"]:
                return None
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError):
            # Not there, removed meanwhile, or broken: as if there were none.
            return None
        return head["facts"], content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
