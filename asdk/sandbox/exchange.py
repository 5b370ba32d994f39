"""State of the request being handled, available anywhere below its gate.

The gate of an `ApiServer` opens an `Exchange` for each request; faults, streams and the code that stamps replies
get it from `current`.
"""

from contextvars import ContextVar

import attrs

from asdk.sandbox.counters import RequestRecord


@attrs.frozen
class Interruption:
    """Point at which a body breaks off, and whether the connection then closes or falls silent."""

    after: int | None
    """Bytes of the body that are still sent; None means half of it, or a stream's first piece."""
    reset: bool = False
    stall: bool = False
    seconds: float | None = None
    """Duration of the silence before the rest is sent; None means until the client disconnects."""


@attrs.define(eq=False)
class Exchange:
    record: RequestRecord
    interruption: Interruption | None = None
    """Interruption planned for the body of the reply."""
    reply_headers: dict[str, str] = attrs.field(factory=dict[str, str])
    """Headers for the reply, including error replies."""
    is_over: bool = False
    """The connection is closed; aiohttp may still write, but nothing is delivered."""


# A context variable and not a key of aiohttp's request, because those keys changed between its versions. aiohttp
# runs each request in its own task, so each has its own context.
_current: ContextVar[Exchange] = ContextVar("asdk.sandbox.exchange")


def open_exchange(record: RequestRecord) -> Exchange:
    exchange = Exchange(record)
    _current.set(exchange)
    return exchange


def current() -> Exchange | None:
    """Return the exchange of the request being handled; None outside a gate."""
    return _current.get(None)
