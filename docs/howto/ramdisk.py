"""Throw-away SQLite databases in a folder that lies in memory."""

import contextlib
import os
import tempfile

from migtestkit import ConfigError
from migtestkit.databases import Backend, Database, new_token
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool


class File(Database):
    """One database: a file of its own."""

    def __init__(self, path, lock_timeout):
        self.url = URL.create("sqlite", database=path)
        self.address = path
        self.lock_timeout = lock_timeout

    def create_engine(self):
        return create_engine(self.url, poolclass=NullPool)

    def connect_arguments(self, dialect, given):
        # Where env.py's own engine is sent instead of its own database.
        return [self.address], {"timeout": self.lock_timeout}

    def drop(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.address)

    def describe(self):
        return f"sqlite3 {self.address}"


class RamDisk(Backend):
    """Makes databases, and tells one from another."""

    dialects = ("sqlite",)
    async_drivers = ("aiosqlite",)

    def provision(self, url, *, lock_timeout):
        folder = url.database or "/dev/shm"
        if not os.path.isdir(folder):
            folder = tempfile.gettempdir()
        name = f"migtestkit_{new_token()}.sqlite"
        return File(os.path.join(folder, name), lock_timeout)

    def adopt(self, engine, *, lock_timeout):
        raise ConfigError("RamDisk makes its own databases only")

    def address(self, arguments, options):
        path = arguments[0] if arguments else options.get("database")
        return os.path.abspath(path) if path else None
