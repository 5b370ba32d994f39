"""What a server keeps about a request while it is being answered, found from anywhere in its handling.

The gate of an `ApiServer` opens an `Exchange` for each request; faults, streams and the stamping of replies
look it up with `current`.
"""

from contextvars import ContextVar

import attrs

from asdk.sandbox.counters import RequestRecord


@attrs.frozen
class Interruption:
    """Where a body breaks off, and what then: a closed connection, or silence."""

    after: int | None
    """Bytes of the body that still go out; None means half of it, or a stream's first piece."""
    reset: bool = False
    stall: bool = False
    seconds: float | None = None
    """How long a silence lasts before the rest goes out; None means for ever."""


@attrs.define(eq=False)
class Exchange:
    record: RequestRecord
    interruption: Interruption | None = None
    """What will befall the body of the reply."""
    reply_headers: dict[str, str] = attrs.field(factory=dict[str, str])
    """Headers that the reply gets, whichever it is."""
    is_over: bool = False
    """The connection is gone; what aiohttp still writes reaches nobody."""


# A context variable and not a key of aiohttp's request: those keys changed between its versions. aiohttp gives
# each request a task, so each has a context of its own.
_current: ContextVar[Exchange] = ContextVar("asdk.sandbox.exchange")


def open_exchange(record: RequestRecord) -> Exchange:
    exchange = Exchange(record)
    _current.set(exchange)
    return exchange


def current() -> Exchange | None:
    """The exchange of the request that is being answered; None for what never reached a gate."""
    return _current.get(None)
