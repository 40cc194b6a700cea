"""What can a user set, and is it well formed?"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.engine import URL

from migtestkit.config.discovery import discover, locate
from migtestkit.config.ignoring import Ignore, check_ignore
from migtestkit.config.intended import Intended, check_intended
from migtestkit.config.loading import check_alembic_config, load_alembic_config
from migtestkit.errors import ConfigError, listing, suggest

__unittest = True

HOOKS = (
    "alembic_context",
    "run_environment",
    "create_base_schema",
    "use_database",
    "get_migration_engine",
)

Hook = Callable[[], "AbstractContextManager[Any] | None"]


@dataclass
class MigrationConfig:
    """All that a user can set; each field is an attribute of
    :class:`~migtestkit.MigrationTestCase` of the same name.

    The last five are hooks. ``search_from`` is the folder in which the search
    for Alembic's configuration starts, ``case`` the ``module:class`` of a
    test class whose hooks another process has to ask for.

    :raises ConfigError: a value has the wrong shape.
    """

    alembic_config: str | os.PathLike[str] | Config | None = None
    ini_section: str = "alembic"
    x_arguments: Sequence[str] = ()
    database_url: str | URL | Mapping[str, str | URL] | None = None
    redirect: bool = True
    strict: bool = False
    start_revision: str = "base"
    before_revision_data: Mapping[str, Any] = field(default_factory=dict)
    at_revision_data: Mapping[str, Any] = field(default_factory=dict)
    minimum_downgrade_revision: str | tuple[str, ...] | None = None
    irreversible_revisions: Mapping[str, str] = field(default_factory=dict)
    skip_revisions: Sequence[str] = ()
    target_metadata: MetaData | Sequence[MetaData] | None = None
    model_package: str | None = None
    ignore: Sequence[Ignore] = ()
    intended: Mapping[str, Intended] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    lock_timeout: float = 10.0
    keep_failed_database: bool | None = None
    adopt_existing_database: bool = False
    reuse_snapshots: bool = True
    search_from: Path | None = None
    case: str | None = None
    alembic_context: Hook | None = None
    run_environment: Callable[[Callable[[], None]], None] | None = None
    create_base_schema: Callable[[Connection], None] | None = None
    use_database: (
        Callable[[Engine], AbstractContextManager[Any] | None] | None
    ) = None
    get_migration_engine: Callable[[], Engine | None] | None = None

    def __post_init__(self) -> None:
        for check in _CHECKS:
            check(self)
        if self.keep_failed_database is None:
            wish = os.environ.get("MIGTESTKIT_KEEP_FAILED", "")
            self.keep_failed_database = wish.lower() not in (
                "",
                "0",
                "false",
                "no",
            )

    @classmethod
    def option_names(cls) -> tuple[str, ...]:
        """Return the names of all fields."""
        return tuple(one.name for one in dataclasses.fields(cls))

    @classmethod
    def from_options(cls, **options: Any) -> MigrationConfig:
        """Make a configuration from keywords.

        :raises ConfigError: a keyword is no option; names the nearest match.
        """
        for name in options:
            if name not in cls.option_names():
                known = cls.option_names()
                near = suggest(name, known)
                raise ConfigError(
                    f"unknown option {name!r}"
                    + (near or f"; there are {listing(known, len(known))}")
                )
        return cls(**options)

    def load(self) -> Config:
        """Return Alembic's ``Config``: the user's own object, or a new one
        from the files that were named or found.

        :raises ConfigError: there is none, or it cannot be used.
        """
        given = self.alembic_config
        if isinstance(given, Config):
            if self.ini_section not in ("alembic", given.config_ini_section):
                raise ConfigError(
                    f"ini_section is {self.ini_section!r}, but the Config "
                    f"given uses {given.config_ini_section!r}"
                )
            check_alembic_config(given)
            return given
        if given is None:
            found = discover(self.search_from, section=self.ini_section)
        else:
            starts = [self.search_from, Path.cwd()]
            found = locate(os.fspath(given), [one for one in starts if one])
        return load_alembic_config(
            found, section=self.ini_section, x_arguments=self.x_arguments
        )


def _names(value: Any, option: str) -> None:
    if isinstance(value, str) or not isinstance(value, (Sequence, set)):
        raise ConfigError(
            f"{option} must be a sequence of str, such as ('one',), not "
            f"{value!r}"
        )
    for one in value:
        if not isinstance(one, str) or not one:
            raise ConfigError(f"{option} holds {one!r}, which is no str")


def _check_sequences(config: MigrationConfig) -> None:
    _names(config.x_arguments, "x_arguments")
    _names(config.skip_revisions, "skip_revisions")
    minimum = config.minimum_downgrade_revision
    if minimum is not None and not isinstance(minimum, str):
        _names(minimum, "minimum_downgrade_revision")


def _check_types(config: MigrationConfig) -> None:
    for option, kind in (
        ("ini_section", str),
        ("redirect", bool),
        ("strict", bool),
        ("start_revision", str),
        ("adopt_existing_database", bool),
        ("reuse_snapshots", bool),
    ):
        value = getattr(config, option)
        if not isinstance(value, kind):
            raise ConfigError(
                f"{option} must be a {kind.__name__}, not {value!r}"
            )
    for option, optional in (
        ("model_package", str),
        ("keep_failed_database", bool),
    ):
        value = getattr(config, option)
        if value is not None and not isinstance(value, optional):
            raise ConfigError(
                f"{option} must be a {optional.__name__} or None, not "
                f"{value!r}"
            )


def _check_metadata(config: MigrationConfig) -> None:
    given = config.target_metadata
    several = isinstance(given, Sequence) and not isinstance(given, str)
    for one in cast(Any, given) if several else [given]:
        if one is not None and not isinstance(one, MetaData):
            raise ConfigError(
                "target_metadata must be a sqlalchemy MetaData, such as "
                f"Base.metadata, or a sequence of them, not {one!r}"
            )


def _check_ignore(config: MigrationConfig) -> None:
    check_ignore(config.ignore)


def _check_intended(config: MigrationConfig) -> None:
    check_intended(config.intended)


def _check_hooks(config: MigrationConfig) -> None:
    for option in HOOKS:
        value = getattr(config, option)
        if value is not None and not callable(value):
            raise ConfigError(f"{option} must be callable, not {value!r}")


def _check_mappings(config: MigrationConfig) -> None:
    for option in (
        "before_revision_data",
        "at_revision_data",
        "irreversible_revisions",
        "environ",
    ):
        value = getattr(config, option)
        if not isinstance(value, Mapping):
            raise ConfigError(f"{option} must be a mapping, not {value!r}")
        for key in value:
            if not isinstance(key, str):
                raise ConfigError(
                    f"{option} has the key {key!r}, which is no str"
                )
    for name, value in config.environ.items():
        if not isinstance(value, str):
            # Without the value, which may be a secret.
            raise ConfigError(
                f"environ[{name!r}] must be a str, not of type "
                f"{type(value).__name__}"
            )
    for revision, reason in config.irreversible_revisions.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ConfigError(
                f"irreversible_revisions gives no reason for {revision!r}; "
                "write why its downgrade cannot be tested"
            )


def _check_alembic_config(config: MigrationConfig) -> None:
    given = config.alembic_config
    if given is None or isinstance(given, (str, os.PathLike, Config)):
        return
    raise ConfigError(
        "alembic_config must be a path, 'package:path', an "
        f"alembic.config.Config or None, not {given!r}"
    )


def _check_lock_timeout(config: MigrationConfig) -> None:
    timeout = config.lock_timeout
    number = isinstance(timeout, (int, float)) and timeout is not True
    if not number or not 0 < timeout < float("inf"):
        raise ConfigError(
            f"lock_timeout must be a number of seconds above 0, not "
            f"{timeout!r}"
        )


def _check_database_url(config: MigrationConfig) -> None:
    given = config.database_url
    several = isinstance(given, Mapping)
    urls: Any = cast(Any, given).values() if several else [given]
    if isinstance(given, Mapping) and not given:
        raise ConfigError("database_url is an empty mapping; name a database")
    for name in given if isinstance(given, Mapping) else ():
        if not isinstance(name, str) or not name:
            raise ConfigError(
                f"database_url has the key {name!r}; the keys are names of "
                "databases"
            )
    for url in urls:
        if url is None and not several:
            continue
        if not isinstance(url, (str, URL)) or not str(url):
            raise ConfigError(
                "database_url must be a URL such as 'sqlite://', or a "
                f"mapping name -> URL, not {url!r}"
            )


_CHECKS: tuple[Callable[[MigrationConfig], None], ...] = (
    _check_alembic_config,
    _check_types,
    _check_sequences,
    _check_mappings,
    _check_lock_timeout,
    _check_database_url,
    _check_metadata,
    _check_ignore,
    _check_intended,
    _check_hooks,
)
