"""What does ``scaffold`` write?"""

from __future__ import annotations

from migtestkit.cli.scaffold.command import write_test

__all__ = ["write_test"]
