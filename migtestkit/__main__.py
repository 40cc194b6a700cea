"""``python -m migtestkit``: which command was asked for?"""

from __future__ import annotations

import sys

from migtestkit.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
