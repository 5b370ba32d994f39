"""`SharedClock`, one clock for a sandbox and its clients, which a test advances by hand."""

from __future__ import annotations

from asdk.sandbox import ManualClock
from asdk.testing import VirtualClock


class SharedClock:
    """The clock of the sandbox and the clock of its clients, advanced together.

    Attributes:
        server: for the sandbox.
        client: for clients.
    """

    def __init__(self) -> None:
        self.server = ManualClock()
        self.client = VirtualClock(auto=False, start=self.server.now)

    async def advance(self, seconds: float) -> None:
        """Advance both clocks."""
        self.server.advance(seconds)
        await self.client.advance(seconds)
