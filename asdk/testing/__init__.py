"""What tests of asdk and of SDKs built on it need: an in-memory transport, a clock that is turned by hand, fixtures.

`MemoryTransport` answers without a network, `VirtualClock` waits without waiting, `FaultyTransport` and `FaultProxy`
break what a `FaultPlan` says. The pytest fixtures come with the package (``asdk.testing.fixtures`` is a pytest plugin);
the local servers behind them are in `asdk.sandbox`. `TokenStoreSuite` tests a token store of your own; it needs pytest,
and is resolved when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports
from asdk.testing.clock import VirtualClock
from asdk.testing.fault_proxy import FaultProxy
from asdk.testing.faults import Fault, FaultPlan, FaultyTransport
from asdk.testing.transport import DISCONNECTED, MemoryTransport, Reply, SentRequest

if TYPE_CHECKING:
    from asdk.testing.token_store_suite import TokenStoreSuite

__all__ = [
    "DISCONNECTED",
    "Fault",
    "FaultPlan",
    "FaultProxy",
    "FaultyTransport",
    "MemoryTransport",
    "Reply",
    "SentRequest",
    "TokenStoreSuite",
    "VirtualClock",
]

__getattr__ = lazy_exports(__name__, {"TokenStoreSuite": "asdk.testing.token_store_suite"})
