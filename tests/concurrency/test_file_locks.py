"""Locks on files whose holder's event loop stops at the worst time."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from asdk.auth import FileTokenStore


@pytest.mark.parametrize("turns", [1, 3])
@pytest.mark.parametrize("end", ["stopped", "closed"])
def test_a_lock_acquired_while_its_loop_stood_still_is_released(end: str, turns: int, tmp_path: Path) -> None:
    stop_during_acquisition(end, turns, tmp_path)


def stop_during_acquisition(end: str, turns: int, directory: Path) -> None:
    """Stop or close a loop while a worker thread acquires a lock for it, then acquire the lock elsewhere."""
    first, second = FileTokenStore(directory), FileTokenStore(directory)  # the second one stands for another process

    async def hold() -> None:
        async with first.lock("key"):
            await asyncio.sleep(60)

    async def begin() -> asyncio.Task[None]:
        task = asyncio.ensure_future(hold())
        for _ in range(turns):
            await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - a worker thread acquires the lock, and the loop does not learn of it
        return task

    async def wait() -> None:
        async with asyncio.timeout(20), second.lock("key"):
            pass

    loop = asyncio.new_event_loop()
    task = loop.run_until_complete(begin())
    if end == "closed":
        loop.close()
    asyncio.run(wait())
    if end == "stopped":
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()
