"""All exceptions that asdk raises. Built from plain values: each one pickles and contains no request, socket or secret.

    AsdkError
      ConfigurationError                 invalid settings; raised while a client is built
      ClientClosedError                  a call on a client that was closed
      InvalidRequestError(ValueError)    invalid arguments of a call; nothing was sent
      TokenError                         no usable token
        TokenRefusedError                  permanent: the token endpoint refused
        TokenUnavailableError              transient: the endpoint was unreachable, or said "later"
      TransportError                     no complete response
        ConnectError, TLSError
          ProxyAuthenticationError         wrong user name or password for the proxy
        RequestTimeoutError(TimeoutError)
          DeadlineExceededError, PoolTimeoutError
        ProtocolError
          ResponseTooLargeError
        CircuitOpenError
      StatusError                        a response with an error status
        BadRequestError 400, AuthenticationError 401, PermissionDeniedError 403, NotFoundError 404,
        ConflictError 409, GoneError 410, PreconditionFailedError 412, UnprocessableError 422, RateLimitError 429
        ServerError 5xx, RedirectError 3xx, NotModifiedError 304
      DecodeError                        a body that does not match the model; has the path
      PaginationError, StreamError, IntegrityError
      WebhookError                       a request that reached us is not authentic, or too old

Transports raise `TransportError`, `TokenSource` raises `TokenError`, and `BaseClient` raises the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, Final, Self, TypedDict, TypeVar

from typing_extensions import TypeForm, Unpack

from asdk.redaction import printable

#: Statuses that are worth a retry, by RFC 9110 and common practice.
RETRYABLE_STATUSES: Final[frozenset[int]] = frozenset({408, 429, 500, 502, 503, 504})

#: Number of bytes of a response body that an error keeps.
ERROR_BODY_LIMIT: Final = 64 * 1024


T = TypeVar("T")
ErrorT = TypeVar("ErrorT", bound="AsdkError")


def describe_type(value: object) -> str:
    """Describe the type of an invalid argument for an error message: "str", or "the class FileTokenStore"."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def did_you_mean(unknown: Iterable[object], known: Iterable[str]) -> str:
    """Return the end of an error message about unknown names: the names that were probably meant, else all known ones.

    Args:
        unknown: the names that were given.
        known: the names that exist.
    """
    from difflib import get_close_matches

    choices = {name.lower(): name for name in sorted(known)}
    meant = [
        choices[found]
        for name in sorted(map(str, unknown))
        for found in get_close_matches(name.lower(), choices, n=1, cutoff=0.7)
    ]
    if meant:
        return f"did you mean {', '.join(map(repr, dict.fromkeys(meant)))}?"
    return f"known are {', '.join(choices.values())}" if choices else "none are known"


class ErrorFields(TypedDict, total=False):
    """Attributes that an error may be built with. An omitted one is unknown."""

    method: str | None
    template: str | None
    status: int | None
    request_id: str | None
    retry_after: float | None
    attempts: int
    cause: str | None
    code: str | None
    problem: Mapping[str, Any] | None
    body: bytes | Callable[[], bytes]
    path: str | None
    sent: bool
    limit: str
    certificate: bool
    needed_for: str | None
    hint: str | None
    location: str
    transient: bool
    answered: bool
    endpoint_missing: bool


