"""`BloomyResource`: what the groups share: the user that a call means when it names none, and many calls at a time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from asdk.clients.bloomy.models.bulk import BulkError, BulkResult
from asdk.errors import AsdkError, InvalidRequestError
from asdk.http.options import CallOptions
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.bloomy.client import Bloomy

I = TypeVar("I")  # noqa: E741 - an input
R = TypeVar("R")


class BloomyResource(Resource["Bloomy"]):
    """A group of operations of Bloom Growth."""

    __slots__ = ()

    async def _user(self, user_id: int | None, options: CallOptions) -> int:
        """This user, or the owner of the key."""
        return await self._client.get_user_id(**options) if user_id is None else user_id

    async def _place(
        self, user_id: int | None, meeting_id: int | None, of_user: str, of_meeting: str, options: CallOptions
    ) -> tuple[str, dict[str, object]]:
        """Where a list is, as a path template and its parameter: of a meeting, a user, or the owner of the key.

        Raises:
            InvalidRequestError: both are named; nothing was sent.
        """
        if meeting_id is None:
            return of_user, {"id": await self._user(user_id, options)}
        if user_id is not None:
            raise InvalidRequestError("give user_id or meeting_id, not both")
        return of_meeting, {"id": meeting_id}

    async def _create_many(
        self,
        create: Callable[..., Awaitable[R]],
        items: Iterable[Mapping[str, Any]],
        max_concurrent: int,
        *required: str,
    ) -> BulkResult[R]:
        """Call a method with each of these dicts of its arguments, of which some are required."""

        async def make(given: Mapping[str, Any]) -> R:
            return await create(**arguments(create, given, *required))

        return await self._each(items, make, max_concurrent)

    async def _each(self, inputs: Iterable[I], call: Callable[[I], Awaitable[R]], max_concurrent: int) -> BulkResult[R]:
        """Call the function for each input. What asdk raises is kept with its input; anything else ends it all.

        Args:
            inputs: what to call it with.
            call: makes or fetches one.
            max_concurrent: how many are under way at a time.
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
        InvalidRequestError: it is no dict, a required member is missing or None, or a member is unknown. Nothing was
            sent.
    """
    if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidRequestError(f"an item is a dict of arguments, not a {type(given).__name__}")
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
