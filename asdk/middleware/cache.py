"""A response cache (RFC 9111), private to one client: fresh responses need no request, stale ones are revalidated.

hishel decides by the rules of the RFC; its state machine does no I/O and depends on no HTTP library. This module
decides what is stored, for which caller and how much. Users pass it as ``middleware=[CacheMiddleware()]``; it needs the
extra ``cache``.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
import threading
import time
import weakref
from collections import OrderedDict
from email.utils import formatdate
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import attrs

from asdk.clock import Clock
from asdk.errors import ConfigurationError
from asdk.http.headers import Headers, http_date
from asdk.http.options import Tenant
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.transports.base import Handler

#: The owner of a response: the URL, the client, the tenant, whether it was authenticated, and the call's own secrets.
Partition: TypeAlias = tuple[str, int, Tenant | None, bool, bytes]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})

# A failure is never stored, though the standard lets a cache keep some.
_STORED_STATUSES = frozenset({200, 203})

# A caller that sends one of these has a cache of its own, or asks for a part.
_BYPASS_HEADERS = ("range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range")

_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=", re.IGNORECASE).search
# The longest Cache-Control that is read, in characters; a response with a longer one is not stored.
_LONGEST_CONTROL = 1024

_NO_STORE = re.compile(r"(?:^|,)\s*no-store\s*(?:,|$)", re.IGNORECASE).search


@attrs.frozen
class _Arrival:
    """The headers of a response and when it arrived.

    Attributes:
        headers: always with a Date.
        age: on arrival, in seconds (RFC 9111, section 4.2.3).
        time: of the arrival, on the monotonic and on the wall clock.
    """

    headers: Headers
    age: float
    time: tuple[float, float]

    @classmethod
    def of(cls, response: Response, clock: Clock) -> _Arrival:
        """Return the arrival of a response that has just been received."""
        headers, now = response.headers.copy(), clock.time()
        sent = http_date(headers.get("date", ""))
        if sent is None:
            sent = now
            headers.fields["date"] = ("Date", formatdate(now, usegmt=True))
        told = headers.get("age", "")
        age = float(told[:10]) if told.isascii() and told.isdigit() else 0.0
        return cls(headers, max(age, now - sent), (clock.monotonic(), now))


@attrs.define(eq=False)
class _Stored:
    """A stored response.

    Attributes:
        vary: the request fields that the response depends on, and their values.
        age: on arrival; see `_Arrival`.
        time: of the arrival, or of the last revalidation.
    """

    partition: Partition
    vary: dict[str, str | None]
    status: int
    headers: Headers
    content: bytes
    age: float
    time: tuple[float, float]
    id: UUID = attrs.field(factory=uuid4)

    @property
    def size(self) -> int:
        """Return its size in bytes: body and header fields."""
        return len(self.content) + sum(len(name) + len(value) for name, value in self.headers.multi_items())

    def age_at(self, clock: Clock) -> float:
        """Return its age by the clock that advanced more: one may stop during sleep, the other may be set back."""
        monotonic, wall = self.time
        return self.age + max(0.0, clock.monotonic() - monotonic, clock.time() - wall)


class CacheMiddleware:
    """Stores responses to GET in memory and reuses them as their caching headers allow.

    These are ``Cache-Control``, ``Expires``, ``ETag`` and ``Last-Modified``. A response is stored for one client and
    its copies, so for one credential, by URL, tenant, the secret headers of the call, and the fields in ``Vary``.
    Failures and streams are never stored. A response without freshness information is revalidated each time; its
    lifetime is never guessed. A successful request with a method other than GET, HEAD and OPTIONS removes the responses
    stored for its URL.

    Args:
        max_entries: how many responses are stored at most; the least recently used is evicted first.
        max_bytes: their total size. A response larger than an eighth of it is not stored.

    Raises:
        ConfigurationError: hishel is not installed.
    """

    order = StackOrder.CACHE

    def __init__(self, *, max_entries: int = 1000, max_bytes: int = 64 * 2**20) -> None:
        self._rfc = _hishel()
        self._options = {"shared": False, "supported_methods": ["GET"], "allow_stale": False}
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._stored: OrderedDict[UUID, _Stored] = OrderedDict()
        self._places: dict[Partition, list[UUID]] = {}
        self._size = 0
        # Held for a few instructions, never across an await: a client may work in several event loops at once.
        self._lock = threading.Lock()
        # The rest of the chain identifies the client and its credential; copies share it.
        self._chains: weakref.WeakKeyDictionary[Handler, int] = weakref.WeakKeyDictionary()
        self._numbers = itertools.count()
        self._salt = secrets.token_bytes(16)

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Return a stored response, or send the request."""
        if request.method not in _SAFE:
            response = await call_next(request)
            if response.status < 400:
                self._forget(request.url)
            return response
        own = request.body is not None or any(name in request.headers for name in _BYPASS_HEADERS)
        if request.method != "GET" or request.stream or own or _NO_STORE(request.headers.get("Cache-Control", "")):
            return await call_next(request)
        return await self._answer(request, call_next)

    async def _answer(self, request: Request, call_next: Handler) -> Response:
        rfc, clock = self._rfc, request.clock
        partition = self._partition(request, call_next)
        asked = request.headers.copy()  # middlewares below add to them
        known = self._find(partition, asked)
        plain = rfc.Request("GET", request.url, _to_hishel(asked))
        entries = [
            rfc.Entry(stored.id, plain, rfc.Response(stored.status, _to_hishel(_judged(stored, clock))))
            for stored in known.values()
        ]
        state: Any = rfc.IdleClient(options=self._options).next(plain, entries)
        while not isinstance(state, rfc.FromCache):
            response = await _send(request, call_next, state.request.headers)
            confirms = response.status == 304 and isinstance(state, rfc.NeedRevalidation)
            if response.status not in _STORED_STATUSES and not confirms:
                return response
            news = _Arrival.of(response, clock)
            state = state.next(rfc.Response(response.status, _to_hishel(news.headers)))
            if isinstance(state, rfc.InvalidateEntries):
                self._remove(*state.entry_ids)
                state = state.next()
            if isinstance(state, rfc.NeedToBeUpdated):
                for entry in state.updating_entries:
                    self._freshen(known[entry.id], entry.response.headers, news)
                state = state.next()
            elif isinstance(state, rfc.StoreAndUse):
                self._keep(partition, asked, response, news, keep=state.response.headers)
                return response
            elif isinstance(state, rfc.CouldNotBeStored):
                return response
        return self._reply(request, known[state.entry.id])

    # --- the store ---------------------------------------------------------------------------------------------------

    def _partition(self, request: Request, call_next: Handler) -> Partition:
        with self._lock:
            number = self._chains.get(call_next)
            if number is None:
                number = self._chains[call_next] = next(self._numbers)
        own = "\0".join(request.headers.secrets())
        digest = hashlib.blake2b(own.encode(), key=self._salt, digest_size=16).digest() if own else b""
        return request.url, number, request.options.tenant, request.authenticate, digest

    def _find(self, partition: Partition, asked: Headers) -> dict[UUID, _Stored]:
        with self._lock:
            found = [self._stored[id] for id in self._places.get(partition, ())]
        return {
            stored.id: stored
            for stored in found
            if all(asked.get(name) == value for name, value in stored.vary.items())
        }

    def _keep(self, partition: Partition, asked: Headers, response: Response, news: _Arrival, *, keep: Any) -> None:
        headers = news.headers.copy()
        for name in news.headers:
            if name not in keep:  # a field of this one connection
                del headers[name]
        names = [name.strip().lower() for name in ",".join(headers.getall("vary")).split(",") if name.strip()]
        is_of_use = _lifetime(headers) is not None or "etag" in headers or "last-modified" in headers
        vary = {name: asked.get(name) for name in names}
        made = _Stored(partition, vary, response.status, headers, response.content, news.age, news.time)
        if "*" in names or not is_of_use or made.size > self._max_bytes // 8:
            return
        same = [stored.id for stored in self._find(partition, asked).values() if stored.vary == vary]
        self._remove(*same)
        with self._lock:
            self._stored[made.id] = made
            self._places.setdefault(partition, []).append(made.id)
            self._size += made.size
            while len(self._stored) > self._max_entries or self._size > self._max_bytes:
                self._drop(next(iter(self._stored)))

    def _freshen(self, stored: _Stored, merged: Any, news: _Arrival) -> None:
        """Update the stored headers from a 304 (RFC 9111, section 3.2)."""
        headers = stored.headers.copy()
        for name in news.headers:
            if name in merged and news.headers[name] == merged[name]:
                headers.fields[name.lower()] = news.headers.fields[name.lower()]
        with self._lock:
            if stored.id in self._stored:
                self._size -= stored.size
            stored.headers, stored.age, stored.time = headers, news.age, news.time
            if stored.id in self._stored:
                self._size += stored.size

    def _reply(self, request: Request, stored: _Stored) -> Response:
        with self._lock:
            if stored.id in self._stored:
                self._stored.move_to_end(stored.id)
        headers = stored.headers.copy()
        headers.fields["age"] = ("Age", str(int(stored.age_at(request.clock))))
        return Response(stored.status, headers, stored.content, request=request)

    def _forget(self, url: str) -> None:
        with self._lock:
            ids = [id for partition, ids in self._places.items() if partition[0] == url for id in ids]
        self._remove(*ids)

    def _remove(self, *ids: UUID) -> None:
        with self._lock:
            for id in ids:
                self._drop(id)

    def _drop(self, id: UUID) -> None:
        stored = self._stored.pop(id, None)
        if stored is not None:
            self._size -= stored.size
            ids = self._places[stored.partition]
            ids.remove(id)
            if not ids:
                del self._places[stored.partition]


