"""`client_factory` creates the clients of a test and closes them after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from asdk import BaseClient, Retry, Timeout

ClientT = TypeVar("ClientT", bound=BaseClient)


@asynccontextmanager
async def client_factory(kind: type[ClientT], **defaults: Any) -> AsyncIterator[Callable[..., ClientT]]:
    """Yield a function that creates clients with these settings, unless it is given others. Retries wait 10 ms."""
    async with AsyncExitStack() as open_clients:

        def make(**settings: Any) -> ClientT:
            patient = Timeout(connect=60)  # a busy machine accepts a hundred connections slowly
            client = kind(**{"retry": Retry(base_delay=0.01), "timeout": patient, **defaults, **settings})
            open_clients.push_async_callback(client.aclose)
            return client

        yield make
