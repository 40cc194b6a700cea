"""Runs one case file with unittest and prints its outcomes as JSON.

``python -m tests.field.outcomes MODULE`` runs inside the environment of
the history; what unittest would say in prose goes to standard error, and
what the history's scripts print too.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
import traceback
import unittest
from typing import Any

Outcome = dict[str, Any]


class Recorder(unittest.TextTestResult):
    """A result that also keeps what each test came to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcomes: dict[str, Outcome] = {}
        self._began = 0.0

    def startTest(self, test: unittest.TestCase) -> None:
        self._began = time.monotonic()
        super().startTest(test)
        self._record(test, "pass", "")

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        taken = time.monotonic() - self._began
        self._of(test)["seconds"] = round(taken, 2)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._record(test, "fail", str(err[1]))

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._record(test, "error", "".join(traceback.format_exception(*err)))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        whole = getattr(test, "test_case", None)
        if whole is None:
            self._record(test, "skip", reason)
        else:  # a sub-test: the test goes on
            said = f"{test}: {reason}"
            self._of(whole)["untested"].append(said)

    def addSubTest(
        self,
        test: unittest.TestCase,
        subtest: unittest.TestCase,
        err: Any,
    ) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._record(test, "error", f"a sub-test failed: {err[1]}")

    def _record(
        self, test: unittest.TestCase, outcome: str, text: str
    ) -> None:
        self._of(test).update(outcome=outcome, text=text)

    def _of(self, test: unittest.TestCase) -> Outcome:
        name = test.id().rpartition(".")[2]
        return self.outcomes.setdefault(name, {"untested": []})


def main(module: str) -> None:
    suite = unittest.defaultTestLoader.loadTestsFromName(module)
    runner = unittest.TextTestRunner(
        stream=sys.stderr, verbosity=2, resultclass=Recorder
    )
    with contextlib.redirect_stdout(sys.stderr):
        result = runner.run(suite)
    assert isinstance(result, Recorder)
    json.dump(result.outcomes, sys.stdout, indent=1)


if __name__ == "__main__":
    main(sys.argv[1])
