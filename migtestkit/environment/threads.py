"""In which thread does env.py run?"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

__unittest = True

T = TypeVar("T")


def call_outside_loop(function: Callable[[], T]) -> T:
    """Call a function where it may run an event loop of its own.

    Within a running loop, ``asyncio.run`` raises and ``create_task`` styles
    do nothing before their result is looked at; so env.py then gets a thread
    of its own, with the caller's context variables and a loop.
    """
    if not _loop_is_running():
        return function()
    context = contextvars.copy_context()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(context.run(_with_loop, function))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=work, name="migtestkit-environment")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def _loop_is_running() -> bool:
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _with_loop(function: Callable[[], T]) -> T:
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return function()
    finally:
        asyncio.set_event_loop(None)
        loop.close()