async def _send(request: Request, call_next: Handler, headers: Any) -> Response:
    """Send the request with the conditions that hishel set, and remove them afterwards."""
    conditions = [name for name in ("If-None-Match", "If-Modified-Since") if name in headers]
    for name in conditions:
        # Without the check of `Headers`: the server gets back the value it sent.
        request.headers.fields[name.lower()] = (name, headers[name])
    try:
        return await call_next(request)
    finally:
        for name in conditions:
            request.headers.pop(name, None)


def _judged(stored: _Stored, clock: Clock) -> Headers:
    """Return header fields from which hishel computes the right age and lifetime.

    hishel subtracts ``Date`` from the local clock, which is wrong by the difference of the two clocks, and guesses a
    lifetime where the response has none.
    """
    headers, lifetime = stored.headers.copy(), _lifetime(stored.headers)
    headers.fields["date"] = ("Date", formatdate(time.time() - stored.age_at(clock), usegmt=True))
    control = headers.get("cache-control", "")
    if lifetime is None:
        control = f"{control}, no-cache"
    elif not _MAX_AGE(control):
        control = f"{control}, max-age={int(lifetime)}"
    headers.fields["cache-control"] = ("Cache-Control", control.removeprefix(", "))
    headers.pop("expires", None)
    return headers


def _lifetime(headers: Headers) -> float | None:
    """Return the lifetime in seconds by ``Expires``; 0 if there is a ``max-age``, None if there is neither."""
    if _MAX_AGE(headers.get("cache-control", "")):
        return 0.0
    if "expires" not in headers:
        return None
    expires, sent = http_date(headers["expires"]), http_date(headers.get("date", ""))
    return max(0.0, expires - sent) if expires is not None and sent is not None else 0.0


def _to_hishel(headers: Headers) -> Any:
    secret = headers.copy()
    secret.drop_secrets()
    if len(secret.get("cache-control", "")) > _LONGEST_CONTROL:  # hishel's parser takes quadratic time
        secret.fields["cache-control"] = ("Cache-Control", "no-store")
    return _hishel().Headers({name: list(field[1:]) for name, field in secret.fields.items()})


def _hishel() -> Any:
    try:
        import hishel
    except ImportError:
        pass
    else:
        return hishel
    raise ConfigurationError("CacheMiddleware needs hishel: pip install 'asdk[cache]'")
