"""What lies at the end of a chain: `Handler`, the one shape of everything that takes a request, and `Transport`.

A user replaces the transport to speak through another HTTP library; `MemoryTransport` in asdk.testing is one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from asdk.http.request import Request
from asdk.http.response import Response

#: Takes a request to its response: the rest of a chain, or a transport's `send`.
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class Transport(Protocol):
    """Sends one request, once, and brings the response.

    The contract: a status is data, never an exception; redirects are not followed, nothing is resent. The request's
    ``deadline`` and ``options.timeout`` are kept. Every failure is a `TransportError` that says whether the request may
    have left, raised so that no foreign exception hangs on it. Cancellation gives the connection back, or up.
    """

    async def send(self, request: Request) -> Response:
        """Send the request.

        Returns:
            The response; its body is read, unless ``request.stream``.

        Raises:
            TransportError: no complete response came back.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection, in whichever event loop it lives. A later `send` opens new ones."""
