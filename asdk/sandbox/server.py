"""`Sandbox`: the imitated APIs together, in the running event loop or in a thread with its own loop.

Tests and examples start it with ``async with Sandbox()``; notebooks and blocking code use
``with Sandbox.in_thread()``; ``python -m asdk.sandbox`` serves it until stopped.
"""

import asyncio
import atexit
import queue
import threading
import time
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Self, TypedDict, TypeVar, Unpack

import attrs

from asdk.sandbox.apala import ApalaServer, ApalaSettings
from asdk.sandbox.api import ApiServer
from asdk.sandbox.bioepic import BioEPICServer, BioEPICSettings
from asdk.sandbox.bloomy import BloomyServer, BloomySettings
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake import EdgeQuakeServer, EdgeQuakeSettings
from asdk.sandbox.mgnify import MGnifyServer, MGnifySettings

SettingsT = TypeVar("SettingsT", EdgeQuakeSettings, MGnifySettings, ApalaSettings, BloomySettings, BioEPICSettings)


class SandboxOptions(TypedDict, total=False):
    """Options of a sandbox. Ports and settings are keyed by the name of the API."""

    host: str
    """Address to listen on; the default is 127.0.0.1."""
    allowed_hosts: Collection[str]
    """Names by which the servers may be addressed besides loopback names and ``host``; others get a 421."""
    ports: Mapping[str, int]
    """Fixed ports, such as ``{"edgequake": 8801}``; the other servers use free ones."""
    seed: int
    """Seed of all ids and secrets: the same seed draws the same ones."""
    clock: TimeSource
    """Epoch seconds; a `ManualClock` expires tokens and locks without waiting."""
    token_lifetime: float
    """Lifetime of access tokens in seconds, for every API that has them."""
    edgequake: EdgeQuakeSettings
    apala: ApalaSettings
    bloomy: BloomySettings
    mgnify: MGnifySettings
    bioepic: BioEPICSettings


class Sandbox:
    """Local servers that imitate the APIs, one port each."""

    edgequake: EdgeQuakeServer
    apala: ApalaServer
    bloomy: BloomyServer
    mgnify: MGnifyServer
    bioepic: BioEPICServer

    def __init__(self, **options: Unpack[SandboxOptions]) -> None:
        self._host = options.get("host", "127.0.0.1")
        self._allowed_hosts = tuple(options.get("allowed_hosts", ()))
        self._ports = dict(options.get("ports", {}))
        seed, clock = options.get("seed", 0), options.get("clock", time.time)

        def chosen(given: SettingsT | None, default: type[SettingsT]) -> SettingsT:
            settings = given or default()
            lifetime = options.get("token_lifetime", settings.token_lifetime)
            return settings if lifetime == settings.token_lifetime else attrs.evolve(settings, token_lifetime=lifetime)

        self.edgequake = EdgeQuakeServer(chosen(options.get("edgequake"), EdgeQuakeSettings), seed=seed, clock=clock)
        self.mgnify = MGnifyServer(chosen(options.get("mgnify"), MGnifySettings), seed=seed, clock=clock)
        self.apala = ApalaServer(chosen(options.get("apala"), ApalaSettings), seed=seed, clock=clock)
        self.bloomy = BloomyServer(chosen(options.get("bloomy"), BloomySettings), seed=seed, clock=clock)
        self.bioepic = BioEPICServer(chosen(options.get("bioepic"), BioEPICSettings), seed=seed, clock=clock)
        unknown = self._ports.keys() - {server.name for server in self.servers}
        if unknown:
            raise ValueError(f"ports must be named after APIs of the sandbox, got {', '.join(sorted(unknown))}")

    @property
    def servers(self) -> tuple[ApiServer, ...]:
        return (self.edgequake, self.mgnify, self.apala, self.bloomy, self.bioepic)

    async def start(self) -> Self:
        """Start all servers; if one cannot start, stop the others.

        Raises:
            OSError: a port is in use.
        """
        try:
            for server in self.servers:
                await server.start(self._host, self._ports.get(server.name, 0), self._allowed_hosts)
        except OSError:
            await self.aclose()
            raise
        return self

    async def aclose(self) -> None:
        """Stop all servers and cancel their handlers. Do nothing if they are not running."""
        await asyncio.gather(*(server.aclose() for server in self.servers))

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    @classmethod
    def in_thread(cls, **options: Unpack[SandboxOptions]) -> "SandboxThread":
        """Create a sandbox for code with no event loop, or several: ``with Sandbox.in_thread() as sandbox``."""
        return SandboxThread(cls(**options))


class SandboxThread:
    """Sandbox served from a daemon thread. Any other thread may start and close it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._serving: tuple[threading.Thread, asyncio.AbstractEventLoop] | None = None

    def start(self) -> Sandbox:
        """Start the thread and wait until the servers listen.

        Raises:
            OSError: a port is in use.
        """
        if self._serving is not None:
            raise RuntimeError("the sandbox's thread is already running")
        born: queue.SimpleQueue[asyncio.AbstractEventLoop] = queue.SimpleQueue()
        thread = threading.Thread(target=_run_loop, args=(born,), name="asdk-sandbox", daemon=True)
        thread.start()
        self._serving = thread, born.get()
        # Notebooks rarely close anything, and a loop torn down with the interpreter would emit warnings.
        atexit.register(self.close)
        try:
            return asyncio.run_coroutine_threadsafe(self.sandbox.start(), self._serving[1]).result()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Stop the servers and wait for the thread. Do nothing if it is not running."""
        if self._serving is None:
            return
        (thread, loop), self._serving = self._serving, None
        asyncio.run_coroutine_threadsafe(self.sandbox.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        atexit.unregister(self.close)

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _run_loop(born: "queue.SimpleQueue[asyncio.AbstractEventLoop]") -> None:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.call_soon(born.put, loop)
        loop.run_forever()
