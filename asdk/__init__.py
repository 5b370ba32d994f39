"""asdk: an async-first foundation for Python SDKs. Subclass `BaseClient`, write one-line methods, get the rest.

This file holds exports alone, resolved when they are first used: ``import asdk`` loads no aiohttp, no extra and no
client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk._version import __version__
from asdk.lazy import lazy_exports

if TYPE_CHECKING:
    from asdk.auth.credentials.base import Credential
    from asdk.auth.credentials.static import ApiKey, BearerToken
    from asdk.auth.source import TokenSource
    from asdk.auth.tokens import Token
    from asdk.bodies import Upload
    from asdk.client import BaseClient
    from asdk.client_options import ClientOptions, RequestArguments
    from asdk.config import Config
    from asdk.errors import (
        AsdkError,
        AuthenticationError,
        BadRequestError,
        CircuitOpenError,
        ConfigurationError,
        ConflictError,
        ConnectError,
        DeadlineExceededError,
        DecodeError,
        GoneError,
        IntegrityError,
        InvalidRequestError,
        NotFoundError,
        PaginationError,
        PermissionDeniedError,
        PoolTimeoutError,
        ProtocolError,
        RateLimitError,
        RedirectError,
        RequestTimeoutError,
        ResponseTooLargeError,
        ServerError,
        StatusError,
        StreamError,
        TLSError,
        TokenError,
        TokenRefusedError,
        TokenUnavailableError,
        TransportError,
        UnprocessableError,
    )
    from asdk.event_stream import EventStream, Reconnect
    from asdk.mapping import Outcome
    from asdk.models import OpenEnum, field, model, tagged
    from asdk.options import CallOptions, Retry, Tenant, TenantHeaders, Timeout, tenant_scope
    from asdk.pagination import Paginator
    from asdk.records import Records
    from asdk.request import Request
    from asdk.resource import Resource, resource
    from asdk.response import Response
    from asdk.secret import Secret
    from asdk.streaming import ServerSentEvent
    from asdk.unset import UNSET

_HOMES = {
    "asdk.auth.credentials.base": ("Credential",),
    "asdk.auth.credentials.static": (
        "ApiKey",
        "BearerToken",
    ),
    "asdk.auth.source": ("TokenSource",),
    "asdk.auth.tokens": ("Token",),
    "asdk.bodies": ("Upload",),
    "asdk.client": ("BaseClient",),
    "asdk.client_options": ("ClientOptions", "RequestArguments"),
    "asdk.config": ("Config",),
    "asdk.mapping": ("Outcome",),
    "asdk.event_stream": ("EventStream", "Reconnect"),
    "asdk.models": (
        "OpenEnum",
        "field",
        "model",
        "tagged",
    ),
    "asdk.unset": ("UNSET",),
    "asdk.options": (
        "CallOptions",
        "Retry",
        "Tenant",
        "TenantHeaders",
        "Timeout",
        "tenant_scope",
    ),
    "asdk.pagination": ("Paginator",),
    "asdk.records": ("Records",),
    "asdk.request": ("Request",),
    "asdk.resource": (
        "Resource",
        "resource",
    ),
    "asdk.response": ("Response",),
    "asdk.secret": ("Secret",),
    "asdk.streaming": ("ServerSentEvent",),
    "asdk.errors": (
        "AsdkError",
        "AuthenticationError",
        "BadRequestError",
        "CircuitOpenError",
        "ConfigurationError",
        "ConflictError",
        "ConnectError",
        "DeadlineExceededError",
        "DecodeError",
        "GoneError",
        "IntegrityError",
        "InvalidRequestError",
        "NotFoundError",
        "PaginationError",
        "PermissionDeniedError",
        "PoolTimeoutError",
        "ProtocolError",
        "RateLimitError",
        "RedirectError",
        "RequestTimeoutError",
        "ResponseTooLargeError",
        "ServerError",
        "StatusError",
        "StreamError",
        "TLSError",
        "TokenError",
        "TokenRefusedError",
        "TokenUnavailableError",
        "TransportError",
        "UnprocessableError",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ApiKey",
    "AsdkError",
    "AuthenticationError",
    "BadRequestError",
    "BaseClient",
    "BearerToken",
    "CallOptions",
    "CircuitOpenError",
    "ClientOptions",
    "Config",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "Credential",
    "DeadlineExceededError",
    "DecodeError",
    "EventStream",
    "GoneError",
    "IntegrityError",
    "InvalidRequestError",
    "NotFoundError",
    "OpenEnum",
    "Outcome",
    "PaginationError",
    "Paginator",
    "PermissionDeniedError",
    "PoolTimeoutError",
    "ProtocolError",
    "RateLimitError",
    "Reconnect",
    "Records",
    "RedirectError",
    "Request",
    "RequestArguments",
    "RequestTimeoutError",
    "Resource",
    "Response",
    "ResponseTooLargeError",
    "Retry",
    "Secret",
    "ServerError",
    "ServerSentEvent",
    "StatusError",
    "StreamError",
    "TLSError",
    "Tenant",
    "TenantHeaders",
    "Timeout",
    "Token",
    "TokenError",
    "TokenRefusedError",
    "TokenSource",
    "TokenUnavailableError",
    "TransportError",
    "UNSET",
    "UnprocessableError",
    "Upload",
    "__version__",
    "field",
    "model",
    "resource",
    "tagged",
    "tenant_scope",
]

__getattr__ = lazy_exports(__name__, _HOME_OF)


def __dir__() -> list[str]:
    return sorted(__all__)
