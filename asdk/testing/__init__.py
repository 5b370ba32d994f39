"""What tests of asdk and of SDKs built on it need: an in-memory transport, a clock that is turned by hand, fixtures.

`MemoryTransport` answers without a network, `VirtualClock` waits without waiting, `FaultyTransport` and `FaultProxy`
break what a `FaultPlan` says. The pytest fixtures come with the package (``asdk.testing.fixtures`` is a pytest plugin);
the local servers behind them are in `asdk.sandbox`.
"""

from asdk.testing.clock import VirtualClock
from asdk.testing.fault_proxy import FaultProxy
from asdk.testing.faults import Fault, FaultPlan, FaultyTransport
from asdk.testing.transport import DISCONNECTED, MemoryTransport, Reply, SentRequest

__all__ = [
    "DISCONNECTED",
    "Fault",
    "FaultPlan",
    "FaultProxy",
    "FaultyTransport",
    "MemoryTransport",
    "Reply",
    "SentRequest",
    "VirtualClock",
]
