"""`ApiServer`: one imitated API on one port, with its gate: counters and faults around every request.

Each API's package subclasses it with routes and error shapes; `Sandbox` starts and stops them.
"""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from asdk.sandbox.counters import UNMATCHED, Counters
from asdk.sandbox.exchange import Exchange, current, open_exchange
from asdk.sandbox.fault_script import FaultScript

T = TypeVar("T")
# Time that running handlers get to finish when the server stops; then they are cancelled.
_GRACE = 0.05
# Who listens on all addresses is reached on loopback, and a client sends no token to anywhere else over plain http.
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class ApiServer(ABC):
    """A real HTTP server on loopback that imitates one API."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self.counters = Counters()
        self.faults = FaultScript(self.error_reply)
        self._runner: web.AppRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handling: set[asyncio.Task[object]] = set()
        self._url: str | None = None

    # What an API brings:

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """The routes to serve."""

    @abstractmethod
    def error_reply(self, status: int, retry_after: float | None) -> web.Response:
        """The API's own reply with this status, for a fault; the header Retry-After is the fault's business."""

    @abstractmethod
    def refuse(self, refusal: web.HTTPException) -> web.Response:
        """The API's reply where the framework refuses: unknown path, wrong method, body too large."""

    @abstractmethod
    def stamp(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """Put the headers on a reply that every reply of this API has."""

    @property
    def max_body_size(self) -> int:
        """The largest request body in bytes."""
        return 64 * 1024 * 1024

    # Life:

    @property
    def url(self) -> str:
        """The base URL, such as ``http://127.0.0.1:40123``, without a slash at its end."""
        if self._url is None:
            raise RuntimeError(f"the sandbox's {self.name} server is not running")
        return self._url

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. A server may be started again after it was closed.

        Raises:
            OSError: the port is taken, or there is no such address.
        """
        if self._runner is not None:
            raise RuntimeError(f"the sandbox's {self.name} server is running already")
        app = web.Application(client_max_size=self.max_body_size, middlewares=[self._gate()])
        app.add_routes(self.routes())
        app.on_response_prepare.append(self._before_head)
        # A client that leaves cancels its handler, as hyper and other servers do.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_GRACE)
        await runner.setup()
        site = web.TCPSite(runner, host, port, backlog=4096)  # the default of 128 turns storms away
        problem = None
        try:
            await site.start()
        except OSError as error:
            problem = OSError(error.errno, f"{self.name} cannot listen on {host}:{port}: {_reason(error)}")
        if problem is not None:
            await runner.cleanup()
            raise problem
        self._runner, self._loop = runner, asyncio.get_running_loop()
        bound_host: str = runner.addresses[0][0]
        bound_port: int = runner.addresses[0][1]
        self._url = str(URL.build(scheme="http", host=_ANY.get(bound_host, bound_host), port=bound_port))

    async def aclose(self) -> None:
        """Stop listening and end what is running: quickly, stalled replies and open connections too."""
        if self._runner is None:
            return
        runner, self._runner, self._loop, self._url = self._runner, None, None, None
        for site in runner.sites:
            await site.stop()
        if self._handling:
            _, late = await asyncio.wait(self._handling, timeout=_GRACE)
            for task in late:
                task.cancel()
        await runner.cleanup()

    def on_loop(self, function: Callable[[], T]) -> T:
        """Run a function on the server's loop and give its result, from whichever thread calls.

        State belongs to that loop; this is how another thread looks at it or changes it.
        """
        loop = self._loop
        if loop is None or loop is _running_loop():
            return function()

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), loop).result(timeout=10)

    # The way of a request:

    def _gate(self) -> Middleware:
        @web.middleware
        async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
            exchange = open_exchange(self.counters.begin(request, _route(request)))
            task = asyncio.current_task()
            assert task is not None  # aiohttp runs each handler in a task
            self._handling.add(task)
            try:
                return await self._answer(request, exchange, handler)
            finally:
                self._handling.discard(task)
                self.counters.end(exchange.record)

        return gate

    async def _answer(self, request: web.Request, exchange: Exchange, handler: Handler) -> web.StreamResponse:
        try:
            response = await self.faults.run(request, exchange.record, handler)
        except web.HTTPException as refusal:
            response = self.refuse(refusal)
        except ConnectionResetError:
            # Nobody is left to answer: a fault hung up, or the client left a stream. The record keeps what
            # was sent; aiohttp wants a response and finds out by itself that it cannot be delivered.
            exchange.is_over = True
            return web.Response()
        exchange.record.status = response.status
        return response

    async def _before_head(self, request: web.Request, response: web.StreamResponse) -> None:
        exchange = current()
        if exchange is not None and not exchange.is_over:
            exchange.record.status = response.status
            self.stamp(exchange, response)


def _reason(error: OSError) -> str:
    # The event loop's own text says the address once more; a name that is not found has a number of another kind.
    number = error.errno or 0
    return (os.strerror(number) if number > 0 else error.strerror or type(error).__name__).lower()


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return UNMATCHED if resource is None else resource.canonical


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
