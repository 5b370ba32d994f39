"""What a client is put together from: the core that its copies share, transport, traffic policies, defaults.

Called by `CoreClient` while it is built.
"""

from __future__ import annotations

import platform
import weakref
from typing import Any

from asdk._version import __version__
from asdk.auth.token_source import TokenSource
from asdk.client.options import ClientOptions
from asdk.config import Config
from asdk.errors import ConfigurationError, InvalidRequestError, describe_type
from asdk.http.options import Options, Retry, Timeout
from asdk.middleware.chain import AnyMiddleware, StackOrder
from asdk.transports.base import Handler, Transport
from asdk.unset import UNSET, Unset

# How many connections an event loop may open, unless a client says otherwise.
_CONNECTIONS = 100


class Core:
    """What the copies of a client share. It refers to no client, so that a forgotten one ends with its last
    reference."""

    __slots__ = ("__weakref__", "owns_transport", "send", "source", "transport", "users")

    def __init__(self, transport: Transport, source: TokenSource | None, *, owns_transport: bool) -> None:
        self.transport = transport
        self.owns_transport = owns_transport
        self.source = source
        self.send: Handler = transport.send
        self.users: weakref.WeakSet[object] = weakref.WeakSet()

    async def aclose(self) -> None:
        if self.source is not None:
            await self.source.drain(self.send)
        if self.owns_transport:
            await self.transport.aclose()


#: The parts that a client can be given, what each must have, and an example.
_PARTS = {
    "clock": (("monotonic", "time", "call_later", "sleep"), "VirtualClock() of asdk.testing"),
    "config": (("get", "secret", "explain"), "Config('PREFIX')"),
    "transport": (("send", "aclose"), "AiohttpTransport()"),
}


def check_parts(options: ClientOptions) -> None:
    """See to it that the parts of a client are parts.

    Raises:
        ConfigurationError: one of them is something else, such as a class where an object of it is wanted.
    """
    given: dict[str, Any] = dict(options)
    for name, (methods, example) in _PARTS.items():
        part = given.get(name)
        if part is not None and (isinstance(part, type) or not all(hasattr(part, method) for method in methods)):
            raise ConfigurationError(f"{name}= is {describe_type(part)}; give one such as {example}")
    proxy = given.get("proxy")
    if not isinstance(proxy, str | Unset | None):
        raise ConfigurationError(f"proxy= is {describe_type(proxy)}; give the URL of a proxy, or None for none")


def default_transport(options: ClientOptions) -> Transport:
    """aiohttp's, unless the client was given another."""
    # aiohttp takes half a second to import: the first client pays for it, not `import asdk`.
    from asdk.transports.aiohttp import AiohttpTransport

    proxy = options.get("proxy", UNSET)
    return AiohttpTransport(limit=options.get("connections", _CONNECTIONS), proxy=proxy)


#: The traffic policies in their order, with an example of each.
_POLICIES = {
    "circuit_breaker": (StackOrder.CIRCUIT_BREAKER, "CircuitBreaker()"),
    "concurrency": (StackOrder.CONCURRENCY, "ConcurrencyLimit(20)"),
    "rate_limit": (StackOrder.RATE_LIMIT, "RateLimit(per_second=10)"),
}


def traffic_policies(options: ClientOptions) -> tuple[AnyMiddleware, ...]:
    """The traffic policies that are asked for."""
    given: dict[str, Any] = {name: options.get(name) for name in _POLICIES}
    if given["rate_limit"] is not None and "concurrency" not in options and options.get("transport") is None:
        # Or permits would be taken and then wait for a connection, to be used all at once when a slow server recovers.
        from asdk.middleware.traffic.concurrency_limit import ConcurrencyLimit

        given["concurrency"] = ConcurrencyLimit(options.get("connections", _CONNECTIONS))
    for name, (order, example) in _POLICIES.items():
        policy = given[name]
        if policy is not None and (isinstance(policy, type) or getattr(policy, "order", None) is not order):
            raise ConfigurationError(
                f"{name}= is {describe_type(policy)}; give a policy of asdk.middleware, such as {example}"
            )
    return tuple(policy for policy in given.values() if policy is not None)


def user_agent(client: type) -> str:
    """What a client calls itself."""
    return f"asdk/{__version__} {client.__name__} Python/{platform.python_version()}"


def first_options(config: Config, options: ClientOptions) -> Options:
    """What calls do unless they say otherwise: by argument, environment and file.

    Raises:
        ConfigurationError: timeout, retry policy or tenant is none.
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
            return Options(timeout=limits, retry=retry, tenant=options.get("tenant"))
        except InvalidRequestError as error:
            problem = error.message
    raise ConfigurationError(problem)
