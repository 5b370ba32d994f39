"""`Request`: what a call is, from `BaseClient.build_request` down the chain to the transport.

Made anew for each call and changed on the way: middlewares set headers, retry counts attempts. It is not sent twice at
once, and it never ends up in an error.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import AnyStr, Protocol

import attrs

from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.http.bodies import Body
from asdk.http.headers import Headers
from asdk.http.options import Options
from asdk.secret import Secret, redact


@attrs.frozen
class FailedAttempt:
    """An attempt that another one followed.

    Attributes:
        reason: the status, or the name of the error.
        wait: seconds that passed before the next one.
    """

    reason: int | str
    wait: float


class Quota(Protocol):
    """How many retries each origin may still be sent; `asdk.retrying` is it."""

    def take(self, origin: str, cost: int) -> bool: ...
    def give(self, origin: str, tokens: int) -> None: ...


@attrs.define(eq=False, repr=False)
class Request:
    """One HTTP request and what its call may take.

    Attributes:
        method: in upper case.
        url: absolute, percent-encoded, without fragment.
        template: the path template, or the path of an absolute URL: the low-cardinality name in logs and metrics.
        headers: fields to send; a middleware sets, never appends, since retry may pass it again.
        body: bytes, or a `Body` that is opened once an attempt.
        options: what the call, the copy of the client and the client say, merged.
        same_origin: whether the URL lies on the client's own origin: only then do token, tenant and cookies go there.
        authenticate: whether it needs a token; never true for another origin.
        stream: leave the body of the response unread.
        clock: measures the deadline and every wait of this call.
        deadline: when the call has to be over, on the clock's monotonic time; None for never. Set when it is first
            sent.
        attempts: which attempt this is, from 1; a resend after a 401 is not counted, a redirect begins anew.
        history: the attempts before this one.
        redirects: how many redirects led here.
        idempotent: whether it means the same when it is sent twice.
        urgent: whether it passes the queue for a connection: a token request, for which that queue may be waiting.
        sign: called by a transport that let the request wait for a connection, to bring its credentials up to date.
        credentials: what was presented with it; the business of whoever did.
        reauthenticated: whether it was already sent again after a 401; that happens once a call.
        secrets: what was opened to write the body.
        quota: of the retries below, for whoever repeats the request above them because its body broke.
    """

    method: str
    url: str
    template: str
    headers: Headers
    body: bytes | Body | None = None
    options: Options = Options()
    same_origin: bool = True
    authenticate: bool = True
    stream: bool = False
    clock: Clock = SYSTEM_CLOCK
    deadline: float | None = None
    attempts: int = 1
    history: tuple[FailedAttempt, ...] = ()
    redirects: int = 0
    idempotent: bool = False
    urgent: bool = False
    sign: Callable[[Request], None] | None = None
    credentials: object = None
    reauthenticated: bool = False
    secrets: Sequence[Secret] = ()
    quota: Quota | None = None
    _id: str | None = None

    @property
    def id(self) -> str:
        """Names this call in the logs of this process; not sent. Made when first asked for."""
        if self._id is None:
            self._id = f"{_prefix}{next(_counter):x}"
        return self._id

    @property
    def replayable(self) -> bool:
        """Whether the body, if there is one, can be sent once more."""
        return not isinstance(self.body, Body) or self.body.replayable

    def redact(self, text: AnyStr) -> AnyStr:
        """The text or bytes without any secret that this request carried: a server may echo what it was sent."""
        return redact(text, [*self.headers.secrets(), *(secret.reveal() for secret in self.secrets)])

    def copy(self) -> Request:
        """The same request, not sent yet: for a call that belongs to this one, such as the rest of a download. The body
        is shared and can be opened again only if it is replayable."""
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
            secrets=self.secrets,
        )

    def remaining(self) -> float | None:
        """Seconds until the deadline, negative after it; None if there is none."""
        return None if self.deadline is None else self.deadline - self.clock.monotonic()

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.template}>"


_prefix = token_hex(4) + "-"
_counter = itertools.count(1)


def _renew_prefix() -> None:
    # A forked child has the parent's counter; with the parent's prefix too, both would give out the same ids.
    global _prefix  # noqa: PLW0603
    _prefix = token_hex(4) + "-"


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_prefix)
