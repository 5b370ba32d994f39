"""Demo of the five clients against the sandbox: two-second tokens, injected faults, 200 calls in flight, none lost.

Run it with ``python -m nox -s demo``. It uses loopback only, takes half a minute, and exits with 1 if a call failed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import attrs
from rich.console import Console
from rich.table import Table

from asdk import AsdkError, Request, Response, Retry, Tenant
from asdk.clients.apala import Apala
from asdk.clients.bioepic import BioEPIC
from asdk.clients.bloomy import Bloomy
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify
from asdk.sandbox import ApiServer, Sandbox, ServerFault
from asdk.sandbox.apala import ApalaServer
from asdk.sandbox.bioepic import BioEPICServer
from asdk.sandbox.bloomy import BloomyServer
from asdk.sandbox.edgequake import EdgeQuakeServer
from asdk.sandbox.mgnify import MGnifyServer
from asdk.transports.base import Handler

IN_FLIGHT = 200
SECONDS = 5.0
TOKEN_LIFETIME = 2.0

S = TypeVar("S", bound=ApiServer)


@attrs.define
class Tally:
    """Statistics of one client. As a middleware outside retry it sees calls, not attempts."""

    milliseconds: list[float] = attrs.field(factory=list[float])
    retries: int = 0
    failures: Counter[str] = attrs.field(factory=Counter[str])

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        began = time.perf_counter()
        response = await call_next(request)
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        self.retries += response.attempts - 1
        return response


# About one reply in twelve is a fault, and no call may fail.
PATIENCE = Retry(attempts=6)


def break_things(server: ApiServer, everything: str, reads: str) -> None:
    """Inject the faults of a bad day.

    Args:
        server: the server to disturb.
        everything: the routes that get 503s from a proxy, and delays.
        reads: a route that is only read: its connections break, too, and it gets 429s.
    """
    server.faults.add(ServerFault.status(429, retry_after=1), method="GET", path=reads, every=101)
    server.faults.add(ServerFault.status(503, html="<html>upstream is away</html>"), path=everything, every=53)
    server.faults.add(ServerFault.drop(), method="GET", path=reads, every=67)
    server.faults.add(ServerFault.drop(reset=True), method="GET", path=reads, every=149)
    server.faults.add(ServerFault.cut(), method="GET", path=reads, every=83)
    server.faults.add(ServerFault.delay(0.05), path=everything, every=7)


async def keep_busy(tally: Tally, call: Callable[[int, int], Awaitable[object]]) -> None:
    """Run `IN_FLIGHT` workers until the time is up; each calls repeatedly, with its number and turn."""
    end = time.monotonic() + SECONDS

    async def work(number: int) -> None:
        turn = 0
        while time.monotonic() < end:
            turn += 1
            try:
                await call(number, turn)
            except AsdkError as error:
                tally.failures[f"{type(error).__name__}: {error}"] += 1

    async with anyio.create_task_group() as tasks:
        for number in range(IN_FLIGHT):
            tasks.start_soon(work, number)


async def edgequake(server: EdgeQuakeServer, tally: Tally) -> None:
    """Write and read documents of many tenants while the token expires every two seconds."""
    break_things(server, "/api/v1/*", "/api/v1/documents")
    account = server.credentials.user
    async with EdgeQuake(
        base_url=server.url,
        username=account.username,
        password=account.password,
        retry=PATIENCE,
        middleware=[tally],
    ) as client:

        async def call(number: int, turn: int) -> None:
            mine = client.with_options(tenant=Tenant("demo", f"workspace-{number % 20}"))
            # A key makes a POST safe to retry; without one, a 503 would be raised.
            if turn % 5 == 1:
                await mine.documents.upload(f"note {number}-{turn}", idempotency_key=True)
            elif turn % 5 == 3:
                await mine.query.execute(f"note {number}", idempotency_key=True)
            else:
                await mine.documents.list(page_size=10).first()

        await keep_busy(tally, call)


async def apala(server: ApalaServer, tally: Tally) -> None:
    """Optimize messages and read templates while the server rotates the refresh token every two seconds."""
    server.settings.rotate_refresh_tokens = True
    break_things(server, "/api/paf/*", "/api/paf/templates")
    known = server.credentials
    async with Apala(
        base_url=server.url,
        api_key=known.api_key,
        customer_id=known.customer_id,
        retry=PATIENCE,
        middleware=[tally],
    ) as client:

        async def call(number: int, turn: int) -> None:
            if turn % 3 == 1:
                await client.optimize_message([], f"note {number}", timezone="UTC", idempotency_key=True)
            elif turn % 3 == 2:
                await client.paf.templates.validate(f"Hi {{NAME}}, note {number}", "sms")
            else:
                await client.paf.templates.list()

        await keep_busy(tally, call)


async def bloomy(server: BloomyServer, tally: Tally) -> None:
    """Read meetings and scores while the key expires every two seconds and the password buys the next."""
    break_things(server, "/api/v1/L10/*", "/api/v1/L10/{id}/list")
    account = server.credentials.ada
    async with Bloomy(
        base_url=server.api_url,
        username=account.username,
        password=account.password,
        retry=PATIENCE,
        middleware=[tally],
    ) as client:

        async def call(number: int, turn: int) -> None:
            if turn % 3 == 1:
                await client.meeting.attendees(server.credentials.meeting_id)
            elif turn % 3 == 2:
                await client.scorecard.list(show_empty=True)
            else:
                await client.meeting.list()

        await keep_busy(tally, call)


async def mgnify(server: MGnifyServer, tally: Tally) -> None:
    """Read public and private studies and samples while the token is exchanged before its two seconds are over."""
    break_things(server, "/metagenomics/api/v2/*", "/metagenomics/api/v2/samples/{accession}")
    account = server.credentials.user
    async with MGnify(
        base_url=server.url,
        username=account.username,
        password=account.password,
        retry=PATIENCE,
        middleware=[tally],
    ) as client:
        samples = await client.samples.list(page_size=IN_FLIGHT).collect(limit=IN_FLIGHT)

        async def call(number: int, turn: int) -> None:
            if turn % 3 == 1:
                await client.samples.get(samples[number % len(samples)].accession)
            elif turn % 3 == 2:
                await client.private_studies.first()
            else:
                await client.studies.list(search="gut", page_size=5).first()

        await keep_busy(tally, call)


async def bioepic(server: BioEPICServer, tally: Tally) -> None:
    """Read records by id and by filter while the token expires every two seconds and the secret buys the next."""
    server.settings.require_auth = True
    break_things(server, "/api/*", "/api/{collection}/{id}")
    known = server.credentials
    async with BioEPIC(
        base_url=server.url,
        client_id=known.client_id,
        client_secret=known.client_secret,
        retry=PATIENCE,
        middleware=[tally],
    ) as client:

        async def call(number: int, turn: int) -> None:
            if turn % 2 == 1:
                await client.samples.get(f"bioepic:sample-{1 + number:04d}")
            else:
                await client.experiments.list(filter={"status": "active"}, page_size=5).first()

        await keep_busy(tally, call)


def empty_table() -> Table:
    """Return the table, to which each run adds a row."""
    title = f"{IN_FLIGHT} calls in flight for {SECONDS:.0f} s, tokens of {TOKEN_LIFETIME:.0f} s, faults injected"
    table = Table("API", "authentication", title=title)
    for name in ("calls", "token requests", "faults met", "retries", "failures", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    return table


async def main() -> int:
    console = Console(width=None if sys.stdout.isatty() else 120)
    table = empty_table()
    failures = Counter[str]()

    async def show(
        run: Callable[[S, Tally], Awaitable[None]], server: S, name: str, authentication: str, *token_routes: str
    ) -> None:
        tally = Tally()
        await run(server, tally)
        tokens = sum(server.counters.count("POST", route) for route in token_routes)
        faults = sum(rule.met for rule in server.faults.rules)
        counts = (len(tally.milliseconds), tokens, faults, tally.retries, tally.failures.total())
        cuts = statistics.quantiles(tally.milliseconds, n=100)
        table.add_row(name, authentication, *map(str, counts), f"{cuts[49]:.0f}", f"{cuts[98]:.0f}")
        failures.update(tally.failures)

    async with Sandbox(token_lifetime=TOKEN_LIFETIME) as sandbox:
        logins = ("/api/v1/auth/login", "/api/v1/auth/refresh")
        await show(edgequake, sandbox.edgequake, "EdgeQuake", "login, refresh", *logins)
        keys = ("/api/auth/token", "/api/auth/refresh")
        await show(apala, sandbox.apala, "Apala", "key, rotating refresh", *keys)
        await show(bloomy, sandbox.bloomy, "Bloomy", "password grant", "/Token")
        slides = ("/metagenomics/api/v2/auth/sliding", "/metagenomics/api/v2/auth/sliding/refresh")
        await show(mgnify, sandbox.mgnify, "MGnify", "sliding token", *slides)
        await show(bioepic, sandbox.bioepic, "BioEPIC", "client credentials", "/token")
    console.print(table)
    for failure, count in failures.most_common(5):
        console.print(f"{count} x {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(anyio.run(main))
