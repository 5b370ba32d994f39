"""`CoreClient`: builds requests, runs the chain, raises for statuses, decodes. `BaseClient` adds the rest.

A call goes `request` > `build_request` > the middlewares > the transport, and comes back once. Copies made by
`with_options` share everything that is expensive: pool, chain, token.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, overload
from uuid import uuid4

import attrs
from typing_extensions import TypeForm, Unpack

from asdk.auth.credentials.base import Credential
from asdk.auth.credentials.static import NoCredential
from asdk.auth.stores.base import TokenStore
from asdk.auth.token import Token
from asdk.auth.token_source import TokenSource
from asdk.client.options import ClientOptions, RequestArguments
from asdk.client.pickling import PickledClient, rebuild
from asdk.client.settings import Core, check_parts, default_transport, first_options, traffic_policies, user_agent
from asdk.clock import SYSTEM_CLOCK
from asdk.config import Config
from asdk.errors import ConfigurationError, InvalidRequestError, StatusError, StreamError
from asdk.http.bodies import ContentTypes, Files, make_body
from asdk.http.headers import Headers
from asdk.http.options import CallOptions, Tenant, TenantHeaders, merge_options, scoped_tenant
from asdk.http.redirects import FollowRedirects, check_rule, is_redirect, next_request
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.status_errors import hint_for_401, read_error, redirect_error, status_error
from asdk.http.urls import BaseURL, QueryStyle, parse_url, path_template
from asdk.middleware.auth import AuthMiddleware, TokenGate, TokenWriter
from asdk.middleware.chain import AnyMiddleware, build_chain, check_stack
from asdk.middleware.logging import LoggingMiddleware
from asdk.middleware.retry import RetryMiddleware
from asdk.middleware.tenant import TenantMiddleware
from asdk.unset import UNSET, Unset

if TYPE_CHECKING:
    from asdk.streaming.parsers import ServerSentEvent

T = TypeVar("T")

# A library prints nothing of its own accord: an application that wants the records configures logging.
logging.getLogger("asdk").addHandler(logging.NullHandler())

_CLIENT_OPTIONS = frozenset(ClientOptions.__annotations__)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

# Methods that mean the same when they are sent twice (RFC 9110, section 9.2.2).
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Z]+").fullmatch


class CoreClient:
    """The half of `BaseClient` that sends a request and gives back its answer; its attributes are described there."""

    base_url: str = ""
    env_prefix: ClassVar[str] = ""
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    tenant_headers: ClassVar[TenantHeaders] = TenantHeaders()
    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {}
    idempotency_header: ClassVar[str] = "Idempotency-Key"
    query_style: ClassVar[QueryStyle] = QueryStyle()

    config: Config
    _recipe: PickledClient

    def __new__(cls, *arguments: Any, **options: Any) -> Self:
        self = super().__new__(cls)
        self._recipe = PickledClient(cls, arguments, options)
        return self

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        """Build the client.

        Raises:
            ConfigurationError: an option is unknown or cannot be used, or a token would go over plain http.
        """
        unknown = options.keys() - _CLIENT_OPTIONS
        if unknown:
            raise ConfigurationError(
                f"{type(self).__name__} has no option {sorted(unknown)}; there are {sorted(_CLIENT_OPTIONS)}"
            )
        config = self.config = self.config_for(options)
        self._base = BaseURL.parse(config.get("base_url", options.get("base_url"), default=type(self).base_url) or "")
        self.base_url = str(self._base)
        self._clock = options.get("clock", SYSTEM_CLOCK)
        self._allow_insecure = options.get("allow_insecure_auth", False)
        self._options = first_options(config, options)
        self._tenant_pinned = False
        self._makes_keys = False
        self._follow_redirects: FollowRedirects = check_rule(options.get("follow_redirects", "same-origin"))
        self._headers = Headers({"Accept": "application/json", "User-Agent": user_agent(type(self))})
        self._headers.merge(options.get("headers"))
        transport = options.get("transport")
        self._core = Core(
            transport or default_transport(options),
            self._source_for(options.get("auth"), options.get("token_store")),
            owns_transport=transport is None,
        )
        self._middleware = (tuple(options.get("middleware", ())), tuple(options.get("attempt_middleware", ())))
        self._traffic = traffic_policies(options)
        stack = list(self.build_stack())
        check_stack(stack)
        self._send = build_chain(stack, self._core.send)
        self._core.users.add(self)

    @classmethod
    def from_env(
        cls, *, dotenv: str | os.PathLike[str] | None = ".env", environ: Mapping[str, str] | None = None, **options: Any
    ) -> Self:
        """Build a client whose settings are looked for elsewhere than usual.

        Args:
            dotenv: a settings file in dotenv format; None for none.
            environ: instead of the environment of the process.
            options: as for the class itself.
        """
        return cls(config=Config(cls.env_prefix, names=cls.env_names, environ=environ, dotenv=dotenv), **options)

    @classmethod
    def config_for(cls, options: ClientOptions) -> Config:
        """The settings of a client under construction: for the ``__init__`` of a subclass, before it calls this
        one's.

        Raises:
            ConfigurationError: one of the parts that were passed is none, such as a string for a clock.
        """
        check_parts(options)
        return options.setdefault("config", Config(cls.env_prefix, names=cls.env_names))

    def build_stack(self) -> Sequence[AnyMiddleware]:
        """The middlewares, outermost first. Override it to put others in; the order is checked, see `Place`."""
        middleware, attempt_middleware = self._middleware
        stack: list[AnyMiddleware] = [LoggingMiddleware(), *middleware, RetryMiddleware(), *attempt_middleware]
        source, send, tenant = self._core.source, self._core.send, TenantMiddleware(self.tenant_headers)
        if source is None:
            return [*stack, *self._traffic, tenant]
        if not self._traffic:
            return [*stack, tenant, AuthMiddleware(source, send)]
        return [*stack, TokenGate(source, send), *self._traffic, tenant, TokenWriter(source, send)]

    def _source_for(self, auth: Credential | TokenSource | None, store: TokenStore | None) -> TokenSource | None:
        if auth is None:
            return None
        if not isinstance(auth, Credential | TokenSource):
            raise ConfigurationError(
                f"auth= is a {type(auth).__name__}; give a Credential, such as ApiKey(key), or a TokenSource"
            )
        if not (self._base.origin.is_secure or self._allow_insecure or isinstance(auth, NoCredential)):
            raise ConfigurationError(
                f"a token would go to {self._base.origin} over plain http, where everybody on the way can read it; "
                "use https, or pass allow_insecure_auth=True"
            )
        if not isinstance(auth, TokenSource):
            return TokenSource(auth, store=store, clock=self._clock, allow_insecure=self._allow_insecure)
        if store is not None:
            raise ConfigurationError("a TokenSource has a store of its own: give it that, or give auth= a Credential")
        return auth

    # --- calls ------------------------------------------------------------------------------------------------------

    @overload
    async def request(
        self, method: str, template: str, *, model: type[T], **arguments: Unpack[RequestArguments]
    ) -> T: ...
    @overload
    async def request(
        self, method: str, template: str, *, model: TypeForm[T], **arguments: Unpack[RequestArguments]
    ) -> T: ...
    @overload
    async def request(self, method: str, template: str, **arguments: Unpack[RequestArguments]) -> Any: ...
    async def request(
        self, method: str, template: str, *, model: Any = UNSET, **arguments: Unpack[RequestArguments]
    ) -> Any:
        """Send a request and decode the body of its response.

        Args:
            method: the HTTP method.
            template: a path template under the base URL, such as ``"/users/{id}"``, or an absolute URL.
            model: what the body is: a class, ``list[User]``, ``A | B``, a ``Literal``; None for nothing, the body is
                then not looked at. Left out, the body comes back as plain JSON data.
            arguments: the parts of the request, and what this call does differently from the client.

        Raises:
            InvalidRequestError: the arguments make no request, and nothing was sent; or the body could not be read to
                its end.
            TokenError: there is no usable token; the request was not sent.
            TransportError: no complete response came back.
            StatusError: the status is not 2xx.
            DecodeError: the body is not what the model says.
        """
        request = self.build_request(method, template, **arguments)
        del arguments  # it may hold a secret in plain text, which a traceback with locals would show
        total = request.options.timeout.total
        if total is not None:
            request.state.deadline = request.clock.monotonic() + total
        response = await self._send(request)  # what `send` does, one coroutine less on the way of every call
        if not 200 <= response.status < 300:
            response = await self._redirected(response)
            if not response.is_success:
                raise self.status_error(response)
        if model is None:
            return None
        if model is UNSET:
            return response.json() if response.content else None
        return response.decode(model)

    async def send(self, request: Request) -> Response:
        """Send a request through the chain. A status is data: nothing is raised for it, nor for a redirect that is not
        followed.

        Raises:
            TokenError: there is no usable token; the request was not sent.
            TransportError: no complete response came back.
        """
        if request.state.deadline is None and request.options.timeout.total is not None:
            request.state.deadline = request.clock.monotonic() + request.options.timeout.total
        response = await self._send(request)
        return await self._redirected(response) if 300 <= response.status < 400 else response

    async def _redirected(self, response: Response) -> Response:
        """What the redirects lead to, or the first response that is none or may not be followed."""
        while is_redirect(response) and isinstance(onward := next_request(response, self._follow_redirects), Request):
            await response.aclose()
            response = await self._send(onward)
        return response

    @asynccontextmanager
    async def stream(
        self, method: str, template: str, **arguments: Unpack[RequestArguments]
    ) -> AsyncGenerator[Response, None]:
        """Send a request and leave the body open, for ``async with``; leaving the block frees the connection.

        Raises:
            As `request`, but for DecodeError.
        """
        request = self.build_request(method, template, **arguments)
        del arguments
        response = await self._open(request)
        try:
            yield response
        finally:
            await response.aclose()

    async def _open(self, request: Request) -> Response:
        """The response with its body still open; raises for a bad status."""
        request.stream = True
        response = await self.send(request)
        if response.is_success:
            return response
        try:
            await response.read_error_body()
            raise self.status_error(response)
        finally:
            await response.aclose()

    # --- building a request -----------------------------------------------------------------------------------------

    def build_request(
        self,
        method: str,
        template: str,
        *,
        path_params: Mapping[str, object] | None = None,
        params: Mapping[str, object] | None = None,
        json: object = UNSET,
        form: Mapping[str, object] | None = None,
        files: Files | None = None,
        content: ContentTypes | None = None,
        authenticate: bool = True,
        idempotent: bool = False,
        **options: Unpack[CallOptions],
    ) -> Request:
        """The request that a call with these arguments would send; nothing is sent.

        Raises:
            InvalidRequestError: the arguments make no request.
        """
        if template[:1] == "/":
            url, same_origin = self._base.prefix + path_template(template).expand(path_params or {}), True
        else:
            url, same_origin, template = self._absolute(template, path_params)
        if params and (query := self.query_style.encode(params)):
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        if method not in _METHODS:
            method = _checked_method(method)
        headers = self._headers.copy()
        if not same_origin:
            headers.drop_secrets()
        request = Request(method, url, template, headers, None, self._options, same_origin, clock=self._clock)
        request.authenticate = authenticate and same_origin
        request.idempotent = idempotent or method in _IDEMPOTENT
        if json is not UNSET or form is not None or files is not None or content is not None:
            request.body, media_type, request.secrets = make_body(json, form, files, content)
            if request.secrets and not self._allow_insecure:
                _refuse_insecure(url)
            if media_type is not None:
                headers["Content-Type"] = media_type
        if options or self._makes_keys or scoped_tenant() is not UNSET:
            self._apply(request, options)
        return request

    def _absolute(self, url: str, path_params: Mapping[str, object] | None) -> tuple[str, bool, str]:
        if not url.lower().startswith(("http://", "https://")) or path_params:
            path_template(url)  # says what is wrong with it
            raise InvalidRequestError(f"an absolute URL takes no path_params: {url!r}")
        origin, rest = parse_url(url)
        return f"{origin}{rest}", origin == self._base.origin, rest.partition("?")[0] or "/"

    def _tenant(self, given: Tenant | Unset | None) -> Tenant | None:
        """Whose call this is: what the call says, else `with_options`, else `tenant_scope`, else the constructor."""
        if not isinstance(given, Unset):
            return given
        if not self._tenant_pinned and not isinstance(scoped := scoped_tenant(), Unset):
            return scoped
        return self._options.tenant

    def _apply(self, request: Request, options: CallOptions) -> None:
        """What this call does differently from the client."""
        merged = merge_options(self._options, options)
        key = options.get("idempotency_key", UNSET)
        if isinstance(key, Unset):
            key = self._makes_keys
        if key is not None and key is not False:
            key = str(uuid4()) if key is True else key
            request.headers[self.idempotency_header] = key
            merged = attrs.evolve(merged, idempotency_key=key)
            request.idempotent = True
        tenant = self._tenant(options.get("tenant", UNSET))
        request.options = merged if tenant == merged.tenant else attrs.evolve(merged, tenant=tenant)
        headers = options.get("headers")
        if not isinstance(headers, Unset):
            request.headers.merge(headers)

    # --- errors -----------------------------------------------------------------------------------------------------

    def describe_error(self, data: Any) -> tuple[str | None, str | None]:
        """The API's code and message in the body of an error. Override it for an API with a dialect of its own.

        Args:
            data: the body as JSON data, None if it is not JSON.
        """
        return read_error(data)

    def stream_error(self, event: ServerSentEvent) -> StreamError | None:
        """The error that an event of a stream tells of, None for an event like any other. Override it for an API with a
        dialect of its own; `asdk.streaming.streams.error_in` reads the data.

        Args:
            event: as the server sent it. One with the type ``error`` is an error, unless this is overridden.
        """
        if event.event != "error":
            return None
        from asdk.streaming.streams import error_in

        return error_in(event, self.describe_error)

    def status_error(self, response: Response) -> StatusError:
        """The error for a status that is not 2xx. Override it, calling this one, where an API has more to say: another
        class by `AsdkError.convert_to`, or ``hint``; `describe_error` and ``error_codes`` are enough for most.

        Args:
            response: with its request; the body has been read.
        """
        if is_redirect(response):
            return redirect_error(response, str(next_request(response, self._follow_redirects)))
        hint = None
        if response.status == 401:
            source = self._core.source
            renewable = source is not None and source.credential.storable
            hint = hint_for_401(response.request, renewable=renewable, secrets=self.config.secrets_found())
        return status_error(response, self.describe_error, self.error_codes, hint)

    # --- copies and the end -----------------------------------------------------------------------------------------

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """A copy that does some things differently: same pool, same token, same everything else.

        Raises:
            InvalidRequestError: an option is unknown or cannot be used.
        """
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._recipe = self._recipe.with_copy(options)
        copy._options = merge_options(self._options, options)
        tenant = options.get("tenant", UNSET)
        if not isinstance(tenant, Unset):
            copy._options = attrs.evolve(copy._options, tenant=tenant)
            copy._tenant_pinned = True
        key = options.get("idempotency_key", UNSET)
        if isinstance(key, str):
            raise InvalidRequestError(
                "one idempotency_key for all calls would make them one: pass True, or a key a call"
            )
        if not isinstance(key, Unset):
            copy._makes_keys = bool(key)
        headers = options.get("headers")
        if headers:
            copy._headers = self._headers.copy()
            copy._headers.merge(headers)
        self._core.users.add(copy)
        return copy

    @property
    def token_source(self) -> TokenSource | None:
        """What gets and keeps this client's token; give it to another client as ``auth=`` to share the token."""
        return self._core.source

    async def get_token(self, *, refresh: bool = False) -> Token:
        """The token that a call would present now, for what is no call of this client, such as a websocket.

        Args:
            refresh: get the next one, though the one at hand may still be good; calls under way share it.

        Raises:
            ConfigurationError: this client has no credential.
            TokenError: there is no usable token.
        """
        source, tenant = self._core.source, self._tenant(UNSET)
        if source is None:
            raise ConfigurationError(
                f"{type(self).__name__} was built without a credential, auth=None: it has no token to get"
            )
        get = source.refresh if refresh else source.get
        return await get(self._core.send, tenant=tenant, within=self._options.timeout.total)

    async def aclose(self) -> None:
        """Close the connections, unless a copy of this client is still in use. A later call opens new ones.

        A token refresh in flight is waited for, 5 s at most.
        """
        self._core.users.discard(self)
        if not self._core.users:
            await self._core.aclose()

    async def __aenter__(self) -> Self:
        self._core.users.add(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __reduce__(self) -> tuple[object, ...]:
        """As configuration: settings and where each secret comes from, never a secret, a token or a connection.

        Raises:
            ConfigurationError: a secret was given in code; the message says what to do instead.
        """
        return rebuild, (type(self), *self._recipe.to_state(self.config))

    def __repr__(self) -> str:
        options = vars(self).get("_options")  # not there yet in the traceback of an __init__ that failed
        tenant = f" for {options.tenant}" if options is not None and options.tenant is not None else ""
        return f"<{type(self).__name__} {self.base_url}{tenant}>"


def _checked_method(method: str) -> str:
    if _METHOD(method.upper()) is None:
        raise InvalidRequestError(f"{method!r} is no HTTP method")
    return method.upper()


def _refuse_insecure(url: str) -> None:
    origin, _ = parse_url(url)
    if not origin.is_secure:
        raise InvalidRequestError(
            f"a secret in the body would go to {origin} over plain http; use https, or build the client with "
            "allow_insecure_auth=True"
        )
