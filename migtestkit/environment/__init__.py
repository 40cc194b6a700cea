"""How is an unchanged env.py run against throw-away databases only?"""

from __future__ import annotations

from migtestkit.environment.declared import Declared, TableKey
from migtestkit.environment.guard import ConnectionGuard, Target
from migtestkit.environment.runner import Environment, Plan
from migtestkit.environment.tracking import describe_failure
from migtestkit.environment.visits import Location, Visit, read_heads
from migtestkit.environment.watching import Sending, StatementWatch

__all__ = [
    "ConnectionGuard",
    "Declared",
    "Environment",
    "Location",
    "Plan",
    "Sending",
    "StatementWatch",
    "TableKey",
    "Target",
    "Visit",
    "describe_failure",
    "read_heads",
]
