"""How are Alembic's own commands called, and their output caught?"""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import alembic.command
from alembic.config import Config
from alembic.runtime.migration import MigrationStep

from migtestkit.environment import Environment
from migtestkit.errors import ConfigError, RevisionError, suggest

__unittest = True

Directives = Callable[[Any, Any, list[Any]], None]


class _Statements(io.StringIO):
    """Collects what Alembic writes; it writes each statement by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def write(self, text: str, /) -> int:
        self.written.append(text)
        return super().write(text)


def find_command(name: str) -> Callable[..., Any]:
    """Return a function of :mod:`alembic.command`.

    :raises ConfigError: there is none of that name.
    """
    known = [
        one
        for one, value in vars(alembic.command).items()
        if inspect.isfunction(value)
        and value.__module__ == "alembic.command"
        and not one.startswith("_")
    ]
    if name not in known:
        raise ConfigError(
            f"Alembic has no command {name!r}{suggest(name, known)}"
        )
    function: Callable[..., Any] = getattr(alembic.command, name)
    return function


def run_command(
    environment: Environment, name: str, *args: Any, **options: Any
) -> list[str]:
    """Call a command; return the lines that it prints, SQL included."""
    function = find_command(name)
    try:
        inspect.signature(function).bind(environment.config, *args, **options)
    except TypeError as error:
        raise ConfigError(f"Alembic's command {name!r}: {error}") from None
    output = _Statements()

    def call() -> None:
        with _output_to(environment.config, output):
            # Not all that a command says goes through the configuration.
            with contextlib.redirect_stdout(output):
                function(environment.config, *args, **options)

    environment.call(call)
    return output.getvalue().splitlines()


def offline_statements(
    environment: Environment, start: str, end: str
) -> list[str]:
    """Return the SQL of ``alembic upgrade start:end --sql``, by statement.

    :raises RevisionError: there is nothing between the two.
    """
    output = _Statements()
    config = environment.config

    def call() -> None:
        with _output_to(config, output):
            # What a migration prints is no statement.
            with contextlib.redirect_stdout(io.StringIO()):
                alembic.command.upgrade(config, f"{start}:{end}", sql=True)

    environment.call(call)
    texts = (text.strip() for text in output.written)
    found = [text for text in texts if _is_statement(text)]
    if not found:
        raise RevisionError(
            f"an upgrade from {start!r} to {end!r} has no statement; the "
            "first must come before the second in the history"
        )
    return found


def offline_step(
    environment: Environment, step: MigrationStep, heads: Sequence[str]
) -> list[str]:
    """Return what ``alembic upgrade --sql`` writes for one step, by
    statement, those that begin and end transactions included.

    :param heads: what the version table is taken to hold.
    """
    output = _Statements()
    with _output_to(environment.config, output):
        with contextlib.redirect_stdout(io.StringIO()):
            environment.render(lambda *_: [step], heads)
    texts = (text.strip() for text in output.written)
    return [text for text in texts if _is_statement(text)]


def _is_statement(text: str) -> bool:
    return any(
        line.strip() and not line.lstrip().startswith("--")
        for line in text.splitlines()
    )


@contextlib.contextmanager
def _output_to(config: Config, output: io.StringIO) -> Iterator[None]:
    saved = config.stdout, config.output_buffer
    config.stdout = config.output_buffer = output
    try:
        yield
    finally:
        config.stdout, config.output_buffer = saved


def generate(
    environment: Environment,
    directives: Directives | None,
    *,
    prevent: bool,
    options: dict[str, Any],
) -> Any:
    """Call Alembic's ``revision``, env.py's own directives first.

    :param directives: called with what would be written.
    :param prevent: write nothing.
    :param options: arguments of :func:`alembic.command.revision`.
    :return: what Alembic returns; ``None`` if nothing is written.
    """
    config = environment.config

    def hook(context: Any, revision: Any, scripts: list[Any]) -> None:
        own = context.opts.get("process_revision_directives")
        if own is not None:
            # Alembic calls this hook before env.py's; here env.py's shall
            # come first, and once.
            with as_revision_command(context, options["autogenerate"]):
                own(context, revision, scripts)
            context.opts["process_revision_directives"] = None
        if directives is not None:
            directives(context, revision, scripts)
        if prevent:
            # Not emptying the list, where an env.py with several databases
            # goes on to the next.
            context.opts["revision_context"].generate_scripts = _no_scripts

    def call() -> Any:
        # Makes Alembic run env.py, and so the directives, in any case; the
        # options of a run are a copy.
        config.set_main_option("revision_environment", "true")
        with contextlib.redirect_stdout(io.StringIO()):
            return alembic.command.revision(
                config, process_revision_directives=hook, **options
            )

    result = environment.call(call)
    return None if prevent else result


@contextlib.contextmanager
def as_revision_command(context: Any, autogenerate: bool) -> Iterator[None]:
    """Let ``config.cmd_opts.autogenerate`` be there, which the directives of
    many an env.py ask for.

    :param context: Alembic's migration context.
    """
    config = context.config
    saved = config.cmd_opts
    if saved is not None and not hasattr(saved, "autogenerate"):
        config.cmd_opts = copy.copy(saved)
        config.cmd_opts.autogenerate = autogenerate
    try:
        yield
    finally:
        config.cmd_opts = saved


def _no_scripts() -> tuple[()]:
    """Stand in for what writes the files."""
    return ()
