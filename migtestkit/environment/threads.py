"""In which thread, and with which event loop, does env.py run?"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

__unittest = True

T = TypeVar("T")

#: From here on Python makes no event loop by itself any more.
_NO_LOOP_BY_ITSELF = (3, 14)


def call_outside_loop(function: Callable[[], T]) -> T:
    """Call a function where it may run an event loop of its own.

    Within a running loop, ``asyncio.run`` raises and ``create_task`` styles
    do nothing before their result is looked at; so env.py then gets a thread
    of its own. In any thread it sees the caller's context variables, and
    changes none of them.
    """
    context = contextvars.copy_context()
    if not _loop_is_running():
        return context.run(_with_loop, function)
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
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _with_loop(function: Callable[[], T]) -> T:
    """Call a function in a thread whose event loop is then as it was.

    ``get_event_loop()`` works in a new process, where the ``alembic`` command
    runs env.py, but neither after an ``asyncio.run()`` nor in a thread.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_loop_kept())
        if _loop_is_missing():
            loop = asyncio.new_event_loop()
            stack.callback(loop.close)
            asyncio.set_event_loop(loop)
        return function()


def _loop_is_missing() -> bool:
    """Say whether ``get_event_loop()`` would not work in this thread."""
    state = _loop_state()
    loop = state.get("_loop")
    if loop is not None:
        return bool(loop.is_closed())
    return (
        sys.version_info >= _NO_LOOP_BY_ITSELF
        or threading.current_thread() is not threading.main_thread()
        or bool(state.get("_set_called"))
    )


@contextlib.contextmanager
def _loop_kept() -> Iterator[None]:
    with warnings.catch_warnings():
        # Python 3.14 announces the end of policies.
        warnings.simplefilter("ignore", DeprecationWarning)
        policy = asyncio.get_event_loop_policy()
    saved = dict(_loop_state())
    try:
        yield
    finally:
        state = _loop_state()
        loop = state.get("_loop")
        if loop is not None and loop is not saved.get("_loop"):
            if not loop.is_running():
                loop.close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            if asyncio.get_event_loop_policy() is not policy:
                asyncio.set_event_loop_policy(policy)
        state = _loop_state()
        state.clear()
        state.update(saved)


def _loop_state() -> dict[str, Any]:
    """Return where asyncio keeps this thread's event loop.

    No public name tells without making a loop if there is none, which the
    process would then be left with.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        policy: Any = asyncio.get_event_loop_policy()
    local = getattr(policy, "_local", None)
    return {} if local is None else vars(local)
