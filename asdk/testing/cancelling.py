"""Cancellation of a coroutine at each of its awaits, to test that nothing is left behind. For `TokenStoreSuite`."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from typing import Any


async def at_each_await(make: Callable[[], Coroutine[Any, Any, object]], *, late: bool = False) -> AsyncIterator[int]:
    """Run a new coroutine and cancel it at its first suspension, the next at its second, until one completes.

    Args:
        make: makes the coroutine.
        late: cancel it when the result it waits for has arrived, but before it continues.

    Yields:
        the number of the suspension at which it was cancelled, after it ended, to check what it left behind.
    """
    for number in range(1, 1000):
        run = _Interrupted(make(), number, late=late)
        task = asyncio.create_task(run.work())
        await asyncio.wait([task])
        if not run.cancelled:
            task.result()
            return
        if not task.cancelled():
            task.result()
            raise AssertionError(f"it was cancelled at its suspension {number}, and swallowed that")
        yield number
    raise AssertionError("it suspends without end")


class _Interrupted:
    def __init__(self, coroutine: Coroutine[Any, Any, object], number: int, *, late: bool) -> None:
        self.cancelled = False
        self._coroutine = coroutine
        self._number = number
        self._late = late

    async def work(self) -> None:
        await self._steps()

    @types.coroutine
    def _steps(self) -> Generator[Any, Any, None]:
        steps = 0
        step: Any = self._coroutine.send
        argument: Any = None
        while True:
            try:
                awaited = step(argument)
            except StopIteration:
                return
            steps += 1
            if steps == self._number:
                self._strike(awaited)
            step, argument = self._coroutine.send, None
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001 - raised in the coroutine
                step, argument = self._coroutine.throw, error

    def _strike(self, awaited: object) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._late and isinstance(awaited, asyncio.Future):
            # Before the task's own callback, which is added when this step ends.
            awaited.add_done_callback(lambda _: self._cancel(task))
        else:
            self._cancel(task)

    def _cancel(self, task: asyncio.Task[None]) -> None:
        self.cancelled = True
        task.cancel()
