"""Statistics of a server: requests by route and status, the peak concurrency, and a log of recent requests.

The gate of each `ApiServer` writes them on the server's loop; tests read them from any thread.
"""

import hashlib
import threading
from collections import Counter, deque

import attrs
from aiohttp import web
from multidict import CIMultiDictProxy

UNMATCHED = "(unmatched)"
"""Route of requests whose path the server does not have."""

_SCHEMES = frozenset({"basic", "bearer", "token"})
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


def mask(value: str) -> str:
    """Mask a header's secret so that two secrets can still be told apart: ``Bearer ***1f3a90cc``."""
    scheme, _, secret = value.partition(" ")
    # Only a known scheme is shown: a key or a cookie may contain spaces.
    shown, hidden = (f"{scheme} ", secret) if scheme.lower() in _SCHEMES else ("", value)
    return f"{shown}***{hashlib.sha256(hidden.encode()).hexdigest()[:8]}"


@attrs.define(eq=False)
class RequestRecord:
    """Request in the log."""

    method: str
    path: str
    """As sent in the request line, with the query."""
    route: str
    """Template, such as ``/api/v1/documents/{document_id}``."""
    status: int | None = None
    """None until the head of the reply is sent; stays None if the connection was closed before."""
    faults: tuple[str, ...] = ()
    """Names of the faults applied to it, in order."""
    raw_headers: CIMultiDictProxy[str] | None = attrs.field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return the request's headers by lower-case name, secrets masked."""
        # Masked when read, not when served, which keeps a storm of requests cheap.
        pairs = () if self.raw_headers is None else self.raw_headers.items()
        lowered = ((name.lower(), value) for name, value in pairs)
        return {name: mask(value) if name in _SECRET_HEADERS else value for name, value in lowered}


class Counters:
    """Request counts. A dropped request counts under its route, but under no status."""

    def __init__(self, *, log_size: int = 1000) -> None:
        self._lock = threading.Lock()
        self._log: deque[RequestRecord] = deque(maxlen=log_size)
        self._routes: Counter[tuple[str, str]] = Counter()
        self._statuses: Counter[int] = Counter()
        self._in_flight = 0
        self._max_in_flight = 0

    @property
    def total(self) -> int:
        """Return the number of requests that arrived."""
        with self._lock:
            return self._routes.total()

    @property
    def by_route(self) -> dict[str, int]:
        """Return the requests that arrived, by route, such as ``"GET /api/v1/documents/{document_id}"``."""
        with self._lock:
            return {f"{method} {route}": count for (method, route), count in self._routes.items()}

    @property
    def by_status(self) -> dict[int, int]:
        """Return the requests that were answered, by status."""
        with self._lock:
            return dict(self._statuses)

    def count(self, method: str, route: str) -> int:
        """Return the number of requests to one route, such as ``count("POST", "/api/v1/auth/refresh")``."""
        with self._lock:
            return self._routes[method, route]

    @property
    def in_flight(self) -> int:
        with self._lock:
            return self._in_flight

    @property
    def max_in_flight(self) -> int:
        """Return the largest number of requests that were in the server at the same time."""
        with self._lock:
            return self._max_in_flight

    @property
    def recent(self) -> list[RequestRecord]:
        """Return the most recent requests, oldest first."""
        with self._lock:
            return list(self._log)

    def reset(self) -> None:
        """Clear all counts and records, except for requests that are still in the server."""
        with self._lock:
            self._log.clear()
            self._routes.clear()
            self._statuses.clear()
            self._max_in_flight = self._in_flight

    def begin(self, request: web.Request, route: str) -> RequestRecord:
        record = RequestRecord(request.method, request.path_qs, route, raw_headers=request.headers)
        with self._lock:
            self._log.append(record)
            self._routes[request.method, route] += 1
            self._in_flight += 1
            self._max_in_flight = max(self._max_in_flight, self._in_flight)
        return record

    def end(self, record: RequestRecord) -> None:
        with self._lock:
            self._in_flight -= 1
            if record.status is not None:
                self._statuses[record.status] += 1
