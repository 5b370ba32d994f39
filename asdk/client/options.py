"""The keywords of a client's constructor and of its calls, typed once for every subclass.

`BaseClient` and its subclasses unpack them: ``**options: Unpack[ClientOptions]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from asdk.auth.credentials.base import Credential
from asdk.auth.stores.base import TokenStore
from asdk.auth.token_source import TokenSource
from asdk.clock import Clock
from asdk.config import Config
from asdk.http.bodies import ContentTypes, Files
from asdk.http.options import CallOptions, Retry, Tenant, TimeoutTypes
from asdk.http.redirects import FollowRedirects
from asdk.middleware.chain import AnyMiddleware
from asdk.transports.base import Transport

if TYPE_CHECKING:
    from asdk.middleware.traffic.circuit_breaker import CircuitBreaker
    from asdk.middleware.traffic.concurrency_limit import ConcurrencyLimit
    from asdk.middleware.traffic.rate_limit import RateLimit


class ClientOptions(TypedDict, total=False):
    """What every client takes by keyword, beside its own settings. Left out: the default.

    base_url: where the API lives; wins over the class and the environment.
    auth: a `Credential`, or a `TokenSource` to share a token with other clients; None for no token.
    token_store: where the token is kept and shared with other processes, such as a `FileTokenStore`; it goes with a
        credential, not with a `TokenSource`, which has its own.
    timeout: seconds for a whole call, or a `Timeout`; None for no limit.
    retry: the `Retry` policy; None for single attempts.
    rate_limit: a `RateLimit`, or a `RedisRateLimit` for a fleet; None for no limit.
    concurrency: a `ConcurrencyLimit`; None for no limit. Left out beside a rate limit, as many as ``connections``: a
        permit does not wait for a connection.
    circuit_breaker: a `CircuitBreaker`; None for none.
    tenant: on whose behalf, unless a call, `with_options` or `tenant_scope` says otherwise.
    headers: more header fields for every request.
    middleware: middlewares of your own that run once a call, outside of retry.
    attempt_middleware: middlewares of your own that run once an attempt, inside of retry.
    transport: sends the requests instead of aiohttp; it is yours to close.
    proxy: URL of the proxy; None for none; left out, the environment decides.
    connections: how many connections an event loop may open; further calls wait their turn. 100 unless you say so.
    follow_redirects: ``"same-origin"``, unless you say otherwise; ``"any"`` also to other servers, without body, token,
        cookies and tenant; None for none.
    clock: every time and wait goes through it.
    config: where settings are looked for; see `BaseClient.from_env`.
    allow_insecure_auth: send the token over plain http to another machine too.
    """

    base_url: str | None
    auth: Credential | TokenSource | None
    token_store: TokenStore | None
    timeout: TimeoutTypes
    retry: Retry | None
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
    allow_insecure_auth: bool


class RequestArguments(CallOptions, total=False):
    """The parts of a request, beside method and template.

    path_params: a value for each parameter of the template; percent-encoded whole.
    params: the query; None leaves a name out.
    json: a model or plain data; None is ``null``.
    form: fields of a form; with ``files`` a multipart one.
    files: files to upload.
    content: a raw body: bytes, a file, an iterator, or a function that makes one.
    authenticate: False for an operation that is open to all: it waits for no token and sends none.
    idempotent: True for a POST that means the same when it is sent twice, such as a search: it is repeated as a GET is.
    """

    path_params: Mapping[str, object] | None
    params: Mapping[str, object] | None
    json: object
    form: Mapping[str, object] | None
    files: Files | None
    content: ContentTypes | None
    authenticate: bool
    idempotent: bool
