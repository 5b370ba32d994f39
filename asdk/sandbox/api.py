"""`ApiServer`: one imitated API on one port. Its gate counts each request and applies faults to it.

Each API's package subclasses it with routes and error shapes; `Sandbox` starts and stops the servers.
"""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from typing import ClassVar, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from asdk.sandbox.counters import UNMATCHED, Counters
from asdk.sandbox.exchange import Exchange, current, open_exchange
from asdk.sandbox.fault_script import FaultScript
from asdk.sandbox.hosts import AllowedHosts, misdirected

T = TypeVar("T")
# Seconds that running handlers get to finish when the server stops; then they are cancelled.
_GRACE = 0.05
# A server that listens on all addresses is reached on loopback: clients send no token elsewhere over plain HTTP.
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class ApiServer(ABC):
    """HTTP server on loopback that imitates one API."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self.counters: Counters = Counters()
        self.faults: FaultScript = FaultScript(self.error_reply)
        self._runner: web.AppRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handling: set[asyncio.Task[object]] = set()
        self._url: str | None = None
        self._allowed = AllowedHosts("127.0.0.1")

    # Implemented by each API:

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """Return the routes to serve."""

    @abstractmethod
    def error_reply(self, status: int, retry_after: float | None) -> web.Response:
        """Return the API's own reply with this status, for a fault. The caller sets the header Retry-After."""

    @abstractmethod
    def refuse(self, refusal: web.HTTPException) -> web.Response:
        """Return the reply to a request that the framework rejects: unknown path, wrong method, body too large."""

    @abstractmethod
    def stamp(self, exchange: Exchange, response: web.StreamResponse) -> None:
        """Set the headers that every reply of this API carries."""

    @property
    def max_body_size(self) -> int:
        """Return the largest request body, in bytes."""
        return 64 * 1024 * 1024

    # Lifecycle:

    @property
    def url(self) -> str:
        """Return the base URL, such as ``http://127.0.0.1:40123``, without a trailing slash."""
        if self._url is None:
            raise RuntimeError(f"the sandbox's {self.name} server is not running")
        return self._url

    async def start(self, host: str = "127.0.0.1", port: int = 0, allowed_hosts: Collection[str] = ()) -> None:
        """Start listening; port 0 selects a free port. A closed server may be started again.

        Requests to another ``Host`` than a loopback name, ``host`` and ``allowed_hosts`` get a 421.

        Raises:
            OSError: the port is in use, or the address does not exist.
        """
        if self._runner is not None:
            raise RuntimeError(f"the sandbox's {self.name} server is already running")
        self._allowed = AllowedHosts(host, allowed_hosts)
        app = web.Application(client_max_size=self.max_body_size, middlewares=[self._gate()])
        app.add_routes(self.routes())
        app.on_response_prepare.append(self._before_head)
        # A client that disconnects cancels its handler, as in hyper and other servers.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_GRACE)
        await runner.setup()
        site = web.TCPSite(runner, host, port, backlog=4096)  # the default of 128 rejects connections in a storm
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
        """Stop listening and cancel running handlers after a short grace, stalled replies and open connections too."""
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
        """Run a function on the server's loop and return its result; any thread may call this.

        The state belongs to that loop, so other threads read and change it through this method.
        """
        loop = self._loop
        if loop is None or loop is _running_loop():
            return function()

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), loop).result(timeout=10)

    # Request handling:

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
            admitted = self._allowed.admit(request)
            response = await self.faults.run(request, exchange.record, handler) if admitted else misdirected()
        except web.HTTPException as refusal:
            response = self.refuse(refusal)
        except ConnectionResetError:
            # The client cannot be answered: a fault closed the connection, or the client left a stream. The record
            # keeps what was sent. aiohttp requires a response and detects by itself that it cannot be delivered.
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
    # The event loop's own text repeats the address; a name that does not resolve has another kind of number.
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
