"""Connection faults below HTTP: closing, stopping in the middle of a body, falling silent.

Faults apply them to ordinary replies, `EventStream` to streamed ones. `ConnectionResetError` means that the
connection is closed; the server's gate catches it.
"""

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import NoReturn

import attrs
from aiohttp import web

from asdk.sandbox.exchange import Interruption, current

# A socket that lingers for zero seconds sends RST instead of FIN when it closes (socket(7)).
_LINGER_ZERO = struct.pack("ii", 1, 0)


async def drop(request: web.Request, *, reset: bool) -> NoReturn:
    """Close the connection before any byte of a reply, by RST or by FIN."""
    if not reset:
        # The kernel answers with RST when a socket is closed with unread bytes.
        while await request.content.readany():
            pass
    hang_up(request, reset=reset)


def hang_up(request: web.Request, *, reset: bool) -> NoReturn:
    """Close the connection after the bytes sent so far."""
    transport = request.transport
    if transport is not None and reset:
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
    request.protocol.force_close()
    raise ConnectionResetError("connection closed by a fault")


async def silence(seconds: float | None) -> None:
    """Send nothing for a while, or until the client leaves or the sandbox stops; both cancel the handler."""
    if seconds is None:
        await asyncio.get_running_loop().create_future()
    else:
        await asyncio.sleep(seconds)


class PiecewiseResponse(web.StreamResponse):
    """Reply that is written piece by piece and breaks off at a planned interruption."""

    def __init__(self, request: web.Request, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status=status, headers=headers)
        self._answers = request
        exchange = current()
        self._interruption = None if exchange is None else exchange.interruption
        self._written = 0

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        interruption = self._interruption
        if interruption is None:
            return await super().write(data)
        room = len(data) if interruption.after is None else interruption.after - self._written
        self._written += len(data)
        if len(data) < room:
            return await super().write(data)
        self._interruption = None
        await super().write(data[:room])
        await self._strike(interruption)
        return await super().write(data[room:])

    async def _strike(self, interruption: Interruption) -> None:
        if interruption.stall:
            await silence(interruption.seconds)
        else:
            hang_up(self._answers, reset=interruption.reset)


async def send_interrupted(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Send a complete reply with its true Content-Length, broken off at the planned interruption."""
    body = response.body if isinstance(response.body, bytes) else b""
    exchange = current()
    if exchange is not None and exchange.interruption is not None:
        after = exchange.interruption.after
        after = len(body) // 2 if after is None else min(after, len(body))
        exchange.interruption = attrs.evolve(exchange.interruption, after=after)
    piecewise = PiecewiseResponse(request, status=response.status, headers=response.headers)
    piecewise.content_length = len(body)
    await piecewise.prepare(request)
    await piecewise.write(body)
    await piecewise.write_eof()
    return piecewise
