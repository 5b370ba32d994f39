"""The event loop of a call: `running_loop` raises our error without one, `current_loop` returns None.

Used by everything that a call reaches first: the transport, token flights, queues and maps.
"""

from __future__ import annotations

import asyncio

from asdk.errors import ConfigurationError


def current_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that is running in this thread, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop that is running in this thread.

    Raises:
        ConfigurationError: no event loop of asyncio is running, such as under trio.
    """
    loop = current_loop()
    if loop is None:
        raise ConfigurationError(
            "asdk needs asyncio, and no event loop of asyncio is running here: use asyncio.run(main()), or the asyncio "
            "backend of anyio instead of trio"
        )
    return loop
