"""Server-sent events from a handler: framing, and pauses with keep-alive comments.

Handlers of any API open one with `EventStream(request)` and `prepare`. A cut or stall planned for the
request happens between or inside its events.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from asdk.sandbox.wire import PiecewiseResponse


class EventStream(PiecewiseResponse):
    """``text/event-stream`` reply with one ``data:`` line per event. The stream ends with the reply."""

    def __init__(self, request: web.Request) -> None:
        super().__init__(request, headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})

    async def send(self, event: Mapping[str, Any] | str) -> None:
        """Send one event: a value as JSON, or one line of text unchanged."""
        data = event if isinstance(event, str) else json.dumps(event, separators=(",", ":"))
        await self.write(f"data: {data}\n\n".encode())

    async def pause(self, seconds: float, *, keep_alive: float) -> None:
        """Wait, sending a comment every ``keep_alive`` seconds so that the reader does not time out."""
        while seconds > keep_alive:
            await asyncio.sleep(keep_alive)
            await self.write(b": keep-alive\n\n")
            seconds -= keep_alive
        if seconds > 0:
            await asyncio.sleep(seconds)
