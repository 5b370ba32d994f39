"""The keywords of a client's constructor and of its calls, typed once for every subclass.

`BaseClient` and its subclasses unpack them: ``**options: Unpack[ClientOptions]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from asdk.auth.credentials.base import Credential
from asdk.auth.stores.base import TokenStore
from asdk.auth.token_source import TokenSource
from asdk.clock import Clock
from asdk.config import Config
from asdk.http.bodies import ContentTypes, Files
from asdk.http.options import CallOptions, Tenant, TimeoutTypes
from asdk.http.redirects import FollowRedirects
from asdk.limits import ResponseLimits
from asdk.middleware.chain import AnyMiddleware
from asdk.retrying import Retry
from asdk.transports.base import Transport

if TYPE_CHECKING:
    from asdk.http.response_info import ResponseInfo
    from asdk.middleware.signing import Signer
    from asdk.middleware.traffic.circuit_breaker import CircuitBreaker
    from asdk.middleware.traffic.concurrency_limit import ConcurrencyLimit
    from asdk.middleware.traffic.rate_limit import RateLimit


class ClientOptions(TypedDict, total=False):
    """The keywords of every client, in addition to its own settings. Left out: the default.

    base_url: the root of the API; wins over the class and the environment.
    servers: URLs of other servers of the API, by name, in addition to those of the class. Their origins are trusted:
        they get token, tenant and headers, as no other origin does.
    host_header: the Host field to send to the base URL, such as for a port forward.
    auth: a `Credential`, or a `TokenSource` to share a token with other clients; None for no token.
    token_store: stores the token and shares it with other processes, such as a `FileTokenStore`; for a credential, not
        for a `TokenSource`, which has its own.
    timeout: seconds for a whole call, or a `Timeout`; None for no limit.
    retry: the `Retry` policy; None for single attempts.
    signer: a `Signer`, which signs each request last; None for none.
    rate_limit: a `RateLimit`, or a `RedisRateLimit` for a fleet; None for no limit.
    concurrency: a `ConcurrencyLimit`; None for no limit. Left out beside a rate limit, as many as ``connections``, so
        that a permit does not wait for a connection.
    circuit_breaker: a `CircuitBreaker`; None for none.
    tenant: the tenant of calls, unless the call, `with_options` or `tenant_scope` names another.
    headers: additional header fields of every request.
    middleware: middlewares that run once per call, outside of retry.
    attempt_middleware: middlewares that run once per attempt, inside of retry.
    transport: sends the requests instead of aiohttp; the client does not close it.
    proxy: URL of the proxy; None for none; left out, the environment decides.
    connections: how many connections an event loop may open, 100 by default; further calls wait for one.
    follow_redirects: ``"same-origin"``, the default; ``"any"`` also to other servers, without body, token, cookies and
        tenant; None for none.
    clock: for every time and wait.
    config: reads the settings; see `BaseClient.from_env`.
    response_limits: the `ResponseLimits` of every call: the size of a body, a head, a line of a stream, and of JSON.
    on_response: called with the `ResponseInfo` of each response, see `CallOptions`.
    allow_insecure_auth: send the token over plain http to another machine too.
    serve_stale: during an outage of the token endpoint, use a token for this many seconds after it expired; 0 by
        default. As `TokenSource` has it.
    resend_lost_refresh: whether to send a single-use refresh token once more if the reply was lost and there is no
        login; True by default. As `TokenSource` has it.
    """

    base_url: str | None
    servers: Mapping[str, str] | None
    host_header: str | None
    auth: Credential | TokenSource | None
    token_store: TokenStore | None
    timeout: TimeoutTypes
    retry: Retry | None
    signer: Signer | None
    rate_limit: RateLimit | None
    concurrency: ConcurrencyLimit | None
    circuit_breaker: CircuitBreaker | None
    tenant: Tenant | None
    headers: Mapping[str, str] | None
    middleware: Sequence[AnyMiddleware]
    attempt_middleware: Sequence[AnyMiddleware]
    transport: Transport | None
    proxy: str | None
    connections: int
    follow_redirects: FollowRedirects
    clock: Clock
    config: Config
    response_limits: ResponseLimits
    on_response: Callable[[ResponseInfo], object] | None
    allow_insecure_auth: bool
    serve_stale: float
    resend_lost_refresh: bool


class RequestArguments(CallOptions, total=False):
    """The parts of a request, in addition to method and template.

    path_params: a value for each parameter of the template; fully percent-encoded.
    params: the query; a name with the value None is left out. A value is a string, a boolean, a number (also a
        `Decimal` or one of numpy), a UUID, a date, a time or an enum member of these; in a query or form also a list.
    json: a model or plain data; None is ``null``.
    form: fields of a form; with ``files`` a multipart one.
    files: files to upload.
    content: a raw body: bytes, a file, an iterator, or a function that returns one.
    authenticate: False for a public operation: it neither waits for a token nor sends one.
    idempotent: True for a POST that may be sent twice, such as a search: it is retried like a GET.
    """

    path_params: Mapping[str, object] | None
    params: Mapping[str, object] | None
    json: object
    form: Mapping[str, object] | None
    files: Files | None
    content: ContentTypes | None
    authenticate: bool
    idempotent: bool
