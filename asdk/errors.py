"""Every error asdk raises. Built from plain facts, so each one pickles and holds no request, socket or secret.

    AsdkError
      ConfigurationError                 while a client is built
      InvalidRequestError(ValueError)    bad arguments of a call; nothing was sent
      TokenError                         no usable token
        TokenRefusedError                  permanent: the endpoint said no
        TokenUnavailableError              transient: it could not be asked, or said "later"
      TransportError                     no complete response
        ConnectError, TLSError
        RequestTimeoutError(TimeoutError)
          DeadlineExceededError, PoolTimeoutError
        ProtocolError
          ResponseTooLargeError
        CircuitOpenError
      StatusError                        a response with a status that is not a success
        BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403, NotFoundError 404,
        ConflictError 409, GoneError 410, UnprocessableError 422, RateLimitError 429, ServerError 5xx
        RedirectError 3xx
      DecodeError                        the body is not what the model says; names the path
      PaginationError, StreamError, IntegrityError

The transport raises the TransportErrors, `TokenSource` the TokenErrors, `BaseClient` the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Self, TypedDict, TypeVar

from typing_extensions import Unpack

#: What RFC 9110 and common practice call worth another try, by status.
RETRYABLE_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

#: How much of a response's body an error keeps, in bytes.
ERROR_BODY_LIMIT = 64 * 1024


ErrorT = TypeVar("ErrorT", bound="AsdkError")


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def sanitize(text: str) -> str:
    """A server's words without what would begin another line of a log, or turn a terminal's colours on, and without
    what cannot be printed at all: half a surrogate pair."""
    return " ".join(_CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).split())


def describe_type(value: object) -> str:
    """How a message names a value that is not what was wanted: "a str", or "the class FileTokenStore"."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"


class Facts(TypedDict, total=False):
    """What an error may know. Left out means unknown."""

    method: str | None
    template: str | None
    status: int | None
    request_id: str | None
    retry_after: float | None
    attempts: int
    cause: str | None
    code: str | None
    problem: Mapping[str, Any] | None
    body: bytes
    path: str | None
    sent: bool
    limit: str
    certificate: bool
    needed_for: str | None
    hint: str | None
    location: str
    transient: bool


class AsdkError(Exception):
    """The base of all errors of asdk.

    Attributes:
        message: what happened, without the place.
        method: the HTTP method of the call, or None where no call was under way.
        template: the path template of the call, such as ``"/users/{id}"``.
        request_id: the server's id of the request, if it gave one.
        retry_after: seconds after which the server wants to be asked again, if it said so.
        attempts: how many times the request was sent, 0 if never.
        cause: type and text of the foreign exception behind this error, if there was one.
        needed_for: the call that needed the token, where method and template are those of the token request.
        hint: what to do about it, where the server's words do not say.
    """

    _retryable = False

    method: str | None = None
    template: str | None = None
    status: int | None = None
    request_id: str | None = None
    retry_after: float | None = None
    attempts: int = 0
    cause: str | None = None
    needed_for: str | None = None
    hint: str | None = None

    def __init__(self, message: str, **facts: Unpack[Facts]) -> None:
        super().__init__(message)
        self.message = message
        self.__dict__.update(facts)

    def __str__(self) -> str:
        place = " ".join(str(part) for part in (self.status, self.method, self.template) if part)
        line = f"{place}: {self.message}" if place else self.message
        if self.hint is not None:
            line = f"{line.removesuffix('.')}; {self.hint}"
        notes = []
        if self.attempts > 1:
            notes.append(f"{self.attempts} attempts")
        if self.request_id is not None:
            notes.append(f"request {self.request_id}")
        if self.needed_for is not None:
            notes.append(f"needed for {self.needed_for}")
        return f"{line} ({', '.join(notes)})" if notes else line

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    @property
    def retryable(self) -> bool:
        """Whether the same call, unchanged, may succeed later."""
        return self._retryable

    def copy(self) -> Self:
        """A new error with the same facts: one for each of several callers that share a failure."""
        return _rebuild(type(self), self.message, self.__dict__.copy())

    def convert_to(self, kind: type[ErrorT], **facts: Unpack[Facts]) -> ErrorT:
        """The same failure as an error of another class, such as an API's own.

        Args:
            kind: the class.
            facts: what is different, or said in addition.
        """
        return _rebuild(kind, self.message, {**self.__dict__, **facts})

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.__dict__.copy())


def _rebuild(kind: type[ErrorT], message: str, facts: dict[str, Any]) -> ErrorT:
    # Past __init__, whose signature a subclass is free to change.
    error = kind.__new__(kind, message)
    error.args = (message,)
    error.__dict__.update(facts)
    if "__notes__" in facts:  # what `add_note` keeps is a list: each copy gets its own
        error.__notes__ = list(facts["__notes__"])
    return error


class ConfigurationError(AsdkError):
    """A client cannot be built from what it was given: the message names each place that was looked at."""


class InvalidRequestError(AsdkError, ValueError):
    """The arguments of a call make no request. Nothing was sent, or, where a body could not be read to its end, not all
    of it; that is not repeated."""


