"""The test kit for SDKs built on asdk: an in-memory transport, a virtual clock, injected faults, a pytest plugin.

`MemoryTransport` answers without a network, `VirtualClock` waits without waiting, `FaultyTransport` and `FaultProxy`
inject the faults of a `FaultPlan`. ``asdk.testing.fixtures`` is a pytest plugin that pytest finds by itself.
`TokenStoreSuite` tests a token store of your own; it needs pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.testing.clock import VirtualClock as VirtualClock
    from asdk.testing.fault_proxy import FaultProxy as FaultProxy
    from asdk.testing.faults import Fault as Fault
    from asdk.testing.faults import FaultPlan as FaultPlan
    from asdk.testing.faults import FaultyTransport as FaultyTransport
    from asdk.testing.token_store_suite import TokenStoreSuite as TokenStoreSuite
    from asdk.testing.transport import DISCONNECTED as DISCONNECTED
    from asdk.testing.transport import MemoryTransport as MemoryTransport
    from asdk.testing.transport import Reply as Reply
    from asdk.testing.transport import SentRequest as SentRequest
