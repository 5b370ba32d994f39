"""`Sandbox`: the imitated APIs together, in the running event loop or in a thread with a loop of its own.

Tests and examples start it with ``async with Sandbox()``; notebooks and blocking code with
``with Sandbox.in_thread()``; ``python -m asdk.sandbox`` serves it until stopped.
"""

import asyncio
import atexit
import queue
import threading
import time
from collections.abc import Mapping
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
    """What a sandbox can be told; ports and settings by the name of the API."""

    host: str
    """The address to listen on; 127.0.0.1 when left out."""
    ports: Mapping[str, int]
    """Fixed ports, such as ``{"edgequake": 8801}``; the others are free ones."""
    seed: int
    """Draws all ids and secrets: the same seed gives the same ones."""
    clock: TimeSource
    """Epoch seconds; a `ManualClock` makes tokens and locks age without waiting."""
    token_lifetime: float
    """Seconds that access tokens live, for every API that has them."""
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
            raise ValueError(f"the sandbox has no API called {', '.join(sorted(unknown))}")

    @property
    def servers(self) -> tuple[ApiServer, ...]:
        return (self.edgequake, self.mgnify, self.apala, self.bloomy, self.bioepic)

    async def start(self) -> Self:
        """Start all servers; when one cannot start, none is left running.

        Raises:
            OSError: a port is taken.
        """
        try:
            for server in self.servers:
                await server.start(self._host, self._ports.get(server.name, 0))
        except OSError:
            await self.aclose()
            raise
        return self

    async def aclose(self) -> None:
        """Stop all servers, with whatever they are doing. Nothing happens when they do not run."""
        await asyncio.gather(*(server.aclose() for server in self.servers))

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    @classmethod
    def in_thread(cls, **options: Unpack[SandboxOptions]) -> "SandboxThread":
        """A sandbox for code without an event loop, or with several: ``with Sandbox.in_thread() as sandbox``."""
        return SandboxThread(cls(**options))


class SandboxThread:
    """Serves a sandbox from a daemon thread; start and close it from any other thread."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._serving: tuple[threading.Thread, asyncio.AbstractEventLoop] | None = None

    def start(self) -> Sandbox:
        """Start and wait until the servers listen.

        Raises:
            OSError: a port is taken.
        """
        if self._serving is not None:
            raise RuntimeError("the sandbox's thread is running already")
        born: queue.SimpleQueue[asyncio.AbstractEventLoop] = queue.SimpleQueue()
        thread = threading.Thread(target=_run_loop, args=(born,), name="asdk-sandbox", daemon=True)
        thread.start()
        self._serving = thread, born.get()
        # A notebook seldom closes anything, and a loop torn down with the interpreter would complain.
        atexit.register(self.close)
        try:
            return asyncio.run_coroutine_threadsafe(self.sandbox.start(), self._serving[1]).result()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Stop the servers and wait for the thread. Nothing happens when it does not run."""
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
