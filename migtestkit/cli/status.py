"""With which status does a command end?"""

from __future__ import annotations

PASSED, FAILED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130
