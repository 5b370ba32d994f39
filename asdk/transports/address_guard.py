"""`AddressGuard`: keeps a request whose URL a server chose out of address spaces nearer than that of the base URL.

Used by the aiohttp transport. An address is checked when a socket is made for it, so a name that resolves differently
the next time is checked as well, and again when a connection of the pool is reused.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import aiohttp
import attrs

from asdk.http.addresses import AddressSpace, is_loopback_name, known_space, leads_nearer, refusal, space_of
from asdk.http.request import Request
from asdk.http.urls import Origin, parse_url

# For how long the space of a base URL is cached, in seconds.
_CACHE_TIME: Final = 60.0

# How long the resolution of a base URL may take, in seconds.
_RESOLVE_TIMEOUT: Final = 5.0


class AddressRefusedError(OSError):
    """An address in a nearer space. An OSError, so that the other addresses of the name are tried."""


@attrs.define
class Limit:
    """The limit of one request.

    Attributes:
        base: the space of the base URL.
        target: the origin of the request.
        proxied: whether a proxy makes the connection, so that the peer is the proxy.
        refused: the message, once an address was refused.
    """

    base: AddressSpace
    target: Origin
    proxied: bool = False
    refused: str | None = None

    def check(self, address: str) -> None:
        """Check an address before a socket connects to it, or a connection to it is reused.

        Raises:
            AddressRefusedError: it is in a nearer space.
        """
        space = space_of(address)
        if not self.proxied and leads_nearer(space, self.base):
            self.refused = refusal(str(self.target), address, space, self.base)
            raise AddressRefusedError(self.refused)


#: The limit of the request that this task, or the one that started it, is sending.
address_limit: ContextVar[Limit | None] = ContextVar("asdk_address_limit", default=None)


@contextmanager
def limited(limit: Limit) -> Generator[None, None, None]:
    """Limit the connections of this task, and of the tasks that it starts, for the block."""
    token = address_limit.set(limit)
    try:
        yield
    finally:
        address_limit.reset(token)


def checked_socket(address: tuple[Any, ...]) -> socket.socket:
    """Return a socket for an address of `aiohttp.TCPConnector`, if the request may connect to it.

    Raises:
        AddressRefusedError: it is in a nearer space than the request may reach.
    """
    family, kind, protocol, _, target = address
    limit = address_limit.get()
    if limit is not None:
        limit.check(target[0])
    return socket.socket(family, kind, protocol)


class LoopbackResolver(aiohttp.DefaultResolver):  # type: ignore[misc,valid-type]
    """A resolver by which ``localhost`` and the names under it are this machine, without asking a name server.

    asdk sends secrets over plain http to these names only (RFC 6761, section 6.3).
    """

    async def resolve(self, host: str, *arguments: Any, **options: Any) -> list[Any]:
        """Return the addresses of a host."""
        found: list[Any] = await super().resolve(host, *arguments, **options)
        if not is_loopback_name(host):
            return found
        loopback = [entry for entry in found if space_of(entry["host"]) is AddressSpace.LOOPBACK]
        if not loopback:
            raise OSError(None, f"{host} does not resolve to a loopback address")
        return loopback


class AddressGuard:
    """Finds the limit of requests whose URL a server chose. One per event loop."""

    def __init__(self) -> None:
        self._spaces: dict[Origin, tuple[AddressSpace, float]] = {}

    async def limit_for(self, request: Request, *, proxied: bool) -> Limit | None:
        """Return the limit of a request; None for a request that may connect to any address.

        A request through a proxy is limited by the address in its URL alone: the proxy resolves names.

        Raises:
            AddressRefusedError: the URL contains an address in a nearer space.
        """
        base = request.state.confined_to
        if base is None or request.same_origin:
            return None
        target, _ = parse_url(request.url)
        limit = Limit(await self._space_of(base), target, proxied)
        literal = known_space(target.host)
        if literal is not None and leads_nearer(literal, limit.base):
            limit.refused = refusal(str(target), None, literal, limit.base)
            raise AddressRefusedError(limit.refused)
        return limit

    async def _space_of(self, base: Origin) -> AddressSpace:
        """Return the nearest space in which a base URL has an address; the public one if it has none."""
        known = known_space(base.host)
        if known is not None:
            return known
        space, until = self._spaces.get(base, (AddressSpace.PUBLIC, 0.0))
        if time.monotonic() < until:
            return space
        try:
            async with asyncio.timeout(_RESOLVE_TIMEOUT):
                found = await asyncio.get_running_loop().getaddrinfo(base.host, base.port, type=socket.SOCK_STREAM)
        except OSError:  # also a TimeoutError
            return AddressSpace.PUBLIC
        space = min((space_of(str(address[0])) for *_, address in found), default=AddressSpace.PUBLIC)
        self._spaces = {base: (space, time.monotonic() + _CACHE_TIME)}
        return space
