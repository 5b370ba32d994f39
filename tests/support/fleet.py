"""Several processes on one login: a server whose refresh tokens are good for one use, and the program of each process.

Run as ``python -m tests.support.fleet <settings as JSON>``; it prints what became of its calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from aiohttp import web

from asdk import AsdkError, BaseClient, TokenSource
from asdk.auth import FileTokenStore, RedisTokenStore, TokenStore
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.transports.aiohttp import AiohttpTransport
from tests.support.families import Families, Login, Refresh

ROOT = Path(__file__).parents[2]


class Server:
    """`Families` on loopback, with one resource, ``GET /me``, and ``GET /asked``: the number of token requests.

    Args:
        life: of an access token, in seconds.
        delay: between the rotation of a refresh token and the reply, in seconds.
    """

    def __init__(self, life: float, delay: float = 0.0) -> None:
        self.families = Families(life)
        self.delay = delay
        self.refused = 0
        self.url = ""

    async def token(self, request: web.Request) -> web.Response:
        status, data = self.families.answer(await request.json())
        await asyncio.sleep(self.delay)
        return web.json_response(data, status=status)

    async def me(self, request: web.Request) -> web.Response:
        good = self.families.is_good(request.headers.get("Authorization", "").removeprefix("Bearer "))
        self.refused += not good
        return web.json_response({"name": "ada"} if good else {}, status=200 if good else 401)

    async def asked(self, request: web.Request) -> web.Response:
        return web.Response(text=str(len(self.families.requests)))

    @contextmanager
    def running(self) -> Iterator[Server]:
        """In a thread, until the block is left."""
        ready, loop = threading.Event(), asyncio.new_event_loop()

        async def serve() -> web.AppRunner:
            app = web.Application()
            app.add_routes([web.post("/token", self.token), web.get("/me", self.me), web.get("/asked", self.asked)])
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            ready.set()
            return runner

        def run() -> None:
            runner = loop.run_until_complete(serve())
            loop.run_forever()
            loop.run_until_complete(runner.cleanup())
            loop.close()

        thread = threading.Thread(target=run)
        thread.start()
        assert ready.wait(60)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(60)


@attrs.frozen(kw_only=True)
class Worker:
    """The settings of one process.

    Attributes:
        url: of the server.
        store: ``"file:"`` and a directory, or the URL of a Redis.
        refresh_token: the only thing it has, instead of a password.
        calls: how many it makes, ten at a time.
        pause: between each ten, in seconds.
        timeout: of a call, in seconds.
        die: kill the process when the reply to a renewal has come and is not saved yet.
    """

    url: str
    store: str
    refresh_token: str | None = None
    calls: int = 60
    pause: float = 0.3
    timeout: float = 30.0
    die: bool = False

    def start(self) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-X",
            "dev",
            "-W",
            "error",
            "-m",
            "tests.support.fleet",
            json.dumps(attrs.asdict(self)),
        ]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, **pipes)

    def make_store(self) -> TokenStore:
        if self.store.startswith("file:"):
            return FileTokenStore(self.store.removeprefix("file:"))
        return RedisTokenStore(self.store)

    def make_client(self) -> BaseClient:
        url = f"{self.url}/token"
        credential = Login(url) if self.refresh_token is None else Refresh(self.refresh_token, url)
        transport = Dying() if self.die else None
        source = TokenSource(credential, store=self.make_store())
        return BaseClient(base_url=self.url, auth=source, timeout=self.timeout, transport=transport)

    async def run(self) -> dict[str, Any]:
        failures: list[str] = []
        async with self.make_client() as client:

            async def call() -> None:
                try:
                    await client.request("GET", "/me")
                except AsdkError as error:
                    failures.append(f"{type(error).__name__}: {error}")

            for _ in range(self.calls // 10):
                await asyncio.gather(*(call() for _ in range(10)))
                await asyncio.sleep(self.pause)
        return {"calls": self.calls, "failures": failures}


class Dying(AiohttpTransport):
    """Ends the process between a rotation and its save, as kill -9 does."""

    async def send(self, request: Request) -> Response:
        response = await super().send(request)
        if request.template == "/token" and isinstance(request.body, bytes) and b"refresh_token" in request.body:
            os._exit(9)
        return response


def outcome(process: subprocess.Popen[str], timeout: float = 120.0) -> dict[str, Any]:
    """What a process printed; it must have ended well and said nothing else."""
    said, complaints = process.communicate(timeout=timeout)
    assert process.returncode == 0, complaints
    return {**json.loads(said), "stderr": complaints}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(Worker(**json.loads(sys.argv[1])).run())))
