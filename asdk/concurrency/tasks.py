"""`create_task`: a task in a context of its own, with any task factory."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any, TypeVar

from asdk.concurrency.event_loop import running_loop

T = TypeVar("T")


def create_task(
    work: Coroutine[Any, Any, T],
    *,
    loop: asyncio.AbstractEventLoop | None = None,
    context: contextvars.Context | None = None,
) -> asyncio.Task[T]:
    """Create a task in a context of its own: a copy of this one, or of an empty one.

    A task copies the context it is created in. The ``context`` argument of `asyncio.create_task` is not used, because
    task factories from before Python 3.11 do not accept it.

    Args:
        work: runs in the task.
        loop: runs the task; None for the running loop.
        context: is copied; None for an empty one, so that the tenant, span and log fields of the caller that starts
            shared work are not those of the others.
    """
    loop = loop or asyncio._get_running_loop() or running_loop()
    return (context or contextvars.Context()).run(loop.create_task, work)
