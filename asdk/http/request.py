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


@attrs.define(eq=False)
class CallState:
    """What a call knows besides its requests. Shared by all attempts, and kept apart from what goes on the wire.

    Attributes:
        deadline: when the call must be over, in monotonic seconds of its clock; None for never. Set at the first send.
        attempts: the current attempt, from 1. A resend after a 401 is not counted; a redirect starts over.
        history: the attempts before this one.
        redirects: how many redirects were followed.
        urgent: whether it skips the queue for a connection: true of token requests, which that queue may wait for.
        credentials: what was presented with the last attempt; private to the middleware that presented it.
        reauthenticated: whether it was already sent again after a 401, which happens once per call.
        quota: the retry quota of the call's client, for retries above the middleware when a body breaks.
    """

    deadline: float | None = None
    attempts: int = 1
    history: tuple[FailedAttempt, ...] = ()
    redirects: int = 0
    urgent: bool = False
    credentials: object = None
    reauthenticated: bool = False
    quota: Quota | None = None
    _id: str | None = None

    @property
    def id(self) -> str:
        """Return the id that names this call in the logs of this process. Made at first use; never sent."""
        if self._id is None:
            self._id = f"{_prefix}{next(_counter):x}"
        return self._id


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
        idempotent: whether it means the same when it is sent twice.
        sign: called by a transport that let the request wait for a connection, to bring its credentials up to date.
        secrets: what was opened to write the body.
        state: what the call knows besides this request, shared by its attempts.
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
    idempotent: bool = False
    sign: Callable[[Request], None] | None = None
    secrets: Sequence[Secret] = ()
    state: CallState = attrs.field(factory=CallState)

    @property
    def id(self) -> str:
        """Return the id that names this call in the logs of this process. Never sent."""
        return self.state.id

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
        deadline = self.state.deadline
        return None if deadline is None else deadline - self.clock.monotonic()

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
