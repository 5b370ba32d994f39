"""Makes the clients of a test, and closes them after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from asdk import BaseClient, Retry

ClientT = TypeVar("ClientT", bound=BaseClient)


@asynccontextmanager
async def maker(kind: type[ClientT], **defaults: Any) -> AsyncIterator[Callable[..., ClientT]]:
    """A function that makes clients with these settings, unless it is given others; retries follow one another fast."""
    async with AsyncExitStack() as open_clients:

        def make(**settings: Any) -> ClientT:
            client = kind(**{"retry": Retry(base_delay=0.01), **defaults, **settings})
            open_clients.push_async_callback(client.aclose)
            return client

        yield make
