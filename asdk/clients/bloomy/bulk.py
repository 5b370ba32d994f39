"""Many of the same: so many at a time, in order, each with its own success or error."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from asdk.clients.bloomy.models.bulk import BulkError, BulkResult
from asdk.errors import AsdkError, InvalidRequestError

I = TypeVar("I")  # noqa: E741 - an input
R = TypeVar("R")


async def run_all(inputs: Iterable[I], call: Callable[[I], Awaitable[R]], max_concurrent: int) -> BulkResult[R]:
    """Call the function for each input. What asdk raises is kept with its input; anything else ends it all.

    Args:
        inputs: what to call it with.
        call: makes or fetches one.
        max_concurrent: how many are under way at a time.
    """
    waiting = enumerate(inputs)
    made: dict[int, R] = {}
    failed: list[BulkError] = []

    async def work() -> None:
        for index, given in waiting:  # shared: each worker takes the next one
            try:
                made[index] = await call(given)
            except AsdkError as error:
                failed.append(BulkError(index=index, input_data=given, error=error.copy()))

    await all_of(*(asyncio.create_task(work()) for _ in range(max(1, max_concurrent))))
    failed.sort(key=lambda entry: entry.index)
    return BulkResult(successful=[made[index] for index in sorted(made)], failed=failed)


async def all_of(*tasks: asyncio.Task[Any]) -> None:
    """Wait for all of these tasks. The first error ends the others and is raised; so does a cancellation."""
    try:
        await asyncio.gather(*tasks)
    finally:
        left = [task for task in tasks if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def arguments(call: Callable[..., object], given: Mapping[str, Any], *required: str) -> Mapping[str, Any]:
    """The dict of one item, if the function can be called with it.

    Raises:
        InvalidRequestError: a required member is missing or None, or a member is unknown. Nothing was sent.
    """
    for name in required:
        if given.get(name) is None:
            raise InvalidRequestError(f"{name} is required")
    problem = None
    try:
        inspect.signature(call).bind(**given)
    except TypeError as error:
        problem = str(error)
    if problem is not None:
        raise InvalidRequestError(problem)
    return given
