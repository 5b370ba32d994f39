"""Pytest fixtures for the local servers. A test suite opts in with ``pytest_plugins = ["asdk.sandbox.fixtures"]``.

The sandbox runs in a thread with its own event loop, so the fixtures work with any async plugin, and without one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from asdk.sandbox import Sandbox
from asdk.sandbox.apala import ApalaServer
from asdk.sandbox.bioepic import BioEPICServer
from asdk.sandbox.bloomy import BloomyServer
from asdk.sandbox.edgequake import EdgeQuakeServer
from asdk.sandbox.mgnify import MGnifyServer


@pytest.fixture
def asdk_sandbox() -> Iterator[Sandbox]:
    """Serve the local APIs on loopback with fresh state; `asdk.sandbox` documents what a test can change."""
    with Sandbox.in_thread() as sandbox:
        yield sandbox


@pytest.fixture
def edgequake_sandbox(asdk_sandbox: Sandbox) -> EdgeQuakeServer:
    """Return the EdgeQuake API of the sandbox: ``.url``, ``.credentials``, ``.faults``, ``.counters``."""
    return asdk_sandbox.edgequake


@pytest.fixture
def apala_sandbox(asdk_sandbox: Sandbox) -> ApalaServer:
    """Return the Apala API of the sandbox."""
    return asdk_sandbox.apala


@pytest.fixture
def bloomy_sandbox(asdk_sandbox: Sandbox) -> BloomyServer:
    """Return the Bloom Growth API of the sandbox; clients take ``.api_url`` as their base URL."""
    return asdk_sandbox.bloomy


@pytest.fixture
def mgnify_sandbox(asdk_sandbox: Sandbox) -> MGnifyServer:
    """Return the MGnify API of the sandbox: ``.api_url``, ``.credentials``, ``.faults``, ``.counters``."""
    return asdk_sandbox.mgnify


@pytest.fixture
def bioepic_sandbox(asdk_sandbox: Sandbox) -> BioEPICServer:
    """Return the BioEPIC API of the sandbox: ``.url``, ``.credentials``, ``.faults``, ``.counters``."""
    return asdk_sandbox.bioepic
