"""`Request`: the request of a call on its way from `BaseClient.build_request` through the chain to the transport.

A call builds a new one, and middlewares change it: they set headers. A request is never sent twice concurrently, and no
error refers to one. `CallState` is what the attempts of a call share.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Sequence
from secrets import token_hex

import attrs

from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.concurrency.fork import reset_after_fork
from asdk.http.bodies import Body, digest_body
from asdk.http.headers import SENSITIVE, Headers, PlainStr, UserStr, is_plain_field
from asdk.http.options import Options
from asdk.http.urls import Origin
from asdk.redaction import secrets_of_header
from asdk.retrying import FailedAttempt, Retrying, RetryQuota
from asdk.secret import MaskedStr, Secret


@attrs.define(eq=False)
class CallState:
    """State of a call, shared by the requests of all its attempts and separate from what goes on the wire.

    Attributes:
        deadline: when the call must be over, in monotonic seconds of its clock; None for never. Set at the first send.
        attempts: the number of the current attempt, from 1. A resend after a 401 does not count; a redirect restarts
            at 1.
        history: the attempts before this one.
        redirects: the number of redirects that were followed.
        urgent: whether the call skips the queue for a connection. True for token requests, which calls in that queue
            may be waiting for.
        credentials: the credentials of the last attempt, private to the middleware that sent them.
        reauthenticated: whether the call was already resent after a 401, which happens once per call.
        quota: the retry quota of the client, set for streams: a body that breaks is retried above the middleware.
        retrying: the retries so far, set by a stream or download that sends again after its body broke.
        secrets: the secrets of earlier requests of this call, such as a token that was rejected.
        proxy_authorization: the credentials that were sent to a proxy.
        confined_to: the client's base origin, if a server or a user's data chose the URL: the request must not lead
            nearer to this machine than that origin; see `asdk.http.addresses`.
    """

    deadline: float | None = None
    attempts: int = 1
    history: tuple[FailedAttempt, ...] = ()
    redirects: int = 0
    urgent: bool = False
    credentials: object = None
    reauthenticated: bool = False
    quota: RetryQuota | None = None
    retrying: Retrying | None = None
    secrets: tuple[Secret, ...] = ()
    proxy_authorization: str | None = attrs.field(default=None, repr=False)
    confined_to: Origin | None = None
    _id: str | None = None

    @property
    def id(self) -> str:
        """Return the id that names this call in the logs of this process. Made at first use; never sent."""
        if self._id is None:
            self._id = f"{_prefix}{next(_counter):x}"
        return self._id


@attrs.define(eq=False, repr=False)
class Request:
    """One HTTP request and the options of its call.

    Attributes:
        method: the method, in upper case.
        url: the URL: absolute, percent-encoded, without fragment.
        template: the low-cardinality name in logs and metrics: the path template; the path of an absolute URL on the
            client's own origin, the origin of any other.
        headers: the fields to send. A middleware sets fields and never appends, since a retry sends a copy.
        body: bytes, or a `Body` that is opened once per attempt.
        options: the options of the client, its copy and the call, merged.
        same_origin: whether the URL is on a trusted origin: that of the base URL, or of one of the ``servers``. Only
            trusted origins get token, tenant and the headers of the client.
        authenticate: whether the request needs a token; never true for another origin.
        stream: whether to leave the body of the response unread.
        clock: the clock that measures the deadline and every wait of this call.
        idempotent: whether sending the request twice has the same effect as sending it once.
        on_send: the client's steps that run just before the request is sent, such as the one that writes the token: a
            fixed tuple of synchronous functions that set headers and may run twice; empty for another origin. The last
            link of the chain runs them; a transport in which the request waited for a connection runs them again.
        secrets: the secrets that were revealed to write the body.
        own_headers: for a URL on another origin: that origin, and the names of the header fields that the call itself
            passed for it.
        state: the state of the call, shared by its attempts.
    """

    method: str
    url: str = attrs.field(repr=False)  # rich shows the fields of attrs classes despite a __repr__
    template: str
    headers: Headers = attrs.field(repr=False)
    body: bytes | Body | None = attrs.field(default=None, repr=False)
    options: Options = Options()
    same_origin: bool = True
    authenticate: bool = True
    stream: bool = False
    clock: Clock = SYSTEM_CLOCK
    idempotent: bool = False
    on_send: tuple[Callable[[Request], None], ...] = ()
    secrets: Sequence[Secret] = ()
    own_headers: tuple[Origin, frozenset[str]] | None = None
    state: CallState = attrs.field(factory=CallState)

    @property
    def id(self) -> str:
        """Return the id that names this call in the logs of this process. Never sent."""
        return self.state.id

    @property
    def replayable(self) -> bool:
        """Return whether the body, if there is one, can be sent again."""
        return not isinstance(self.body, Body) or self.body.replayable

    async def body_digest(self, algorithm: str = "sha256") -> bytes | None:
        """Return the digest of the body as it will be sent; None for an iterator, which can be read only once.

        A file is read for it once more, without progress reports. An empty body has a digest too.

        Args:
            algorithm: a name that `hashlib` knows.

        Raises:
            ValueError: the algorithm is unknown.
            InvalidRequestError, OSError: the body could not be read.
        """
        return await digest_body(self.body, algorithm)

    def sent_secrets(self) -> list[str]:
        """Return the secrets that this call has sent in plain text, for `asdk.redaction`: a server may echo them."""
        found = [secret.reveal() for secret in (*self.secrets, *self.state.secrets)]
        tenant = self.options.tenant
        plain = {self.options.idempotency_key, *(() if tenant is None else attrs.astuple(tenant))}
        found += _secrets_in(self.headers, plain)
        if self.state.proxy_authorization is not None:
            found += secrets_of_header(str(self.state.proxy_authorization), sensitive=True)
        return found

    def remember_secrets(self) -> None:
        """Keep what this request has sent, for the errors of the requests that follow it in this call."""
        known = dict.fromkeys([*self.state.secrets, *map(Secret, self.sent_secrets())])
        self.state.secrets = tuple(known)

    def copy(self) -> Request:
        """Return a copy with a state of its own, for another call: the rest of a download, or a stream that reopens.

        The body is shared and can be opened again only if it is replayable.
        """
        return Request(
            self.method,
            self.url,
            self.template,
            self.headers.copy(),
            self.body,
            self.options,
            self.same_origin,
            self.authenticate,
            self.stream,
            self.clock,
            idempotent=self.idempotent,
            on_send=self.on_send,
            secrets=self.secrets,
            own_headers=self.own_headers,
            state=CallState(confined_to=self.state.confined_to),
        )

    def next_attempt(self) -> Request:
        """Return a copy for the next attempt of the same call, with headers of its own and the same state."""
        return attrs.evolve(self, headers=self.headers.copy())

    def remaining(self) -> float | None:
        """Return the seconds until the deadline, negative after it; None without a deadline."""
        deadline = self.state.deadline
        return None if deadline is None else deadline - self.clock.monotonic()

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.template}>"


def _secrets_in(headers: Headers, plain: Container[str | None]) -> Iterator[str]:
    """Yield the secrets in header fields: credentials, and values of the user that may be keys.

    Args:
        headers: the fields.
        plain: values that are not secrets, such as the tenant.
    """
    for key, field in headers.fields.items():
        for value in field[1:]:
            if key in SENSITIVE or (isinstance(value, MaskedStr) and not isinstance(value, UserStr)):
                yield from secrets_of_header(str(value), sensitive=True)
            elif not (value in plain or isinstance(value, PlainStr) or is_plain_field(key)):
                yield from secrets_of_header(str(value), sensitive=False)


_prefix = token_hex(4) + "-"
_counter = itertools.count(1)


def _reset_prefix() -> None:
    # A forked child inherits the parent's counter. If it kept the parent's prefix too, both would make the same ids.
    global _prefix  # noqa: PLW0603
    _prefix = token_hex(4) + "-"


reset_after_fork(_reset_prefix)
