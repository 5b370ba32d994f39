"""One clock for a sandbox and its clients: a test turns it, and both sides see the same time go by."""

from __future__ import annotations

from asdk.sandbox import ManualClock
from asdk.testing import VirtualClock


class Days:
    """The server's clock and its clients', turned together."""

    def __init__(self) -> None:
        self.server = ManualClock()
        self.client = VirtualClock(auto=False, start=self.server.now)

    async def go_by(self, seconds: float) -> None:
        self.server.advance(seconds)
        await self.client.advance(seconds)
