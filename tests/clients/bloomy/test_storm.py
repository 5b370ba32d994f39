"""Many calls at once while keys end and the network fails: none is lost."""

from __future__ import annotations

import time

import anyio

from asdk import Retry
from asdk.clients.bloomy import Bloomy
from asdk.sandbox import Fault, Sandbox

SECONDS = 2.2
TOKEN_LIFETIME = 1.0


async def test_no_call_is_lost_while_keys_end_and_the_network_fails() -> None:
    with Sandbox.in_thread(token_lifetime=TOKEN_LIFETIME) as sandbox:
        server = sandbox.bloomy
        known = server.credentials.ada
        for path in ("/api/v1/todo/*", "/api/v1/users/*", "/api/v1/L10/*"):
            server.faults.add(Fault.status(429, retry_after=0.05), method="GET", path=path, every=23)
            server.faults.add(Fault.status(503, html="<p>away</p>"), method="GET", path=path, every=17)
            server.faults.add(Fault.drop(), method="GET", path=path, every=29)
            server.faults.add(Fault.cut(), method="GET", path=path, every=37)
        done = 0
        began = time.monotonic()
        end = began + SECONDS
        async with Bloomy(
            base_url=server.api_url,
            username=known.username,
            password=known.password,
            retry=Retry(attempts=8, base_delay=0.01),
        ) as client:

            async def work() -> None:
                nonlocal done
                while time.monotonic() < end or done <= 100:
                    await client.todo.list()
                    assert len(await client.meeting.list()) == 1
                    done += 2

            async with anyio.create_task_group() as tasks:
                for _ in range(30):
                    tasks.start_soon(work)
        assert sum(rule.met for rule in server.faults.rules) > 5
        assert server.counters.count("POST", "/Token") <= 2 * (time.monotonic() - began) / TOKEN_LIFETIME + 3
