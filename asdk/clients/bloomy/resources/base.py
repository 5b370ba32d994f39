"""`BloomyResource`: the base class of the operations, with the default user and bulk calls."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from asdk import AsdkError, CallOptions, InvalidRequestError, Resource
from asdk.client import describe_type
from asdk.clients.bloomy.models.bulk import BulkError, BulkResult

if TYPE_CHECKING:
    from asdk.clients.bloomy.client import Bloomy

I = TypeVar("I")  # noqa: E741 - the type of an input
R = TypeVar("R")


class BloomyResource(Resource["Bloomy"]):
    """A group of operations of Bloom Growth."""

    __slots__ = ()

    async def _user(self, user_id: int | None, options: CallOptions) -> int:
        """Return the given user, or the owner of the API key."""
        return await self._client.get_user_id(**options) if user_id is None else user_id

    async def _list_target(
        self, user_id: int | None, meeting_id: int | None, of_user: str, of_meeting: str, options: CallOptions
    ) -> tuple[str, dict[str, object]]:
        """Return a list's path template and parameter: for a meeting, a user, or the owner of the API key.

        Raises:
            InvalidRequestError: both are given; nothing was sent.
        """
        if meeting_id is None:
            return of_user, {"id": await self._user(user_id, options)}
        if user_id is not None:
            raise InvalidRequestError("user_id and meeting_id cannot be combined; pass one of them")
        return of_meeting, {"id": meeting_id}

    async def _create_many(
        self,
        create: Callable[..., Awaitable[R]],
        items: Iterable[Mapping[str, Any]],
        max_concurrent: int,
        *required: str,
    ) -> BulkResult[R]:
        """Call a method with each dict of arguments; ``required`` names the required arguments."""

        async def make(given: Mapping[str, Any]) -> R:
            return await create(**arguments(create, given, *required))

        return await self._each(items, make, max_concurrent)

    async def _each(self, inputs: Iterable[I], call: Callable[[I], Awaitable[R]], max_concurrent: int) -> BulkResult[R]:
        """Call the function for each input. Errors of asdk are collected with their input; others propagate.

        Args:
            inputs: the arguments of the calls.
            call: the function.
            max_concurrent: the maximum number of concurrent calls.
        """
        given = list(inputs)
        successful: list[R] = []
        failed: list[BulkError] = []
        async with self._client.map(call, given, concurrency=max_concurrent) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome.error, AsdkError):
                    index = outcome.index
                    failed.append(BulkError(index=index, input_data=given[index], error=outcome.error))
                else:
                    successful.append(outcome.result())
        return BulkResult(successful=successful, failed=failed)


async def all_of(*tasks: asyncio.Task[Any]) -> None:
    """Wait for all tasks. The first error, or a cancellation, cancels the other tasks and propagates."""
    try:
        await asyncio.gather(*tasks)
    finally:
        left = [task for task in tasks if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def arguments(call: Callable[..., object], given: Mapping[str, Any], *required: str) -> Mapping[str, Any]:
    """Return the arguments of one item if the function accepts them.

    Raises:
        InvalidRequestError: the item is not a dict, a required argument is missing or None, or an argument is unknown.
            Nothing was sent.
    """
    if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidRequestError(f"each item must be a dict of arguments, got {describe_type(given)}")
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
