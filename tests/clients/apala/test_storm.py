"""Many calls at once while tokens end, refresh tokens rotate and the network fails: none is lost."""

from __future__ import annotations

import time

import anyio

from asdk import Retry
from asdk.clients.apala import Apala
from asdk.sandbox import Fault, Sandbox

SECONDS = 2.2
TOKEN_LIFETIME = 1.0


async def test_no_call_is_lost_while_tokens_rotate_and_the_network_fails() -> None:
    with Sandbox.in_thread(token_lifetime=TOKEN_LIFETIME) as sandbox:
        server = sandbox.apala
        server.settings.rotate_refresh_tokens = True
        templates = "/api/paf/templates"
        server.faults.add(Fault.status(429, retry_after=0.05), path=templates, every=23)
        server.faults.add(Fault.status(503, html="<p>away</p>"), path=templates, every=17)
        server.faults.add(Fault.drop(), path=templates, every=29)
        server.faults.add(Fault.drop(reset=True), path=templates, every=41)
        server.faults.add(Fault.cut(), path=templates, every=37)
        done = 0
        began = time.monotonic()
        end = began + SECONDS
        async with Apala(
            base_url=server.url, api_key=server.credentials.api_key, retry=Retry(attempts=8, base_delay=0.01)
        ) as client:

            async def work() -> None:
                nonlocal done
                while time.monotonic() < end or done <= 100:
                    assert len(await client.paf.templates.list()) == 4
                    done += 1

            async with anyio.create_task_group() as tasks:
                for _ in range(30):
                    tasks.start_soon(work)
        assert sum(rule.met for rule in server.faults.rules) > 5
        exchanges, refreshes = (server.counters.count("POST", f"/api/auth/{path}") for path in ("token", "refresh"))
        assert exchanges == 1, "no rotated refresh token was lost"
        # One a life, a life being a second, and one more where replies were late.
        assert 1 <= refreshes <= 2 * (time.monotonic() - began) / TOKEN_LIFETIME + 2
