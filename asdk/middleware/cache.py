"""A response cache (RFC 9111) that is private to one client: fresh answers without a request, stale ones revalidated.

The rules are hishel's, whose state machine does no I/O and knows no HTTP library; what is stored, for whom and how much
is decided here. Given to a client as ``middleware=[CacheMiddleware()]``; needs the extra ``cache``.
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

#: Whose a response is: the URL, the client, the tenant, whether it was authenticated, and the call's own secrets.
Partition: TypeAlias = tuple[str, int, Tenant | None, bool, bytes]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

# A failure is never stored, though the standard lets a cache keep some.
_STORED_STATUSES = frozenset({200, 203})

# A caller who sends one of these has a cache of his own, or wants a part.
_CALLERS_OWN = ("range", "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range")

_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=", re.IGNORECASE).search
_NO_STORE = re.compile(r"(?:^|,)\s*no-store\s*(?:,|$)", re.IGNORECASE).search


@attrs.frozen
class _Arrival:
    """What a response says of itself, and when it did.

    Attributes:
        headers: with a Date, in any case.
        age: how old it was then, in seconds (RFC 9111, section 4.2.3).
        moment: when it came, on the monotonic and on the wall clock.
    """

    headers: Headers
    age: float
    moment: tuple[float, float]

    @classmethod
    def of(cls, response: Response, clock: Clock) -> _Arrival:
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
    """A response that is kept.

    Attributes:
        vary: the fields of the request that the server chose it by, and their values.
        age: how old it was at that moment; see `_Arrival`.
        moment: when it came, or was last confirmed.
    """

    partition: Partition
    vary: dict[str, str | None]
    status: int
    headers: Headers
    content: bytes
    age: float
    moment: tuple[float, float]
    id: UUID = attrs.field(factory=uuid4)

    @property
    def size(self) -> int:
        return len(self.content) + sum(len(name) + len(value) for name, value in self.headers.multi_items())

    def age_at(self, clock: Clock) -> float:
        """By the clock that went further: one may stand still while a machine sleeps, the other may be turned back."""
        monotonic, wall = self.moment
        return self.age + max(0.0, clock.monotonic() - monotonic, clock.time() - wall)


class CacheMiddleware:
    """Keeps responses to GET in memory and uses them again as ``Cache-Control``, ``Expires``, ``ETag`` and
    ``Last-Modified`` allow.

    One response is kept for one client with its copies, so for one credential, and within it by URL, tenant, the secret
    headers of the call, and what ``Vary`` names. A failure is never kept, nor a stream. A response that says nothing of
    its freshness is revalidated each time, never guessed about. Anything but GET, HEAD and OPTIONS that succeeds
    removes what is kept under its URL.

    Args:
        max_entries: how many responses are kept at most; the one used longest ago goes first.
        max_bytes: how large they may be together. One that would take more than an eighth of it is not kept.

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
        # The rest of the chain stands for the client and its credential; its copies share it.
        self._chains: weakref.WeakKeyDictionary[Handler, int] = weakref.WeakKeyDictionary()
        self._numbers = itertools.count()
        self._salt = secrets.token_bytes(16)

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        if request.method not in _SAFE:
            response = await call_next(request)
            if response.status < 400:
                self._forget(request.url)
            return response
        own = any(name in request.headers for name in _CALLERS_OWN)
        if request.method != "GET" or request.stream or own or _NO_STORE(request.headers.get("Cache-Control", "")):
            return await call_next(request)
        return await self._answer(request, call_next)

    async def _answer(self, request: Request, call_next: Handler) -> Response:
        rfc, clock = self._rfc, request.clock
        partition = self._partition(request, call_next)
        asked = request.headers.copy()  # further down, others add to them
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

    # --- what is kept -----------------------------------------------------------------------------------------------

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
            if name not in keep:  # a field that is for this one connection
                del headers[name]
        names = [name.strip().lower() for name in ",".join(headers.getall("vary")).split(",") if name.strip()]
        is_of_use = _lifetime(headers) is not None or "etag" in headers or "last-modified" in headers
        vary = {name: asked.get(name) for name in names}
        made = _Stored(partition, vary, response.status, headers, response.content, news.age, news.moment)
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
        """Take over what a 304 says anew (RFC 9111, section 3.2)."""
        headers = stored.headers.copy()
        for name in news.headers:
            if name in merged and news.headers[name] == merged[name]:
                headers.fields[name.lower()] = news.headers.fields[name.lower()]
        with self._lock:
            if stored.id in self._stored:
                self._size -= stored.size
            stored.headers, stored.age, stored.moment = headers, news.age, news.moment
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
    """Send the request, with the conditions that hishel set, which are taken off again."""
    conditions = [name for name in ("If-None-Match", "If-Modified-Since") if name in headers]
    for name in conditions:
        # Past the check of `Headers`: the server gets back what it sent.
        request.headers.fields[name.lower()] = (name, headers[name])
    try:
        return await call_next(request)
    finally:
        for name in conditions:
            request.headers.pop(name, None)


def _judged(stored: _Stored, clock: Clock) -> Headers:
    """The fields by which hishel judges a response, so that it comes to the age and lifetime that are right.

    hishel subtracts ``Date`` from the machine's clock, which is wrong by as much as the two machines differ, and
    guesses a lifetime where none is named.
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
    """For how many seconds the server says that its response is good, by ``Expires``; 0 where ``max-age`` says it, and
    None where nothing does."""
    if _MAX_AGE(headers.get("cache-control", "")):
        return 0.0
    if "expires" not in headers:
        return None
    expires, sent = http_date(headers["expires"]), http_date(headers.get("date", ""))
    return max(0.0, expires - sent) if expires is not None and sent is not None else 0.0


def _to_hishel(headers: Headers) -> Any:
    secret = headers.copy()
    secret.drop_secrets()
    return _hishel().Headers({name: list(field[1:]) for name, field in secret.fields.items()})


def _hishel() -> Any:
    try:
        import hishel
    except ImportError:
        pass
    else:
        return hishel
    raise ConfigurationError("the response cache needs hishel: pip install 'asdk[cache]'")
