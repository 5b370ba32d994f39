"""What tests of asdk and of SDKs built on it need: an in-memory transport, a clock that is turned by hand, fixtures.

`MemoryTransport` answers without a network, `VirtualClock` waits without waiting. The pytest fixtures come with the
package (``asdk.testing.fixtures`` is a pytest plugin); the local servers behind them are in `asdk.sandbox`.
"""

from asdk.testing.clock import VirtualClock
from asdk.testing.transport import DISCONNECTED, MemoryTransport, Reply, SentRequest

__all__ = ["DISCONNECTED", "MemoryTransport", "Reply", "SentRequest", "VirtualClock"]
