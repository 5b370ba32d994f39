"""Faults of a reply as values: a status, a delay, a lost connection, half a body, silence.

A test creates one with a static method of `ServerFault` and adds it to a server's `FaultScript`, which selects the
requests. Each fault is a small middleware around the handler.
"""

import asyncio
import json as jsonlib
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from typing import Any, ClassVar

import attrs
from aiohttp import web

from asdk.sandbox import wire
from asdk.sandbox.exchange import Interruption, current

Answer = Callable[[], Awaitable[web.StreamResponse]]
"""Passes the request to the handler, or to another fault around it."""
ErrorReply = Callable[[int, float | None], web.Response]
"""Builds the API's own reply for a status and an optional Retry-After in seconds."""


class ServerFault(ABC):
    """Fault in the delivery of a reply."""

    name: ClassVar[str]
    goes_on: ClassVar[bool] = False
    """Whether another fault may apply to the request after this one."""

    @abstractmethod
    async def deliver(self, request: web.Request, answer: Answer, error_reply: ErrorReply) -> web.StreamResponse:
        """Answer the request instead of the handler, or around it.

        Raises:
            ConnectionResetError: the fault closed the connection, so the request cannot be answered.
        """

    @staticmethod
    def status(
        status: int,
        *,
        retry_after: float | None = None,
        as_date: bool = False,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        html: str | None = None,
        after_handler: bool = False,
    ) -> "ServerFault":
        """Answer with a status instead of running the handler.

        Args:
            status: any status.
            retry_after: seconds for the header Retry-After; a fraction is sent as given.
            as_date: send Retry-After as an HTTP-date that many seconds after the reply, rounded up to whole seconds.
            headers: further headers.
            json: the body, as ``application/json``.
            html: the body, as ``text/html``, like a proxy's. Without a body the API's own error shape is sent.
            after_handler: run the handler first, so that it takes effect, as when a proxy gives up on the reply.
        """
        return _Status(status, retry_after, as_date, dict(headers or {}), json, html, after_handler)

    @staticmethod
    def delay(seconds: float, *, after_handler: bool = False) -> "ServerFault":
        """Wait, then continue normally.

        Args:
            seconds: how long. If the client gives up meanwhile, the handler does not run and nothing changes.
            after_handler: run the handler before the wait, so that it takes effect.
        """
        return _Delay(seconds, after_handler)

    @staticmethod
    def drop(*, reset: bool = False) -> "ServerFault":
        """Close the connection before any byte of the reply, by FIN or by RST; the handler does not run."""
        return _Drop(reset)

    @staticmethod
    def lose_reply(*, reset: bool = False) -> "ServerFault":
        """Run the handler, so that it takes effect, then close the connection before any byte of the reply."""
        return _LoseReply(reset)

    @staticmethod
    def cut(*, after: int | None = None, reset: bool = False) -> "ServerFault":
        """Send the head with its true Content-Length and part of the body, then close; the handler runs.

        Args:
            after: bytes of the body that are sent; None means half of it, or a stream's first event.
            reset: close by RST, not FIN. A client may then lose bytes that it has not read yet.
        """
        return _Cut(Interruption(after, reset=reset))

    @staticmethod
    def stall(seconds: float | None = None, *, after: int = 0) -> "ServerFault":
        """Send the head and ``after`` bytes of the body, then nothing; the handler runs.

        Args:
            seconds: how long the silence lasts before the rest is sent; None means until the client gives up.
            after: bytes of the body that are sent first.
        """
        return _Stall(Interruption(after, stall=True, seconds=seconds))

    @staticmethod
    def malformed() -> "ServerFault":
        """Answer 200 ``application/json`` with a truncated body; the handler does not run."""
        return _Malformed()


@attrs.frozen
class _Status(ServerFault):
    code: int
    retry_after: float | None
    as_date: bool
    headers: dict[str, str]
    json: Any
    html: str | None
    after_handler: bool
    name: ClassVar[str] = "status"

    async def deliver(self, request: web.Request, answer: Answer, error_reply: ErrorReply) -> web.StreamResponse:
        if self.after_handler:
            await answer()
        if self.html is not None:
            response = web.Response(status=self.code, text=self.html, content_type="text/html")
        elif self.json is not None:
            response = web.Response(status=self.code, text=jsonlib.dumps(self.json), content_type="application/json")
        else:
            response = error_reply(self.code, self.retry_after)
        if self.retry_after is not None:
            response.headers["Retry-After"] = self._retry_after(self.retry_after)
        response.headers.update(self.headers)
        return response

    def _retry_after(self, seconds: float) -> str:
        if self.as_date:
            # Rounded up, so that a client that obeys is never early; real time, as in the header Date.
            return formatdate(math.ceil(time.time() + seconds), usegmt=True)
        return f"{seconds:g}"


@attrs.frozen
class _Delay(ServerFault):
    seconds: float
    after_handler: bool
    name: ClassVar[str] = "delay"
    goes_on: ClassVar[bool] = True

    async def deliver(self, request: web.Request, answer: Answer, error_reply: ErrorReply) -> web.StreamResponse:
        if self.after_handler:
            response = await answer()
            await asyncio.sleep(self.seconds)
            return response
        await asyncio.sleep(self.seconds)
        return await answer()


@attrs.frozen
class _Drop(ServerFault):
    reset: bool
    name: ClassVar[str] = "drop"

    async def deliver(self, request: web.Request, answer: Answer, error_reply: ErrorReply) -> web.StreamResponse:
        await wire.drop(request, reset=self.reset)


@attrs.frozen
class _LoseReply(ServerFault):
    reset: bool
    name: ClassVar[str] = "lose_reply"

    async def deliver(self, request: web.Request, answer: Answer, error_reply: ErrorReply) -> web.StreamResponse:
        await answer()
        await wire.drop(request, reset=self.reset)


@attrs.frozen
class _Interrupt(ServerFault):
    interruption: Interruption

    async def deliver(self, request: web.Request, answer: Answer, error_reply: ErrorReply) -> web.StreamResponse:
        exchange = current()
        if exchange is not None:
            exchange.interruption = self.interruption
        response = await answer()
        if response.prepared or not isinstance(response, web.Response):
            return response  # a stream: it was interrupted while it ran
        return await wire.send_interrupted(request, response)


class _Cut(_Interrupt):
    name: ClassVar[str] = "cut"


class _Stall(_Interrupt):
    name: ClassVar[str] = "stall"


@attrs.frozen
class _Malformed(ServerFault):
    name: ClassVar[str] = "malformed"

    async def deliver(self, request: web.Request, answer: Answer, error_reply: ErrorReply) -> web.StreamResponse:
        return web.Response(text='{"items": [{"id": ', content_type="application/json")
