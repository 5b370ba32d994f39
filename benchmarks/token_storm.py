"""Benchmark of a token storm: 10,000 callers need a token at once, in asdk and in peer libraries.

``python -m benchmarks.token_storm [--callers 10000] [--rounds 5]``

The token endpoint is a coroutine that takes 50 ms and counts its calls, so the benchmark measures only what each
library does between a caller and the endpoint. Cold: no token yet. Expired: the token has expired. The rounds of all
libraries are interleaved; memory is measured in a separate round, since measuring it takes time.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from asdk import Token, TokenSource
from asdk.auth import Credential
from asdk.transports.base import Handler

#: One caller's way to obtain a token.
Caller: TypeAlias = Callable[[], Awaitable[object]]

LATENCY = 0.05


class Endpoint:
    """Token endpoint that counts its calls and takes `LATENCY` seconds."""

    def __init__(self) -> None:
        self.requests = 0

    async def ask(self) -> str:
        self.requests += 1
        await asyncio.sleep(LATENCY)
        return f"token-{self.requests}"


async def _asdk(endpoint: Endpoint, expired: bool) -> Caller:
    class Login(Credential):
        life = 0.001 if expired else 3600.0

        async def fetch(self, send: Handler) -> Token:
            life, Login.life = self.life, 3600.0
            return Token(value=await endpoint.ask(), lifetime=life)

    source = TokenSource(Login())

    async def nowhere(request: Any) -> Any:
        raise AssertionError

    async def call() -> object:
        return source.peek() or await source.get(nowhere, within=60)

    if expired:
        await call()
    return call


async def _azure_core(endpoint: Endpoint, expired: bool) -> Caller:
    from azure.core.credentials import AccessToken
    from azure.core.pipeline import PipelineContext, PipelineRequest
    from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy
    from azure.core.rest import HttpRequest

    class Login:
        life = -1 if expired else 3600

        async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
            life, Login.life = self.life, 3600
            return AccessToken(await endpoint.ask(), int(time.time()) + life)

        async def close(self) -> None: ...

        async def __aenter__(self) -> Any:
            return self

        async def __aexit__(self, *details: object) -> None: ...

    policy = AsyncBearerTokenCredentialPolicy(Login(), "scope")

    async def call() -> object:
        request = PipelineRequest(HttpRequest("GET", "https://api.example.org/"), PipelineContext(None))
        await policy.on_request(request)
        return request.http_request.headers["Authorization"]

    if expired:
        await call()
    return call


async def _authlib(endpoint: Endpoint, expired: bool) -> Caller:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    old = {"access_token": "old", "refresh_token": "r", "token_type": "Bearer", "expires_at": time.time() - 1}

    class Client(AsyncOAuth2Client):  # type: ignore[misc, unused-ignore]
        async def _fetch_token(self, url: str, **options: Any) -> Any:
            return self.parse_response_token(await self._new())

        async def _refresh_token(self, url: str, **options: Any) -> Any:
            self.token = await self._new()
            return self.token

        def parse_response_token(self, data: Any) -> Any:
            self.token = data
            return data

        async def _new(self) -> dict[str, object]:
            value = await endpoint.ask()
            return {
                "access_token": value,
                "refresh_token": "r",
                "token_type": "Bearer",
                "expires_in": 3600,
                "expires_at": time.time() + 3600,
            }

    client = Client("id", "secret", token_endpoint="https://api.example.org/token", token=old if expired else None)

    async def call() -> object:
        if not client.token:  # Authlib leaves the first token to its user
            await client.fetch_token()
        await client.ensure_active_token(client.token)
        return client.token["access_token"]

    return call


async def _aiobotocore(endpoint: Endpoint, expired: bool) -> Caller:
    from aiobotocore.credentials import AioRefreshableCredentials

    async def refresh() -> dict[str, str]:
        value = await endpoint.ask()
        end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        return {"access_key": value, "secret_key": "s", "token": "t", "expiry_time": end}

    began = datetime.now(UTC) - timedelta(hours=1)
    credentials = AioRefreshableCredentials("", "", "", began, refresh, "storm")

    async def call() -> object:
        return await credentials.get_frozen_credentials()

    return call


PEERS: dict[str, Callable[[Endpoint, bool], Awaitable[Caller]]] = {
    "asdk": _asdk,
    "azure-core": _azure_core,
    "Authlib": _authlib,
    "aiobotocore": _aiobotocore,
}


async def storm(make: Callable[[Endpoint, bool], Awaitable[Caller]], callers: int, expired: bool) -> tuple[int, float]:
    """Return the requests and CPU seconds of one storm."""
    endpoint = Endpoint()
    call = await make(endpoint, expired)
    await asyncio.sleep(0.002)
    before, began = endpoint.requests, time.process_time()
    await asyncio.gather(*(call() for _ in range(callers)))
    return endpoint.requests - before, time.process_time() - began


def _memory(make: Callable[[Endpoint, bool], Awaitable[Caller]], callers: int, expired: bool) -> float:
    """Return the peak memory of one storm, in bytes per caller."""
    gc.collect()
    tracemalloc.start()
    try:
        asyncio.run(storm(make, callers, expired))
        return tracemalloc.get_traced_memory()[1] / callers
    finally:
        tracemalloc.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for expired in (False, True):
        print(f"\n{options.callers} callers, {'an expired token' if expired else 'no token yet'}")
        print(f"{'':12} {'requests':>9} {'CPU ms':>8} {'ratio':>7} {'bytes/caller':>13}")
        times: dict[str, list[float]] = {name: [] for name in PEERS}
        requests = dict.fromkeys(PEERS, 0)
        for _ in range(options.rounds):
            for name, make in PEERS.items():
                gc.collect()
                requests[name], seconds = asyncio.run(storm(make, options.callers, expired))
                times[name].append(seconds)
        ours = statistics.median(times["asdk"])
        for name, make in PEERS.items():
            median = statistics.median(times[name])
            memory = _memory(make, options.callers, expired)
            print(f"{name:12} {requests[name]:9} {median * 1000:8.0f} {median / ours:7.2f} {memory:13.0f}")


if __name__ == "__main__":
    main()
