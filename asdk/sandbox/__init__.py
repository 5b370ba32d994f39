"""Local servers that imitate the APIs of asdk's clients, with real HTTP, real state and injected faults.

For tests, examples and experiments; the clients themselves do not need it. Start with `Sandbox`.
"""

from asdk.sandbox.apala import ApalaServer, ApalaSettings
from asdk.sandbox.api import ApiServer
from asdk.sandbox.bioepic import BioEPICServer, BioEPICSettings
from asdk.sandbox.bloomy import BloomyServer, BloomySettings
from asdk.sandbox.clock import ManualClock, TimeSource
from asdk.sandbox.counters import Counters, RequestRecord
from asdk.sandbox.edgequake import EdgeQuakeServer, EdgeQuakeSettings
from asdk.sandbox.fault_script import FaultRule, FaultScript
from asdk.sandbox.faults import ServerFault
from asdk.sandbox.mgnify import MGnifyServer, MGnifySettings
from asdk.sandbox.server import Sandbox, SandboxOptions, SandboxThread

__all__ = [
    "ApalaServer",
    "ApalaSettings",
    "ApiServer",
    "BloomyServer",
    "BloomySettings",
    "BioEPICServer",
    "BioEPICSettings",
    "TimeSource",
    "Counters",
    "EdgeQuakeServer",
    "EdgeQuakeSettings",
    "ServerFault",
    "FaultRule",
    "FaultScript",
    "MGnifyServer",
    "MGnifySettings",
    "ManualClock",
    "RequestRecord",
    "Sandbox",
    "SandboxOptions",
    "SandboxThread",
]
