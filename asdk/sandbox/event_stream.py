"""Server-sent events from a handler: framing, pauses with keep-alive comments.

Handlers of any API open one with `EventStream(request)` and `prepare`; a cut or stall planned for the
request falls between or inside its events.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from asdk.sandbox.wire import PiecewiseResponse


class EventStream(PiecewiseResponse):
    """A ``text/event-stream`` of ``data:`` lines, one an event; its end is the end of the reply."""

    def __init__(self, request: web.Request) -> None:
        super().__init__(request, headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})

    async def send(self, event: Mapping[str, Any] | str) -> None:
        """Send one event: JSON, or text of one line as it is."""
        data = event if isinstance(event, str) else json.dumps(event, separators=(",", ":"))
        await self.write(f"data: {data}\n\n".encode())

    async def pause(self, seconds: float, *, keep_alive: float) -> None:
        """Wait, with a comment line each ``keep_alive`` seconds so that no reader takes it for silence."""
        while seconds > keep_alive:
            await asyncio.sleep(keep_alive)
            await self.write(b": keep-alive\n\n")
            seconds -= keep_alive
        if seconds > 0:
            await asyncio.sleep(seconds)
