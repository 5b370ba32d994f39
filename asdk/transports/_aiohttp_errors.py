"""The mapping from exceptions of aiohttp, the operating system and ssl to asdk's errors.

Used by `asdk.transports.aiohttp`. No other module knows those exceptions.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, TypeAlias

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from asdk.errors import (
    AsdkError,
    ConnectError,
    DeadlineExceededError,
    InvalidRequestError,
    ProtocolError,
    ProxyAuthenticationError,
    RequestTimeoutError,
    ResponseTooLargeError,
    TLSError,
    TransportError,
)
from asdk.http.request import Request
from asdk.redaction import show
from asdk.transports import _aiohttp_quirks as quirks

#: Exceptions that aiohttp's client raises. Anything else is a bug and propagates unchanged.
AIOHTTP_ERRORS = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, RuntimeError)

# How many characters of a foreign exception's text an error keeps: the text may quote garbage that a server sent.
_CAUSE_LIMIT = 300


def annotate(error: AsdkError, request: Request, reply: aiohttp.ClientResponse | None = None) -> AsdkError:
    """Add the facts of a request to its error, and those of a response that came whole. Return the error."""
    if reply is not None and isinstance(error, ProtocolError) and error.answered:
        error.status = reply.status
    error.method, error.template, error.attempts = request.method, request.template, request.state.attempts
    return error


def timeout_error(request: Request, cancelled: asyncio.CancelledError) -> RequestTimeoutError:
    """Return the error for an attempt that was cancelled by the deadline of the call or by its own limit."""
    timeout, left, sent = request.options.timeout, request.remaining(), not quirks.was_connecting(cancelled)
    quirks.release_frames(cancelled)
    if left is not None and left <= 0.001:
        return DeadlineExceededError(f"the call exceeded timeout.total of {timeout.total} s", sent=sent)
    return RequestTimeoutError(
        f"the attempt exceeded timeout.attempt of {timeout.attempt} s", limit="attempt", sent=sent
    )


def convert_error(error: Exception, request: Request) -> AsdkError:
    """Return the error of asdk for an exception, without aiohttp's frames.

    Raises:
        AttributeError: the exception is a bug.
    """
    if isinstance(error, AsdkError):
        error.message = show(error.message, request)  # it may quote a header
        error.args = (error.message,)
        return error.with_traceback(None)
    if isinstance(error, AttributeError) and not quirks.is_broken_at_start(error):
        raise error
    if isinstance(error.__cause__, InvalidRequestError):  # the body of the request could not be read
        what, separator, reason = error.__cause__.message.partition(": ")
        message = f"{what}{separator}{show(reason, request, limit=_CAUSE_LIMIT)}"
        error.__cause__ = None
        quirks.release_frames(error)
        return InvalidRequestError(message)
    cause = _describe(error, request)
    make = next((make for classes, make in _ERRORS if isinstance(error, classes)), _failed)
    if make in (_broken, _invalid_response) and quirks.was_connecting(error):
        make = _connect  # a proxy failed to open a tunnel
    elif make is _invalid_response and quirks.is_too_large_head(error):
        make = _head_too_large
    quirks.release_frames(error)
    return make(cause)


def _describe(error: Exception, request: Request) -> str:
    """Return class and text in one line, without secrets, and with the template in place of the URL."""
    text = f"{type(error).__name__}: {error}".replace(request.url, request.template)
    return show(text, request, limit=_CAUSE_LIMIT)


def _certificate(cause: str) -> TLSError:
    return TLSError(f"the server's certificate was rejected ({cause})", cause=cause, certificate=True)


def _handshake(cause: str) -> TLSError:
    return TLSError(f"the TLS handshake failed ({cause})", cause=cause)


def _connect(cause: str) -> ConnectError:
    return ConnectError(f"could not connect ({cause})", cause=cause)


def _proxy(cause: str) -> ConnectError:
    if cause.startswith("ClientHttpProxyError: 407"):
        return ProxyAuthenticationError(f"the proxy rejected its user name or password ({cause})", cause=cause)
    return _connect(cause)


def _connect_timeout(cause: str) -> RequestTimeoutError:
    return RequestTimeoutError("could not connect within timeout.connect", cause=cause, sent=False, limit="connect")


def _idle(cause: str) -> RequestTimeoutError:
    return RequestTimeoutError("no data arrived for timeout.idle seconds", cause=cause, limit="idle")


def _broken(cause: str) -> ProtocolError:
    return ProtocolError(f"the server closed the connection before the response was complete ({cause})", cause=cause)


def _invalid_response(cause: str) -> ProtocolError:
    return ProtocolError(f"the server sent an invalid HTTP response ({cause})", cause=cause)


def _head_too_large(cause: str) -> ResponseTooLargeError:
    return ResponseTooLargeError(
        f"the head of the response is too large (head of response_limits=) ({cause})", cause=cause
    )


def _failed(cause: str) -> TransportError:
    return TransportError(f"the request failed ({cause})", cause=cause)


def _bad_url(cause: str) -> InvalidRequestError:
    return InvalidRequestError(f"the URL is invalid ({cause})", cause=cause)


_MakeError: TypeAlias = Callable[[str], TransportError | InvalidRequestError]

# The first match counts: a subclass comes before its base.
_ERRORS: tuple[tuple[Any, _MakeError], ...] = (
    (
        (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch, ssl.SSLCertVerificationError),
        _certificate,
    ),
    ((aiohttp.ClientSSLError, ssl.SSLError), _handshake),
    (aiohttp.ConnectionTimeoutError, _connect_timeout),
    (aiohttp.ServerTimeoutError, _idle),
    (aiohttp.ClientHttpProxyError, _proxy),
    (aiohttp.ClientConnectorError, _connect),
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), _bad_url),
    ((aiohttp.ClientResponseError, HttpProcessingError), _invalid_response),
    ((aiohttp.ClientError, OSError, AttributeError), _broken),
)