class TokenError(AsdkError):
    """There is no usable token for this call. The call itself was not sent."""

    code: str | None = None


class TokenRefusedError(TokenError):
    """The token endpoint refused the credential: trying again changes nothing until the credential changes."""


class TokenUnavailableError(TokenError):
    """No token within the deadline of this call: the endpoint failed, or asked to wait ``retry_after`` seconds."""

    _retryable = True


class TransportError(AsdkError):
    """No complete response came back.

    Attributes:
        sent: False if surely no byte of the request reached the server.
    """

    _retryable = True
    sent: bool = True


class ConnectError(TransportError):
    """No connection: the name did not resolve, or the server or proxy refused or did not answer in time."""

    sent = False


class TLSError(TransportError):
    """The TLS handshake failed, or the server's certificate is not trusted.

    Attributes:
        certificate: True if it is the certificate: that is never tried again.
    """

    certificate: bool = False
    sent = False

    @property
    def retryable(self) -> bool:
        """A handshake may be cut by the network; a certificate stays what it is."""
        return not self.certificate


class RequestTimeoutError(TransportError, TimeoutError):
    """The server took too long.

    Attributes:
        limit: which limit of `Timeout` ran out: ``"connect"``, ``"attempt"``, ``"idle"`` or ``"total"``.
    """

    limit: str = "attempt"


class DeadlineExceededError(RequestTimeoutError):
    """The total time of the call ran out, over queueing, token, attempts, waits and body."""

    _retryable = False
    limit = "total"


class PoolTimeoutError(RequestTimeoutError):
    """The total time of the call ran out while it waited for a free connection of the pool. Nothing was sent."""

    _retryable = False
    limit = "total"
    sent = False


class ProtocolError(TransportError):
    """The peer broke off, or did not speak HTTP."""


class ResponseTooLargeError(ProtocolError):
    """The response is larger than the limit; reading it was stopped."""

    _retryable = False


class CircuitOpenError(TransportError):
    """The circuit breaker of this origin is open; nothing was sent. ``retry_after`` says when it lets a probe
    through."""

    sent = False


class StatusError(AsdkError):
    """The server answered with a status that is not a success.

    Attributes:
        status: the status code.
        code: the API's own name of the error, if the body has one.
        problem: the members of an ``application/problem+json`` body (RFC 9457), else None.
        body: the first 64 KiB of the body.
    """

    status: int = 0  # pyright: ignore[reportIncompatibleVariableOverride]
    code: str | None = None
    problem: Mapping[str, Any] | None = None
    body: bytes = b""

    @property
    def retryable(self) -> bool:
        """Whether the same call, unchanged, may succeed later: by the status."""
        return self.status in RETRYABLE_STATUSES

    @property
    def data(self) -> Any:
        """The body as JSON data; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @classmethod
    def for_status(cls, status: int) -> type[StatusError]:
        """The class of the tree for this status."""
        return _BY_STATUS.get(status) or (ServerError if status >= 500 else StatusError)


class RedirectError(StatusError):
    """3xx with a Location that was not followed; the message says why.

    Attributes:
        location: where it points, without query, fragment and credentials.
    """

    location: str = ""


class BadRequestError(StatusError):
    """400: the server did not understand the request."""


class AuthenticationError(StatusError):
    """401: the server did not accept the credentials, also after one refresh of the token."""


class PermissionDeniedError(StatusError):
    """403: the credentials are known, but may not do this."""


class NotFoundError(StatusError):
    """404: there is no such thing, or this caller may not know of it."""


class ConflictError(StatusError):
    """409: the request does not fit the present state of the thing."""


class GoneError(StatusError):
    """410: the thing existed and is no more."""


class UnprocessableError(StatusError):
    """422: well-formed, but the values are refused; ``body`` or ``problem`` says which."""


class RateLimitError(StatusError):
    """429: too many requests; ``retry_after`` says how long to wait, if the server did."""


class ServerError(StatusError):
    """5xx: the server failed."""


_BY_STATUS: dict[int, type[StatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    422: UnprocessableError,
    429: RateLimitError,
}


class DecodeError(AsdkError):
    """The body is not JSON, or not of the shape that the model describes.

    Attributes:
        path: where, such as ``"items[3].updated_at"``; None if the body as a whole is not JSON.
    """

    path: str | None = None
    body: bytes = b""


class PaginationError(AsdkError):
    """A page walk cannot go on: a cursor came twice, or the next page lies on another origin."""


class StreamError(AsdkError):
    """A stream told of an error, or broke its own format.

    Attributes:
        code: the API's own name of the error, if the stream told of one.
        body: the event that told of it, up to 64 KiB.
        transient: whether the same stream, opened again, may come through.
    """

    code: str | None = None
    body: bytes = b""
    transient: bool = False

    @property
    def retryable(self) -> bool:
        """Whether the same call, unchanged, may succeed later: if the stream said so."""
        return self.transient


class IntegrityError(AsdkError):
    """What was transferred is not what the server announced: length or digest differ."""
