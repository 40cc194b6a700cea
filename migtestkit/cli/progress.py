"""What does the command print, and when?"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from alembic.config import Config

from migtestkit.history import RevisionHistory

if TYPE_CHECKING:
    from migtestkit.cli.check import Outcome

ALEMBIC = logging.getLogger("alembic.runtime.migration")


class Progress:
    """Writes what happens to a stream.

    On a terminal the revision at hand is shown in place; elsewhere only
    whole lines are written.

    :param stream: where to.
    :param verbose: print every revision on a line of its own.
    """

    def __init__(self, stream: TextIO, *, verbose: bool = False) -> None:
        self._stream = stream
        self._verbose = verbose
        self._terminal = stream.isatty()
        self._steps = 0

    def _line(self, text: str = "") -> None:
        self._clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def _clear(self) -> None:
        if self._terminal:
            self._stream.write("\r\x1b[K")

    def _in_place(self, text: str) -> None:
        if self._terminal and not self._verbose:
            width = shutil.get_terminal_size().columns
            self._clear()
            self._stream.write(text[: width - 1])
            self._stream.flush()

    def title(self, config: Config, history: RevisionHistory) -> None:
        """Say what is about to be checked."""
        place = config.config_file_name or getattr(
            config, "toml_file_name", None
        )
        count = len(history.revisions)
        self._line(
            f"{place}: {count} revision{'' if count == 1 else 's'}, "
            f"head {', '.join(history.heads) or 'none'}"
        )

    def start(self, name: str) -> None:
        """Say that a check starts."""
        self._steps = 0
        if self._verbose:
            self._line(name)
        else:
            self._in_place(f"  {name} ...")
        self._name = name

    def step(self, text: str) -> None:
        """Say that a revision is run."""
        self._steps += 1
        if self._verbose:
            self._line(f"    {text}")
        else:
            self._in_place(f"  {self._name} ... {self._steps}: {text}")

    def stop(self, name: str, word: str, seconds: float) -> None:
        """Say how a check ended."""
        dots = "." * (44 - len(name))
        self._line(f"  {name} {dots} {word} ({seconds:.1f} s)")

    @contextlib.contextmanager
    def following(self) -> Iterator[None]:
        """Show each revision that Alembic logs."""
        handler = _StepHandler(self)
        level, propagate = ALEMBIC.level, ALEMBIC.propagate
        ALEMBIC.addHandler(handler)
        ALEMBIC.setLevel(logging.INFO)
        ALEMBIC.propagate = False
        try:
            yield
        finally:
            ALEMBIC.removeHandler(handler)
            ALEMBIC.setLevel(level)
            ALEMBIC.propagate = propagate

    def report(self, outcome: Outcome) -> None:
        """Print what a person has to act on, and the counts."""
        for heading, texts in (
            ("FAILED", outcome.failures),
            ("COULD NOT RUN", outcome.errors),
        ):
            for text, names in _by_text(texts).items():
                self._line()
                self._line(f"{heading} {', '.join(names)}")
                self._line(_indent(text))
        self._leave_outs(outcome)
        self._line()
        self._line(outcome.summary)

    def _leave_outs(self, outcome: Outcome) -> None:
        if outcome.skipped:
            self._line()
            for name, reason in outcome.skipped.items():
                self._line(f"skipped {name}: {reason}")
        for name, notes in outcome.notes.items():
            self._line()
            self._line(f"not tested in {name}:")
            for note in notes:
                self._line(f"  {note}")


def _by_text(texts: dict[str, str]) -> dict[str, list[str]]:
    """Join the checks that say the same."""
    joined: dict[str, list[str]] = {}
    for name, text in texts.items():
        joined.setdefault(text, []).append(name)
    return joined


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


class _StepHandler(logging.Handler):
    """Hands Alembic's "Running upgrade a -> b" on."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self._progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith("Running "):
            self._progress.step(text[len("Running "):])
