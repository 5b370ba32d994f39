"""`BaseClient`: the class that every SDK on asdk subclasses.

A client is composed of a `RequestBuilder`, with what a copy made by `with_options` changes, and a `Session`, which all
copies share. This file has its construction, its token and its end. Its calls are in the base classes: `ClientCalls`,
`StreamCalls` and `CollectionCalls`. Features that few clients use are imported at their first use.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, Self

from typing_extensions import Unpack

from asdk.auth.token import Token
from asdk.auth.token_source import TokenSource
from asdk.client.calls import ClientCalls
from asdk.client.collection_calls import CollectionCalls
from asdk.client.entries import Entries, Exit
from asdk.client.options import ClientOptions
from asdk.client.pickling import PickledClient, rebuild
from asdk.client.request_builder import RequestBuilder
from asdk.client.session import Session
from asdk.client.settings import (
    check_parts,
    check_sources,
    checked_host,
    default_transport,
    first_options,
    server_urls,
    signer_of,
    token_source_for,
    traffic_policies,
    user_agent,
)
from asdk.client.stream_calls import StreamCalls
from asdk.client.unpickled import SharedParts, shared_parts
from asdk.clock import SYSTEM_CLOCK
from asdk.config import Config
from asdk.errors import ConfigurationError, did_you_mean
from asdk.http.headers import Headers
from asdk.http.options import CallOptions, TenantHeaders, Timeout, TimeoutTypes
from asdk.http.redirects import check_rule
from asdk.http.urls import BaseURL, QueryStyle
from asdk.middleware.auth import AuthMiddleware
from asdk.middleware.chain import AnyMiddleware, Gate
from asdk.middleware.logging import LoggingMiddleware
from asdk.middleware.retry import RetryMiddleware
from asdk.middleware.tenant import TenantMiddleware
from asdk.redaction import clean_tracebacks
from asdk.resources import ResourceAttribute
from asdk.unset import UNSET, Unset

# A library logs nothing by default: an application that wants the records configures logging.
logging.getLogger("asdk").addHandler(logging.NullHandler())

_CLIENT_OPTIONS = frozenset(ClientOptions.__annotations__)


class BaseClient(StreamCalls, CollectionCalls):
    """The base class of a client for one API.

    A subclass sets the attributes below, declares its resources with `resource`, and takes its own settings in
    ``__init__``. Building a client does no network I/O and needs no event loop. A client works in one loop after
    another and in several at once. The connection pool opens at the first call and closes with `aclose`, ``async
    with``, the event loop, or the client's last reference.

    Attributes:
        base_url: the root of the API; a path prefix is kept. An argument and the environment win over the class.
        env_prefix: the prefix of settings in the environment, as in ``MGNIFY_BASE_URL``.
        env_names: further names of a setting, such as the names that a vendor documents, by the name of the parameter.
        default_headers: header fields of every request, which the ``headers`` of a client and of a call replace.
        servers: URLs of other servers of the API, by the names that calls give as ``server=``. Their origins are
            trusted like that of the base URL; no other origin gets a credential.
        plain_headers: names of header fields whose values contain no secret: they are shown in a repr.
        tenant_headers: the names of the headers for the parts of a `Tenant`.
        error_codes: the API's own error codes, and the subclasses of `StatusError` to raise for them.
        error_message_path: where the body of an error has its message, such as ``"error.message"`` or
            ``"errors.0.detail"``; empty for the common places, see `describe_error`.
        error_code_path: where it has its code.
        error_when: the path of a member that makes a 2xx response an error if it is there and not empty, such as
            ``"errors"`` in GraphQL.
        request_id_headers: names of the header with the server's id of a request, in order of preference.
        idempotency_header: the name of the header for an ``idempotency_key``.
        query_style: how the API writes values in a query.
        config: the source of each setting: ``print(client.config.explain())``.
    """

    base_url: str = ""
    env_prefix: ClassVar[str] = ""
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    default_headers: ClassVar[Mapping[str, str]] = {}
    servers: ClassVar[Mapping[str, str]] = {}
    plain_headers: ClassVar[Collection[str]] = ()
    tenant_headers: ClassVar[TenantHeaders] = TenantHeaders()
    idempotency_header: ClassVar[str] = "Idempotency-Key"
    query_style: ClassVar[QueryStyle] = QueryStyle()

    _pickled: PickledClient
    _entries: Entries

    def __init_subclass__(cls, **options: Any) -> None:
        """Check that no resource hides a method or attribute of every client.

        Raises:
            ConfigurationError: a resource has the name of one.
        """
        super().__init_subclass__(**options)
        for name, value in vars(cls).items():
            if isinstance(value, ResourceAttribute) and name in RESERVED_NAMES:
                raise ConfigurationError(
                    f"{cls.__name__}.{name} must not be a resource, because it would hide BaseClient.{name}; name it "
                    f"{name}_"
                )

    def __new__(cls, *arguments: Any, **options: Any) -> Self:
        """Keep the arguments, with which a pickled client is built again."""
        self = super().__new__(cls)
        self._pickled = PickledClient(cls, arguments, options)
        return self

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        """Build the client.

        Raises:
            ConfigurationError: an option is unknown or invalid, or a token would be sent over plain http.
        """
        unknown = options.keys() - _CLIENT_OPTIONS
        if unknown:
            names, hint = ", ".join(sorted(unknown)), did_you_mean(unknown, _CLIENT_OPTIONS)
            raise ConfigurationError(f"{type(self).__name__} has no option {names}; {hint}")
        config = self.config = self.config_for(options)
        base = BaseURL.parse(config.get("base_url", options.get("base_url"), default=type(self).base_url) or "")
        self.base_url = str(base)
        clock = options.get("clock", SYSTEM_CLOCK)
        defaults = first_options(config, options, self.request_id_headers)
        rule = check_rule(options.get("follow_redirects", "same-origin"))
        headers = Headers({"Accept": "application/json", "User-Agent": user_agent(type(self))})
        plain = frozenset(name.lower() for name in self.plain_headers)
        headers.merge(self.default_headers, plain=plain)
        headers.merge(options.get("headers"), plain=plain)
        check_sources(config, options.get("auth"), headers, is_given=self._pickled.was_given("auth"))
        transport = options.get("transport") or default_transport(options)
        servers = server_urls({**self.servers, **(options.get("servers") or {})})
        gate = Gate(
            base.origin,
            [server.origin for server in servers.values()],
            host_header=checked_host(options.get("host_header")),
            checks_addresses=getattr(transport, "checks_addresses", False),
        )
        own = SharedParts(token_source_for(base.origin, clock, options), traffic_policies(options))
        parts = self._parts = shared_parts(self, config, own)
        session = self._session = Session(
            transport,
            parts.source,
            gate,
            owns_transport=options.get("transport") is None,
            follow_redirects=rule,
            signer=signer_of(options),
        )
        self._builder = RequestBuilder(
            base,
            base,
            servers,
            gate.trusted,
            clock,
            defaults,
            headers,
            session.on_send,
            self.query_style,
            self.idempotency_header,
            plain,
            allow_insecure=options.get("allow_insecure_auth", False),
        )
        self._middleware = (tuple(options.get("middleware", ())), tuple(options.get("attempt_middleware", ())))
        session.link(list(self.build_stack()))
        self._entries = Entries()
        session.users.add(self)

    @classmethod
    def from_env(
        cls,
        *,
        dotenv: str | os.PathLike[str] | Unset | None = UNSET,
        environ: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Self:
        """Build a client that reads its settings from another file or environment.

        Args:
            dotenv: a settings file in dotenv format, which is trusted like an argument; None for none.
            environ: replaces the environment of the process.
            options: as for the class itself.
        """
        return cls(config=Config(cls.env_prefix, names=cls.env_names, environ=environ, dotenv=dotenv), **options)

    @classmethod
    def config_for(cls, options: ClientOptions) -> Config:
        """Return the settings of a client under construction.

        The ``__init__`` of a subclass calls it before it calls the one of the base class.

        Raises:
            ConfigurationError: one of the parts that were passed is invalid, such as a string for a clock.
        """
        check_parts(options)
        return options.setdefault("config", Config(cls.env_prefix, names=cls.env_names))

    # --- hooks for subclasses -----------------------------------------------------------------------------------------

    def build_stack(self) -> Sequence[AnyMiddleware]:
        """Return the middlewares, outermost first.

        Override it to add others. Their order is checked, see `StackOrder`.
        """
        middleware, attempt_middleware = self._middleware
        stack: list[AnyMiddleware] = [
            LoggingMiddleware(),
            *middleware,
            RetryMiddleware(self._parts.quota),
            *attempt_middleware,
        ]
        session = self._session
        if session.source is not None:
            stack.append(AuthMiddleware(session.source, session.transport.send))
        if session.signer is not None:
            from asdk.middleware.signing import SigningMiddleware

            stack.append(SigningMiddleware(session.signer))
        return [*stack, *self._parts.traffic, TenantMiddleware(self.tenant_headers)]

    # --- tokens, copies and the end -----------------------------------------------------------------------------------

    @property
    def token_source(self) -> TokenSource | None:
        """Return the owner of this client's token; pass it to another client as ``auth=`` to share the token."""
        return self._session.source

    async def get_token(
        self,
        *,
        refresh: bool = False,
        timeout: TimeoutTypes | Unset = UNSET,  # noqa: ASYNC109 - shared by all who wait: not a cancel scope
        login: bool = False,
    ) -> Token:
        """Return the token that a call would present now, for use outside of this client, such as a websocket.

        Args:
            refresh: get the next token, though the current one may be valid; calls under way share it.
            timeout: seconds to wait for it at most, as for a call; left out, the client's.
            login: get the next token by a full login instead of a refresh, if the credential can log in.

        Raises:
            ConfigurationError: this client has no credential.
            TokenError: there is no usable token.
        """
        source, send = self._session.source, self._session.transport.send
        if source is None:
            raise ConfigurationError(
                f"{type(self).__name__} was built without a credential, auth=None: it has no token to get"
            )
        if self._closed:
            raise self._closed_error()
        limits = self._builder.options.timeout if isinstance(timeout, Unset) else Timeout.of(timeout)
        tenant = self.current_tenant
        if refresh or login:
            return await source.refresh(send, tenant=tenant, log_in=login, within=limits.total)
        return source.peek(tenant) or await source.get(send, tenant=tenant, within=limits.total)

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Return a copy that does some things differently, and shares the pool, the token and everything else.

        Raises:
            InvalidRequestError: an option is unknown or invalid.
        """
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._pickled = self._pickled.with_copy(options)
        copy._builder = self._builder.with_options(options)
        copy._entries, copy._closed = Entries(), False
        self._session.users.add(copy)
        return copy

    async def aclose(self) -> None:
        """Close the client, in all tasks and event loops that use it, and its connections unless a copy is in use.

        It waits for a token refresh and for calls in flight, 5 s at most for each; calls that take longer fail. A later
        call raises `ClientClosedError`, until the client is used in ``async with`` again. Copies stay open.
        """
        self._closed = True
        self._entries.end()
        await self._release()

    async def _release(self) -> None:
        """Close the connections unless the client was entered again, or a copy is in use."""
        users = self._session.users
        users.discard(self)
        if self._entries:
            users.add(self)
        elif not users:
            with clean_tracebacks:
                await self._session.aclose()

    async def __aenter__(self) -> Self:
        """Open the client. Several tasks, threads and event loops may use it at a time, each in a block of its own."""
        self._closed = False
        self._entries.enter()
        self._session.users.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections of this event loop at its last exit, and all of them at the very last.

        New calls then open others. It waits as `aclose` does.
        """
        match self._entries.leave():
            case Exit.LAST:
                await self._release()
            case Exit.LAST_OF_LOOP if set(self._session.users) == {self}:
                with clean_tracebacks:
                    await self._session.close_here()
            case _:
                pass

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the configuration: settings and the source of each secret, never a secret, a token or a connection.

        Raises:
            ConfigurationError: a secret was given in code; the message says what to do instead.
        """
        return rebuild, (type(self), *self._pickled.to_state(self.config), self._pickled.original)

    def __repr__(self) -> str:
        facts = [f"{type(self).__name__} {self.base_url}"]
        if "_builder" in vars(self):  # it is missing in the traceback of an __init__ that failed
            if self._session.source is not None:
                facts.append(f"auth={self._session.source.credential!r}")
            facts += self._builder.describe()
        return f"<{', '.join(facts)}>"


#: The names that a resource of a client must not have: those of the methods and attributes of every client.
RESERVED_NAMES: frozenset[str] = frozenset(
    name
    for owner in (ClientCalls, StreamCalls, CollectionCalls, BaseClient)
    for name in (*vars(owner), *owner.__annotations__)
    if not name.startswith("_")
)
