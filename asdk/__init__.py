"""asdk: an async-first foundation for Python SDKs. Subclass `BaseClient` and write one-line methods.

This file has exports alone, resolved at their first use: ``import asdk`` loads no aiohttp, no extra and no client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk._version import __version__ as __version__
from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.auth.credentials.base import Credential as Credential
    from asdk.auth.credentials.static import ApiKey as ApiKey
    from asdk.auth.credentials.static import BearerToken as BearerToken
    from asdk.auth.token import Token as Token
    from asdk.auth.token_source import TokenSource as TokenSource
    from asdk.bulk import Outcome as Outcome
    from asdk.client.base import BaseClient as BaseClient
    from asdk.client.options import ClientOptions as ClientOptions
    from asdk.client.options import RequestArguments as RequestArguments
    from asdk.config import Config as Config
    from asdk.errors import AsdkError as AsdkError
    from asdk.errors import AuthenticationError as AuthenticationError
    from asdk.errors import BadRequestError as BadRequestError
    from asdk.errors import CircuitOpenError as CircuitOpenError
    from asdk.errors import ClientClosedError as ClientClosedError
    from asdk.errors import ConfigurationError as ConfigurationError
    from asdk.errors import ConflictError as ConflictError
    from asdk.errors import ConnectError as ConnectError
    from asdk.errors import DeadlineExceededError as DeadlineExceededError
    from asdk.errors import DecodeError as DecodeError
    from asdk.errors import GoneError as GoneError
    from asdk.errors import IntegrityError as IntegrityError
    from asdk.errors import InvalidRequestError as InvalidRequestError
    from asdk.errors import NotFoundError as NotFoundError
    from asdk.errors import NotModifiedError as NotModifiedError
    from asdk.errors import PaginationError as PaginationError
    from asdk.errors import PermissionDeniedError as PermissionDeniedError
    from asdk.errors import PoolTimeoutError as PoolTimeoutError
    from asdk.errors import PreconditionFailedError as PreconditionFailedError
    from asdk.errors import ProtocolError as ProtocolError
    from asdk.errors import ProxyAuthenticationError as ProxyAuthenticationError
    from asdk.errors import RateLimitError as RateLimitError
    from asdk.errors import RedirectError as RedirectError
    from asdk.errors import RequestTimeoutError as RequestTimeoutError
    from asdk.errors import ResponseTooLargeError as ResponseTooLargeError
    from asdk.errors import ServerError as ServerError
    from asdk.errors import StatusError as StatusError
    from asdk.errors import StreamError as StreamError
    from asdk.errors import TLSError as TLSError
    from asdk.errors import TokenError as TokenError
    from asdk.errors import TokenRefusedError as TokenRefusedError
    from asdk.errors import TokenUnavailableError as TokenUnavailableError
    from asdk.errors import TransportError as TransportError
    from asdk.errors import UnprocessableError as UnprocessableError
    from asdk.errors import WebhookError as WebhookError
    from asdk.http.bodies import Upload as Upload
    from asdk.http.options import CallOptions as CallOptions
    from asdk.http.options import Tenant as Tenant
    from asdk.http.options import TenantHeaders as TenantHeaders
    from asdk.http.options import Timeout as Timeout
    from asdk.http.options import omit_none as omit_none
    from asdk.http.options import tenant_scope as tenant_scope
    from asdk.http.request import Request as Request
    from asdk.http.response import Response as Response
    from asdk.http.response_info import ResponseInfo as ResponseInfo
    from asdk.http.typed_response import TypedResponse as TypedResponse
    from asdk.limits import ResponseLimits as ResponseLimits
    from asdk.middleware.signing import Signer as Signer
    from asdk.models.declaration import OpenEnum as OpenEnum
    from asdk.models.declaration import Tag as Tag
    from asdk.models.declaration import Unknown as Unknown
    from asdk.models.declaration import field as field
    from asdk.models.declaration import model as model
    from asdk.models.declaration import tagged as tagged
    from asdk.pagination import Paginator as Paginator
    from asdk.records.records import Records as Records
    from asdk.resources import Resource as Resource
    from asdk.resources import resource as resource
    from asdk.retrying import Retry as Retry
    from asdk.secret import Secret as Secret
    from asdk.streaming.parsers import ServerSentEvent as ServerSentEvent
    from asdk.streaming.streams import EventStream as EventStream
    from asdk.streaming.streams import Reconnect as Reconnect
    from asdk.unset import UNSET as UNSET
