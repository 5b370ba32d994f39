"""The types at the end of a chain: `Handler`, the signature of everything that takes a request, and `Transport`.

Users replace the transport to use another HTTP library; `MemoryTransport` in asdk.testing is an example.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from asdk.http.request import Request
from asdk.http.response import Response

#: Returns the response to a request: the rest of a chain, or a transport's `send`.
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class Transport(Protocol):
    """An object that sends a request once and returns the response.

    The contract: a status is data, never an exception; redirects are not followed, and nothing is resent. The request's
    ``deadline`` and ``options.timeout`` are enforced. Every failure is a `TransportError` that says whether the request
    may have been sent, without a foreign exception as its cause or context. Cancellation releases or closes the
    connection.
    """

    async def send(self, request: Request) -> Response:
        """Send the request.

        Returns:
            The response. Its body has been read, unless ``request.stream`` is set.

        Raises:
            TransportError: no complete response arrived.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections of all event loops. A later `send` opens new ones."""
