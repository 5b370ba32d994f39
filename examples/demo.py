"""The clients against the sandbox, in one screen: short-lived tokens, injected faults, 200 calls at once, none lost.

Run it with ``python -m nox -s demo``. It talks to loopback only, takes some seconds, and ends with status 1 if a call
failed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter

import anyio
import attrs
from rich.console import Console
from rich.table import Table

from asdk import AsdkError, Request, Response, Retry, Tenant
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import Fault, Sandbox
from asdk.sandbox.edgequake import EdgeQuakeServer
from asdk.transports.base import Handler

IN_FLIGHT = 200
SECONDS = 6.0
TOKEN_LIFETIME = 2.0


@attrs.define
class Tally:
    """What happened to the calls of one client. As a middleware it stands outside of retry, so it sees calls, not
    attempts."""

    milliseconds: list[float] = attrs.field(factory=list[float])
    retries: int = 0
    failures: Counter[str] = attrs.field(factory=Counter[str])

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        began = time.perf_counter()
        response = await call_next(request)
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        self.retries += response.attempts - 1
        return response


def break_things(server: EdgeQuakeServer) -> None:
    """What networks and servers do on a bad day."""
    documents = "/api/v1/documents"
    server.faults.add(Fault.status(429, retry_after=1), method="GET", path=documents, every=101)
    server.faults.add(Fault.status(503, html="<html>upstream is away</html>"), path="/api/v1/*", every=53)
    server.faults.add(Fault.drop(), method="GET", path="/api/v1/*", every=67)
    server.faults.add(Fault.drop(reset=True), method="GET", path="/api/v1/*", every=149)
    server.faults.add(Fault.cut(), method="GET", path=documents, every=83)
    server.faults.add(Fault.delay(0.05), path="/api/v1/*", every=7)


async def edgequake(server: EdgeQuakeServer, tally: Tally) -> None:
    """Documents of many tenants, written and read at once, while the token ends every two seconds."""
    account = server.credentials.user
    async with EdgeQuake(
        base_url=server.url,
        username=account.username,
        password=account.password,
        retry=Retry(attempts=6),  # about one answer in twelve is a fault here, and no call is to fail
        middleware=[tally],
    ) as client:
        end = time.monotonic() + SECONDS

        async def work(number: int) -> None:
            mine = client.with_options(tenant=Tenant("demo", f"workspace-{number % 20}"))
            turn = 0
            while time.monotonic() < end:
                turn += 1
                try:
                    # A key makes a POST safe to repeat: without one, a 503 would be the caller's to judge.
                    if turn % 5 == 1:
                        await mine.documents.upload(f"note {number}-{turn}", idempotency_key=True)
                    elif turn % 5 == 3:
                        await mine.query.execute(f"note {number}", idempotency_key=True)
                    else:
                        await mine.documents.list(page_size=10).first()
                except AsdkError as error:
                    tally.failures[f"{type(error).__name__}: {error}"] += 1

        async with anyio.create_task_group() as tasks:
            for number in range(IN_FLIGHT):
                tasks.start_soon(work, number)


async def main() -> int:
    console = Console(width=None if sys.stdout.isatty() else 120)
    table = Table(
        title=f"{IN_FLIGHT} calls at once for {SECONDS:.0f} s, tokens of {TOKEN_LIFETIME:.0f} s, faults injected"
    )
    for name in (
        "API",
        "authentication",
        "calls",
        "token requests",
        "faults met",
        "retries",
        "failures",
        "p50 ms",
        "p99 ms",
    ):
        table.add_column(name, justify="left" if name in ("API", "authentication") else "right")
    tally = Tally()
    async with Sandbox(token_lifetime=TOKEN_LIFETIME) as sandbox:
        break_things(sandbox.edgequake)
        await edgequake(sandbox.edgequake, tally)
        server = sandbox.edgequake
        tokens = sum(server.counters.count("POST", f"/api/v1/auth/{path}") for path in ("login", "refresh"))
        faults = sum(rule.met for rule in server.faults.rules)
    cuts = statistics.quantiles(tally.milliseconds, n=100)
    row = ["EdgeQuake", "login, refresh"]
    row += [str(n) for n in (len(tally.milliseconds), tokens, faults, tally.retries, tally.failures.total())]
    table.add_row(*row, f"{cuts[49]:.0f}", f"{cuts[98]:.0f}")
    console.print(table)
    for failure, count in tally.failures.most_common(5):
        console.print(f"{count} x {failure}")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(anyio.run(main))
