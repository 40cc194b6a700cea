"""Which owners of databases are processes on this machine?

A server that is restarted, or a proxy that ends idle sessions, takes an
owner's lock away while the owner lives. So there is a second sign of life for
those on the same machine: a socket in Linux's abstract namespace, whose name
holds the owner's token. Like the lock it goes with the process, however that
ends; and there is no file that somebody would have to remove.
"""

from __future__ import annotations

import contextlib
import socket
import sys

__unittest = True


class Sign:
    """Says that the owner of a token lives, until it is closed.

    Where there are no such sockets it says nothing; nor does it to processes
    in another network namespace.
    """

    def __init__(self, token: str) -> None:
        self._socket: socket.socket | None = None
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._socket = _socket()
                self._socket.bind(_name(token))

    def close(self) -> None:
        """Take it away; in a forked process: let go of it."""
        if self._socket is not None:
            self._socket.close()


def is_here(token: str) -> bool:
    """Say whether the owner of a token is known to live on this machine."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError), _socket() as probe:
            # Not by binding it: others who ask would see that.
            probe.connect(_name(token))
            return True
    return False


def _socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def _name(token: str) -> str:
    return f"\0migtestkit_{token}"
