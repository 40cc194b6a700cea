"""What does the command print, and when?"""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from alembic.config import Config

from migtestkit.cli.colours import is_terminal, paint, wants_colours
from migtestkit.config import config_place
from migtestkit.history import RevisionHistory

if TYPE_CHECKING:
    from migtestkit.cli.check import Outcome

ALEMBIC = logging.getLogger("alembic.runtime.migration")
COLOURS: dict[str, tuple[str, ...]] = {
    "passed": ("green",),
    "skipped": ("yellow",),
    "FAILED": ("bold", "red"),
    "could not run": ("bold", "red"),
}


class Clock:
    """Tells the time left, by the steps that are made and still to make."""

    def __init__(self) -> None:
        self._expected: dict[str, int] = {}
        self._name = ""
        self._behind = 0
        #: How many steps the check at hand has made.
        self.steps = 0
        self._began = time.monotonic()

    def expect(self, steps: dict[str, int]) -> None:
        """Learn how many steps each check will make."""
        self._expected = dict(steps)
        self._began = time.monotonic()

    def start(self, name: str) -> None:
        """Note that a check starts."""
        self._name, self.steps = name, 0

    def step(self) -> None:
        """Note a step."""
        self.steps += 1

    def stop(self) -> None:
        """Note that a check ends, however many steps it made."""
        self._behind += self._expected.get(self._name, 0)
        self.steps = 0

    def left(self) -> str:
        """Return the time left, as a line begins with it; empty while it
        cannot be told."""
        total = sum(self._expected.values())
        mine = self._expected.get(self._name, 0)
        made = self._behind + min(self.steps, mine)
        passed = time.monotonic() - self._began
        if passed < 1 or made < total / 50 or not 0 < made <= total:
            return ""
        return f"{_duration(passed * (total - made) / made)} left, "


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{round(whole / 60)} min"


class Progress:
    """Writes what happens to a stream.

    On a terminal the revision at hand and the time left are shown in place;
    elsewhere only whole lines are written.

    :param stream: where to.
    :param verbose: print every revision on a line of its own.
    """

    def __init__(self, stream: TextIO, *, verbose: bool = False) -> None:
        self._stream = stream
        self._verbose = verbose
        self._terminal = is_terminal(stream)
        self._coloured = wants_colours(stream)
        self._clock = Clock()

    def _painted(self, text: str, *colours: str) -> str:
        return paint(text, *colours) if self._coloured else text

    def line(self, text: str = "") -> None:
        """Write a line of its own."""
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
        count = len(history.revisions)
        self.line(
            f"{config_place(config)}: "
            f"{count} revision{'' if count == 1 else 's'}, "
            f"head {', '.join(history.heads) or 'none'}"
        )

    def expect(self, steps: dict[str, int]) -> None:
        """Learn how many steps each check will make, for the time left."""
        self._clock.expect(steps)

    def start(self, name: str) -> None:
        """Say that a check starts."""
        self._clock.start(name)
        if self._verbose:
            self.line(name)
        else:
            self._in_place(f"  {name} ...")
        self._name = name

    def step(self, text: str) -> None:
        """Say that a revision is run."""
        self._clock.step()
        if self._verbose:
            self.line(f"    {text}")
        else:
            left = self._clock.left()
            self._in_place(
                f"  {self._name} ... {left}{self._clock.steps}: {text}"
            )

    def stop(self, name: str, word: str, seconds: float) -> None:
        """Say how a check ended."""
        self._clock.stop()
        dots = self._painted("." * (44 - len(name)), "faint")
        shown = self._painted(word, *COLOURS[word])
        self.line(f"  {name} {dots} {shown} ({seconds:.1f} s)")

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
                self.line()
                shown = self._painted(heading, "bold", "red")
                self.line(f"{shown} {', '.join(names)}")
                self.line(_indent(text))
        self._leave_outs(outcome)
        self.line()
        colour = "green" if outcome.good else "red"
        self.line(self._painted(outcome.summary, "bold", colour))

    def _leave_outs(self, outcome: Outcome) -> None:
        if outcome.skipped:
            self.line()
            for name, reason in outcome.skipped.items():
                self.line(f"skipped {name}: {reason}")
        if outcome.not_run:
            self.line()
            self.line(f"not run (--fail-fast): {', '.join(outcome.not_run)}")
        for name, notes in outcome.notes.items():
            self.line()
            self.line(f"not tested in {name}:")
            for note in notes:
                self.line(f"  {note}")


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