class AsdkError(Exception):
    """Base class of all asdk exceptions.

    Attributes:
        message: what happened, without the method, template and status.
        method: the HTTP method of the call; None if the error did not occur in a call.
        template: the path template of the call, such as ``"/users/{id}"``.
        status: the status code of the response, if there was one.
        request_id: the request ID that the server assigned, if any.
        retry_after: seconds to wait before the next request, if the server named a time.
        attempts: how many times the request was sent.
        cause: type and text of the third-party exception that caused this error, if any.
        needed_for: the call that needed the token, if method and template are those of the token request.
        hint: what to do about it, if the server's message does not say.
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

    def __init__(self, message: str, **fields: Unpack[ErrorFields]) -> None:
        super().__init__(message)
        self.message: str = message
        self.__dict__.update(fields)

    def __str__(self) -> str:
        prefix = " ".join(str(part) for part in (self.status, self.method, self.template) if part)
        line = f"{prefix}: {self.message}" if prefix else self.message
        if self.hint is not None:
            line = f"{line.removesuffix('.')}; {self.hint}"
        notes = []
        if self.attempts > 1:
            notes.append(f"{self.attempts} attempts")
        if self.request_id is not None:
            notes.append(f"request {self.request_id}")
        if self.needed_for is not None:
            notes.append(f"needed for {self.needed_for}")
        return printable(f"{line} ({', '.join(notes)})" if notes else line)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    @property
    def retryable(self) -> bool:
        """Return True if the same call may succeed later, unchanged."""
        return self._retryable

    def copy(self) -> Self:
        """Return a new error with the same attributes, for one of several callers that share a failure."""
        return _rebuild(type(self), self.message, self.__dict__.copy())

    def convert_to(self, cls: type[ErrorT], *, message: str | None = None, **fields: Unpack[ErrorFields]) -> ErrorT:
        """Convert this error to another class, such as an API's own.

        Args:
            cls: the class to convert to.
            message: what happened, in other words; left out, those of this error.
            fields: attributes to replace or add.

        Returns:
            A new error with this error's attributes.
        """
        words = self.message if message is None else message
        return _rebuild(cls, words, {**self.__dict__, "message": words, **fields})

    def __reduce__(self) -> tuple[Any, ...]:
        body = self.__dict__.get("body")
        if callable(body):
            self.__dict__["body"] = body()
        return _rebuild, (type(self), self.message, self.__dict__.copy())


class _Body:
    """The attribute ``body``: bytes, or a function that returns them, which is called when they are first read.

    The function is the only one to know the body as it came and the secrets of the request: no attribute of an error
    contains either.
    """

    def __get__(self, error: AsdkError | None, owner: type[AsdkError]) -> bytes:
        body: bytes | Callable[[], bytes] = b"" if error is None else error.__dict__.get("body", b"")
        if error is not None and callable(body):
            body = error.__dict__["body"] = body()
        assert isinstance(body, bytes)
        return body

    def __set__(self, error: AsdkError, body: bytes | Callable[[], bytes]) -> None:
        error.__dict__["body"] = body


def _rebuild(cls: type[ErrorT], message: str, fields: dict[str, Any]) -> ErrorT:
    # Bypasses __init__, whose signature a subclass may change.
    error = cls.__new__(cls, message)
    error.args = (message,)
    error.__dict__.update(fields)
    if "__notes__" in fields:  # `add_note` appends to a list: each copy needs its own
        error.__notes__ = list(fields["__notes__"])
    return error


class ConfigurationError(AsdkError):
    """Settings that a client cannot be built from. The message names each place that was checked."""


class ClientClosedError(AsdkError):
    """A call on a client that was closed. It is usable again after ``async with``.

    Attributes:
        sent: False for a call that began after the client was closed; True if it was in flight, so that the server may
            have processed it.
    """

    sent: bool = False


class InvalidRequestError(AsdkError, ValueError):
    """Arguments of a call that do not make a valid request.

    Nothing was sent, except where reading the body failed midway: then part of it was sent, and it is not retried.
    """


class TokenError(AsdkError):
    """No usable token for a call. The call itself was not sent.

    Attributes:
        code: the error code of the token endpoint, such as ``"invalid_grant"``, if it sent one.
    """

    code: str | None = None


class TokenRefusedError(TokenError):
    """A credential that the token endpoint refused. A retry cannot succeed until the credential changes."""


class TokenUnavailableError(TokenError):
    """No token within the deadline of a call: the endpoint failed, or asked to wait ``retry_after`` seconds.

    Attributes:
        endpoint_missing: whether the URL may be wrong: nothing answered there, or nothing that is a token endpoint.
    """

    _retryable = True
    endpoint_missing: bool = False


class TransportError(AsdkError):
    """A request that received no complete response.

    Attributes:
        sent: False if certainly no byte of the request reached the server.
    """

    _retryable = True
    sent: bool = True


class ConnectError(TransportError):
    """A failed connection: the name did not resolve, or the server or proxy refused or did not answer in time."""

    sent: bool = False


class ProxyAuthenticationError(ConnectError):
    """A proxy that requires other credentials than those in its URL. It is not tried again."""

    _retryable = False


class TLSError(TransportError):
    """A failed TLS handshake, or a server certificate that is not trusted.

    Attributes:
        certificate: True if the certificate was the reason; such a failure is never retried.
    """

    certificate: bool = False
    sent: bool = False

    @property
    def retryable(self) -> bool:
        """Return True unless the certificate was the reason: the network may break a handshake."""
        return not self.certificate


class RequestTimeoutError(TransportError, TimeoutError):
    """A timeout.

    Attributes:
        limit: the limit of `Timeout` that expired: ``"connect"``, ``"attempt"``, ``"idle"`` or ``"total"``.
    """

    limit: str = "attempt"


class DeadlineExceededError(RequestTimeoutError):
    """The total timeout of a call, which covers queueing, token, attempts, waits and body."""

    _retryable = False
    limit: str = "total"


class PoolTimeoutError(RequestTimeoutError):
    """The total timeout of a call that was waiting for a free connection of the pool. Nothing was sent."""

    _retryable = False
    limit: str = "total"
    sent: bool = False


class ProtocolError(TransportError):
    """A peer that disconnected early, or whose response is not valid HTTP.

    Attributes:
        answered: True if the response came whole and cannot be read, such as invalid gzip. It is not retried: the
            server acted on the request, and would most likely answer the same again.
    """

    answered: bool = False

    @property
    def retryable(self) -> bool:
        """Return True unless the server answered."""
        return not self.answered


class ResponseTooLargeError(ProtocolError):
    """A response larger than the limit. Reading stopped there."""

    answered: bool = True


class CircuitOpenError(TransportError):
    """An open circuit breaker for the origin. Nothing was sent; a probe is allowed in ``retry_after`` seconds."""

    sent: bool = False


class StatusError(AsdkError):
    """A response with an error status.

    Attributes:
        status: the status code.
        code: the API's error code, if the body contains one.
        problem: the members of an ``application/problem+json`` body (RFC 9457), else None.
        body: the first 64 KiB of the body.
    """

    status: int = 0  # pyright: ignore[reportIncompatibleVariableOverride]
    code: str | None = None
    problem: Mapping[str, Any] | None = None
    body: _Body = _Body()

    @property
    def retryable(self) -> bool:
        """Return True if the status is one that is worth a retry."""
        return self.status in RETRYABLE_STATUSES

    @property
    def data(self) -> Any:
        """Return the body as parsed JSON, or None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def decode(self, model: TypeForm[T]) -> T:
        """Return the body as a typed value, such as an API's own model of its errors.

        Args:
            model: a type, as for `BaseClient.request`.

        Raises:
            DecodeError: the body is not JSON, was cut off at 64 KiB or hidden because it contains a secret, or does not
                match the model.
        """
        # By name, since errors are below models, and a process may have unpickled this one without them.
        decoding: Any = import_module("asdk.models.decoding")
        decoded: T = decoding.decoder_for(model)(self.body)
        return decoded

    @classmethod
    def for_status(cls, status: int) -> type[StatusError]:
        """Return the error class for a status."""
        return _BY_STATUS.get(status) or (ServerError if status >= 500 else StatusError)


