"""The parts of a new client, from its options: transport, token source, traffic policies, defaults.

Called by `BaseClient.__init__`.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from asdk._version import __version__
from asdk.auth.credentials.base import Credential
from asdk.auth.credentials.static import NoCredential
from asdk.auth.token_source import TokenSource
from asdk.client.options import ClientOptions
from asdk.clock import Clock
from asdk.config import Config
from asdk.errors import ConfigurationError, InvalidRequestError, describe_type
from asdk.http.headers import SENSITIVE, Headers
from asdk.http.options import Options, Timeout
from asdk.http.urls import BaseURL, Origin
from asdk.limits import DEFAULT_LIMITS
from asdk.middleware.chain import AnyMiddleware, StackOrder
from asdk.redaction import secrets_of_header
from asdk.retrying import Retry
from asdk.secret import MaskedStr
from asdk.transports.base import Transport
from asdk.unset import UNSET, Unset

if TYPE_CHECKING:
    from asdk.middleware.signing import Signer

_HOST = re.compile(r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?").fullmatch

# How many connections an event loop may open, unless a client says otherwise.
_CONNECTIONS = 100


#: The parts that a client can be given: the methods of each, and the words of the message.
_PARTS = {
    "clock": (("monotonic", "time", "call_later", "sleep"), "a Clock, such as VirtualClock() of asdk.testing"),
    "config": (("get", "secret", "explain"), "a Config, such as Config('PREFIX')"),
    "transport": (("send", "aclose"), "a Transport, such as AiohttpTransport()"),
}


def check_parts(options: ClientOptions) -> None:
    """Check that the parts of a client have the methods they need.

    Raises:
        ConfigurationError: one of them is something else, such as a class instead of an instance.
    """
    given: dict[str, Any] = dict(options)
    for name, (methods, wanted) in _PARTS.items():
        part = given.get(name)
        if part is not None and (isinstance(part, type) or not all(hasattr(part, method) for method in methods)):
            raise ConfigurationError(f"{name} must be {wanted}, got {describe_type(part)}")
    proxy = given.get("proxy")
    if not isinstance(proxy, str | Unset | None):
        raise ConfigurationError(f"proxy must be the URL of a proxy or None, got {describe_type(proxy)}")


def check_sources(config: Config, auth: Credential | TokenSource | None, headers: Headers, *, is_given: bool) -> None:
    """Check that no secret that was passed in code goes to an address of the implicit ``./.env``.

    `Config` checks the secrets that it finds.

    Args:
        config: of the client.
        auth: of the client.
        headers: of every request.
        is_given: whether auth was passed in code. The class of the client made any other, from what it found.

    Raises:
        ConfigurationError: one does.
    """
    if auth is not None and not isinstance(auth, NoCredential) and (is_given or not config.has_secrets()):
        config.check_secret("auth")
    for name, value in headers.multi_items():
        if isinstance(value, MaskedStr) and secrets_of_header(value, sensitive=name.lower() in SENSITIVE):
            config.check_secret(f"header {name}")


def default_transport(options: ClientOptions) -> Transport:
    """Return the transport on aiohttp for a client that was not given another."""
    # aiohttp takes half a second to import: the first client pays for it, not `import asdk`.
    from asdk.transports.aiohttp import AiohttpTransport

    proxy = options.get("proxy", UNSET)
    return AiohttpTransport(limit=options.get("connections", _CONNECTIONS), proxy=proxy)


def server_urls(servers: Mapping[str, str]) -> dict[str, BaseURL]:
    """Return the other servers of an API, by name.

    Raises:
        ConfigurationError: a server is not an absolute http or https URL.
    """
    found: dict[str, BaseURL] = {}
    for name, url in servers.items():
        try:
            found[name] = BaseURL.parse(url)
        except ConfigurationError as error:
            problem = error.message
        else:
            continue
        raise ConfigurationError(f"servers[{name!r}]: {problem.removeprefix('base_url: ')}")
    return found


def checked_host(host: object) -> str | None:
    """Return the value of a Host field if it is a host with an optional port.

    Raises:
        ConfigurationError: it is something else.
    """
    if host is None or (isinstance(host, str) and _HOST(host)):
        return host
    raise ConfigurationError(f"host_header must be a host with an optional port, got {host!r}")


def token_source_for(origin: Origin, clock: Clock, options: ClientOptions) -> TokenSource | None:
    """Return the token source of a client; None for a client without a credential.

    Args:
        origin: of the base URL.
        clock: of the client.
        options: of the client.

    Raises:
        ConfigurationError: auth is neither a credential nor a source, or a token would be sent over plain http.
    """
    auth, store = options.get("auth"), options.get("token_store")
    if auth is None:
        return None
    if not isinstance(auth, Credential | TokenSource):
        raise ConfigurationError(f"auth must be a Credential or a TokenSource, got {describe_type(auth)}")
    insecure = options.get("allow_insecure_auth", False)
    proxied = isinstance(options.get("proxy"), str) and origin.scheme == "http"
    if not ((origin.is_secure and not proxied) or insecure or isinstance(auth, NoCredential)):
        raise ConfigurationError(
            f"base_url must be https for a client with auth, got {origin}: the token would be readable on the way; or "
            "pass allow_insecure_auth=True"
        )
    if not isinstance(auth, TokenSource):
        return TokenSource(
            auth,
            store=store,
            clock=clock,
            allow_insecure=insecure,
            serve_stale=options.get("serve_stale", 0.0),
            resend_lost_refresh=options.get("resend_lost_refresh", True),
        )
    for name in ("token_store", "serve_stale", "resend_lost_refresh"):
        if options.get(name) is not None:
            raise ConfigurationError(
                f"{name} must be left out beside a TokenSource, which has its own: pass it to the TokenSource, or pass "
                "a Credential as auth"
            )
    return auth


def signer_of(options: ClientOptions) -> Signer | None:
    """Return the signer of a client.

    Raises:
        ConfigurationError: signer is something else, such as a class or a function.
    """
    signer = options.get("signer")
    if signer is None:
        return None
    from asdk.middleware.signing import Signer

    if not isinstance(signer, Signer):
        raise ConfigurationError(f"signer must be a Signer, got {describe_type(signer)}")
    return signer


#: The traffic policies in their order, with the words of the message.
_POLICIES = {
    "circuit_breaker": (StackOrder.CIRCUIT_BREAKER, "a CircuitBreaker, such as CircuitBreaker()"),
    "concurrency": (StackOrder.CONCURRENCY, "a ConcurrencyLimit, such as ConcurrencyLimit(20)"),
    "rate_limit": (StackOrder.RATE_LIMIT, "a RateLimit, such as RateLimit(per_second=10)"),
}


def traffic_policies(options: ClientOptions) -> tuple[AnyMiddleware, ...]:
    """Return the traffic policies of a client, outermost first.

    Raises:
        ConfigurationError: one of them is not a policy of its kind.
    """
    given: dict[str, Any] = {name: options.get(name) for name in _POLICIES}
    if given["rate_limit"] is not None and "concurrency" not in options and options.get("transport") is None:
        # Without it, calls would take permits and then wait for a connection, and use all permits at once when a slow
        # server recovers.
        from asdk.middleware.traffic.concurrency_limit import ConcurrencyLimit

        given["concurrency"] = ConcurrencyLimit(options.get("connections", _CONNECTIONS))
    for name, (order, wanted) in _POLICIES.items():
        policy = given[name]
        if policy is not None and (isinstance(policy, type) or getattr(policy, "order", None) is not order):
            raise ConfigurationError(f"{name} must be {wanted}, got {describe_type(policy)}")
    return tuple(policy for policy in given.values() if policy is not None)


def user_agent(client: type) -> str:
    """Return the User-Agent of a client."""
    return f"asdk/{__version__} {client.__name__} Python/{platform.python_version()}"


def first_options(config: Config, options: ClientOptions, request_id_headers: Collection[str]) -> Options:
    """Return the options of calls that do not say otherwise, from arguments, environment and file.

    Raises:
        ConfigurationError: timeout, retry, tenant, response_limits or on_response is invalid.
    """
    timeout = options.get("timeout", UNSET)
    origin = "argument"
    if isinstance(timeout, Unset):
        usual = Timeout()
        seconds, origin = config.number("timeout", default=usual.total), config.origin("timeout")
        timeout = usual if origin == "default" else seconds
    retry = options["retry"] if "retry" in options else Retry()
    try:
        limits = Timeout.of(timeout)
    except InvalidRequestError as error:
        problem = f"timeout ({origin}): {error.message}"
    else:
        try:
            response_limits = options.get("response_limits", DEFAULT_LIMITS)
            return Options(
                timeout=limits,
                retry=retry,
                tenant=options.get("tenant"),
                response_limits=response_limits,
                on_response=options.get("on_response"),
                request_id_headers=tuple(request_id_headers),
            )
        except InvalidRequestError as error:
            problem = error.message
    raise ConfigurationError(problem)
