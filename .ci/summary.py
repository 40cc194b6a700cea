"""How many tests passed, failed and were skipped, over several runs?

``python .ci/summary.py LOG...``: each file is the output of one run of
``python -m unittest``. Prints one line and ends with status 1 if a test
failed, if a run did not come to its end, or if no test ran at all.
"""

from __future__ import annotations

import pathlib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

RAN = re.compile(r"^Ran (\d+) tests? in .*$", re.MULTILINE)
ENDED = re.compile(
    r"^(?:OK|FAILED|NO TESTS RAN)(?: \((?P<counts>.*)\))?\s*$", re.MULTILINE
)
COUNT = re.compile(r"([a-z][a-z ]*)=(\d+)")


class Outcome(NamedTuple):
    """What came of a run, or of several."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        return "{} passed, {} failed, {} skipped".format(*self)


#: A run that was cut off: by a crash, a signal, an import that failed.
CUT_OFF = Outcome(failed=1)


def outcome(log: str) -> Outcome:
    """Read what unittest says last; what tests print above is not it."""
    runs = list(RAN.finditer(log))
    ended = ENDED.search(log, runs[-1].end()) if runs else None
    if ended is None:
        return CUT_OFF
    counts = {
        name: int(count)
        for name, count in COUNT.findall(ended["counts"] or "")
    }
    failed = sum(
        counts.get(name, 0)
        for name in ("failures", "errors", "unexpected successes")
    )
    skipped = counts.get("skipped", 0)
    # Sub-tests and class fixtures may fail or skip more often than tests run.
    passed = max(0, int(runs[-1][1]) - failed - skipped)
    return Outcome(passed, failed, skipped)


def total(outcomes: Iterable[Outcome]) -> Outcome:
    """The sum of several runs."""
    return Outcome(*map(sum, zip(Outcome(), *outcomes)))


def main(logs: Sequence[str]) -> int:
    """Print the sum; the exit status says whether all is well."""
    result = total(
        outcome(pathlib.Path(log).read_text("utf-8", "replace"))
        for log in logs
    )
    print(result)
    return 0 if result.passed and not result.failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
