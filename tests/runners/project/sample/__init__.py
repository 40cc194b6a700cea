"""The tests that every runner runs.

Those named ``test_fails_...`` and ``test_breaks_...`` do so on purpose.
"""
import atexit
import os
import threading
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SERVICE = PROJECT / "service" / "alembic.ini"
FAULTY = PROJECT / "faulty" / "alembic.ini"


@atexit.register
def tell_threads():
    """Tell who started us which threads still run."""
    folder = os.environ.get("SAMPLE_THREADS")
    names = [
        one.name for one in threading.enumerate()
        if one is not threading.main_thread() and not one.daemon
    ]
    if folder and names:
        text = "\n".join(names)
        Path(folder, f"threads-{os.getpid()}").write_text(text, "utf-8")
