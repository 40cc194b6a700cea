"""What does the command line offer?"""

from __future__ import annotations

from migtestkit.cli.main import main

__all__ = ["main"]
