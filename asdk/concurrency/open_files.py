"""`run_on_file`: blocking work on a file that the user has opened, which may be a pipe or a device.

Used by the bodies of uploads and by downloads to open files.
"""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import IO, TypeVar

from asdk.concurrency.event_loop import running_loop
from asdk.concurrency.threads import run_in_thread

T = TypeVar("T")


async def run_on_file(file: IO[bytes], work: Callable[[], T]) -> T:
    """Run blocking work on a file in a thread, and return its result.

    Work on a pipe, a socket or a device may block until another program acts, which may be never. It gets a daemon
    thread: neither a deadline, nor the end of the event loop, nor that of the program waits for it.
    """
    if not _may_block_forever(file):
        return await run_in_thread(work, keep_frames=True)
    loop = running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        settle: Callable[[], object]
        try:
            settle = partial(future.set_result, work())
        except Exception as error:  # noqa: BLE001 - for the caller
            settle = partial(future.set_exception, error)
        with suppress(RuntimeError):  # the loop was closed, together with the caller
            loop.call_soon_threadsafe(lambda: None if future.done() else settle())

    threading.Thread(target=run, name="asdk file", daemon=True).start()
    return await future


def _may_block_forever(file: IO[bytes]) -> bool:
    try:
        return not stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (AttributeError, OSError, TypeError, ValueError):  # such as a BytesIO
        return False