class RedirectError(StatusError):
    """3xx: a redirect that was not followed; the message says why.

    Attributes:
        location: the target, without query, fragment and credentials.
    """

    location: str = ""


class NotModifiedError(StatusError):
    """304: the resource is still the one whose entity tag was in ``if_none_match``."""


class BadRequestError(StatusError):
    """400: the server did not understand the request."""


class AuthenticationError(StatusError):
    """401: the server did not accept the credentials, not even after a refresh of the token."""


class PermissionDeniedError(StatusError):
    """403: the credentials are valid, but lack the permission."""


class NotFoundError(StatusError):
    """404: the resource does not exist, or is hidden from this caller."""


class ConflictError(StatusError):
    """409: the request conflicts with the current state of the resource."""


class GoneError(StatusError):
    """410: the resource existed and was removed."""


class PreconditionFailedError(StatusError):
    """412: the resource was changed since the entity tag in ``if_match`` was read; read it again."""


class UnprocessableError(StatusError):
    """422: the request is well-formed, but its values are invalid; ``body`` or ``problem`` says which."""


class RateLimitError(StatusError):
    """429: too many requests; ``retry_after`` is the time to wait, if the server named one."""


class ServerError(StatusError):
    """5xx: the server failed."""


_BY_STATUS: dict[int, type[StatusError]] = {
    304: NotModifiedError,
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    412: PreconditionFailedError,
    422: UnprocessableError,
    429: RateLimitError,
}


class DecodeError(AsdkError):
    """A body that is not JSON, or does not match the model.

    Attributes:
        path: the location of the mismatch, such as ``"items[3].updated_at"``; None if the body is not JSON.
        body: the start of the body, if it is not JSON.
    """

    path: str | None = None
    body: _Body = _Body()


class PaginationError(AsdkError):
    """An iteration over pages that cannot continue: a cursor was repeated, or the next page is on another origin."""


class StreamError(AsdkError):
    """A stream that reported an error, or violated its own format.

    Attributes:
        code: the API's error code, if the stream reported one.
        body: the event that reported it, up to 64 KiB.
        transient: True if the stream may succeed when it is opened again.
    """

    code: str | None = None
    body: _Body = _Body()
    transient: bool = False

    @property
    def retryable(self) -> bool:
        """Return True if the stream reported a transient error."""
        return self.transient


class IntegrityError(AsdkError):
    """A transfer whose length or digest differs from the one that the server announced."""


class WebhookError(AsdkError):
    """A request that reached us was not signed by the API, or not recently; see `asdk.webhooks`."""
