"""`BaseClient`: what every SDK on asdk subclasses. It builds requests, runs the chain, raises for statuses, decodes.

A call goes `request` > `build_request` > the middlewares > the transport, and comes back once. Copies made by
`with_options` share everything that is expensive: pool, chain, token.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import weakref
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, overload
from uuid import uuid4

import attrs
from typing_extensions import TypeForm, Unpack

from asdk._version import __version__
from asdk.auth.credentials.base import Credential
from asdk.auth.credentials.static import NoCredential
from asdk.auth.source import TokenSource
from asdk.auth.stores.base import TokenStore
from asdk.auth.tokens import Token
from asdk.bodies import ContentTypes, Files, ProgressCallback, make_body
from asdk.client_options import ClientOptions, RequestArguments
from asdk.clock import SYSTEM_CLOCK
from asdk.config import Config
from asdk.decoding import decoder_for
from asdk.errors import (
    ERROR_BODY_LIMIT,
    ConfigurationError,
    InvalidRequestError,
    StatusError,
    StreamError,
    TransportError,
)
from asdk.headers import Headers
from asdk.middleware.auth import AuthMiddleware, TokenGate, TokenWriter
from asdk.middleware.chain import AnyMiddleware, Place, build_chain, check_stack
from asdk.middleware.logging import LoggingMiddleware
from asdk.middleware.retry import RetryMiddleware
from asdk.middleware.tenant import TenantMiddleware
from asdk.options import (
    UNSET,
    CallOptions,
    Options,
    Retry,
    Tenant,
    TenantHeaders,
    Timeout,
    Unset,
    merge_options,
    scoped_tenant,
)
from asdk.pagination import PageCursor, PageStrategy, Paginator
from asdk.pagination.links import follow
from asdk.recipe import Recipe, rebuild
from asdk.redirects import FollowRedirects, check_rule, is_redirect, next_request
from asdk.request import Request
from asdk.response import Response
from asdk.status_errors import read_error, redirect_error, status_error
from asdk.transports.base import Handler, Transport
from asdk.urls import BaseURL, QueryStyle, parse_url, path_template

if TYPE_CHECKING:
    from asdk.event_stream import EventStream, JsonLineStream, Reconnect
    from asdk.files import Downloaded
    from asdk.mapping import Outcomes
    from asdk.progress import ProgressDisplay
    from asdk.streaming import ServerSentEvent

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an input
R = TypeVar("R")

# A library prints nothing of its own accord: an application that wants the records configures logging.
logging.getLogger("asdk").addHandler(logging.NullHandler())


# How many connections an event loop may open, unless a client says otherwise.
_CONNECTIONS = 100

_CLIENT_OPTIONS = frozenset(ClientOptions.__annotations__)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

# Methods that mean the same when they are sent twice (RFC 9110, section 9.2.2).
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Z]+").fullmatch


class _Core:
    """What the copies of a client share. It refers to no client, so that a forgotten one ends with its last
    reference."""

    __slots__ = ("__weakref__", "handler", "owns_transport", "send", "source", "transport", "users")

    def __init__(self, transport: Transport, source: TokenSource | None, *, owns_transport: bool) -> None:
        self.transport = transport
        self.owns_transport = owns_transport
        self.source = source
        self.send: Handler = transport.send
        self.handler: Handler = transport.send
        self.users: weakref.WeakSet[BaseClient] = weakref.WeakSet()

    async def aclose(self) -> None:
        if self.source is not None:
            await self.source.finish(self.send)
        if self.owns_transport:
            await self.transport.aclose()


class BaseClient:
    """The base of a client for one API.

    A subclass sets the attributes below, hangs its resources on itself with `resource`, and takes its own settings in
    ``__init__``. Making a client does no network I/O and needs no event loop; it works in one loop after another and in
    several at once. The connection pool opens at the first call and closes with `aclose`, ``async with``, the event
    loop, or the client's last reference.

    Attributes:
        base_url: where the API lives; a path prefix is kept. An argument and the environment win over the class.
        env_prefix: goes before the names of settings in the environment, as in ``MGNIFY_BASE_URL``.
        env_names: further names of a setting, such as those that a vendor documents, by the name of the parameter.
        tenant_headers: the names under which the API wants the parts of a `Tenant`.
        error_codes: the API's own error codes, and the subclasses of `StatusError` to raise for them.
        idempotency_header: the name of the header for an ``idempotency_key``.
        query_style: how the API spells values in a query.
        config: where each setting came from: ``print(client.config.explain())``.
    """

    base_url: str = ""
    env_prefix: ClassVar[str] = ""
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    tenant_headers: ClassVar[TenantHeaders] = TenantHeaders()
    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {}
    idempotency_header: ClassVar[str] = "Idempotency-Key"
    query_style: ClassVar[QueryStyle] = QueryStyle()

    config: Config
    _recipe: Recipe

    def __new__(cls, *arguments: Any, **options: Any) -> Self:
        self = super().__new__(cls)
        self._recipe = Recipe(cls, arguments, options)
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
        self._options = _first_options(config, options)
        self._tenant_pinned = False
        self._makes_keys = False
        self._follow_redirects: FollowRedirects = check_rule(options.get("follow_redirects", "same-origin"))
        self._headers = Headers({"Accept": "application/json", "User-Agent": _user_agent(type(self))})
        self._headers.merge(options.get("headers"))
        transport = options.get("transport")
        self._core = _Core(
            transport or _default_transport(options),
            self._source_for(options.get("auth"), options.get("token_store")),
            owns_transport=transport is None,
        )
        self._middleware = (tuple(options.get("middleware", ())), tuple(options.get("attempt_middleware", ())))
        self._traffic = _traffic(options)
        stack = list(self.build_stack())
        check_stack(stack)
        self._core.handler = self._send = build_chain(stack, self._core.send)
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
        one's."""
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
            raise ConfigurationError(f"auth= is a {type(auth).__name__}; give a Credential or a TokenSource")
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
            InvalidRequestError: the arguments make no request; nothing was sent.
            TokenError: there is no usable token; the request was not sent.
            TransportError: no complete response came back.
            StatusError: the status is not 2xx.
            DecodeError: the body is not what the model says.
        """
        request = self.build_request(method, template, **arguments)
        del arguments  # it may hold a secret in plain text, which a traceback with locals would show
        total = request.options.timeout.total
        if total is not None:
            request.deadline = request.clock.monotonic() + total
        response = await self._send(request)  # what `send` does, one coroutine less on the way of every call
        if not 200 <= response.status < 300:
            response = await self._redirected(response)
            if not response.is_success:
                raise self._status_error(response)
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
        if request.deadline is None and request.options.timeout.total is not None:
            request.deadline = request.clock.monotonic() + request.options.timeout.total
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
            with suppress(TransportError):  # the status is what counts, however much of its body comes
                await response.read(ERROR_BODY_LIMIT)
            raise self._status_error(response)
        finally:
            await response.aclose()

    @overload
    def events(
        self,
        method: str,
        template: str,
        *,
        model: type[T],
        reconnect: Reconnect | bool = False,
        last_event_id: str = "",
        end_mark: str | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> EventStream[T]: ...
    @overload
    def events(
        self,
        method: str,
        template: str,
        *,
        model: TypeForm[T],
        reconnect: Reconnect | bool = False,
        last_event_id: str = "",
        end_mark: str | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> EventStream[T]: ...
    @overload
    def events(
        self,
        method: str,
        template: str,
        *,
        reconnect: Reconnect | bool = False,
        last_event_id: str = "",
        end_mark: str | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> EventStream[ServerSentEvent]: ...
    def events(
        self,
        method: str,
        template: str,
        *,
        model: Any = UNSET,
        reconnect: Reconnect | bool = False,
        last_event_id: str = "",
        end_mark: str | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> EventStream[Any]:
        """A stream of server-sent events, for ``async with`` and ``async for``. Nothing is sent before the block.

        The head of the response comes within ``timeout.total``; after it only ``timeout.idle`` counts, from byte to
        byte. What breaks before the first event was handed out is repeated by the `Retry` of the call; after it,
        nothing is, unless ``reconnect`` says so.

        Args:
            method: the HTTP method.
            template: as for `request`.
            model: what the data of an event is, such as ``tagged("type", Token, Done)``; left out, the items are
                `ServerSentEvent`.
            reconnect: True, or a `Reconnect`, to take the stream up again by ``Last-Event-ID``.
            last_event_id: where an earlier stream ended: the server sends what came after it.
            end_mark: the data of the event that ends the stream, such as ``"[DONE]"``; it is not handed out.
            arguments: as for `request`. The tenant is fixed now, also one of a `tenant_scope`.

        Raises:
            StreamError: in the block: the response is no event stream, a line has more than 1 MiB, or an event tells of
                an error (see `stream_error`).
            TokenError, TransportError, StatusError, DecodeError: in the block, as `request`.
        """
        from asdk.event_stream import EventStream, Reconnect

        request = self._stream_request(EventStream.accept, method, template, arguments)
        request.headers.setdefault("Cache-Control", "no-store")
        return EventStream(
            request,
            self._open,
            None if model is UNSET else decoder_for(model),
            self.stream_error,
            reconnect=Reconnect() if reconnect is True else reconnect or None,
            last_event_id=last_event_id,
            end_mark=end_mark,
        )

    @overload
    def json_lines(
        self, method: str, template: str, *, model: type[T], **arguments: Unpack[RequestArguments]
    ) -> JsonLineStream[T]: ...
    @overload
    def json_lines(
        self, method: str, template: str, *, model: TypeForm[T], **arguments: Unpack[RequestArguments]
    ) -> JsonLineStream[T]: ...
    @overload
    def json_lines(self, method: str, template: str, **arguments: Unpack[RequestArguments]) -> JsonLineStream[Any]: ...
    def json_lines(
        self, method: str, template: str, *, model: Any = Any, **arguments: Unpack[RequestArguments]
    ) -> JsonLineStream[Any]:
        """A stream of newline-delimited JSON, a value a line, for ``async with`` and ``async for``.

        Args:
            method: the HTTP method.
            template: as for `request`.
            model: what a line is; left out, plain JSON data.
            arguments: as for `request`. The tenant is fixed now, also one of a `tenant_scope`.

        Raises:
            StreamError: in the block: the response is HTML, or a line has more than 1 MiB.
            TokenError, TransportError, StatusError, DecodeError: in the block, as `request`.
        """
        from asdk.event_stream import JsonLineStream

        request = self._stream_request(JsonLineStream.accept, method, template, arguments)
        return JsonLineStream(request, self._open, decoder_for(model))

    async def download(
        self,
        template: str,
        *,
        to: str | os.PathLike[str],
        progress: ProgressCallback | None = None,
        resume: bool = True,
        sha256: str | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> Downloaded:
        """Download a file by GET. It gets its name when all of it is there and checked, never before.

        What came is kept in ``.name.part`` beside it. A download that breaks goes on from there, by Range and If-Range,
        within the `Retry` policy, whose attempts are counted anew whenever the download got on; one that was killed
        goes on when it is called again for the same URL and tenant. That needs a strong ETag or a Last-Modified date:
        where the server gives none, or the file has changed, it starts over; parts of two versions are never mixed.
        ``timeout.total`` bounds each head, ``timeout.idle`` each silence of a body.

        Args:
            template: as for `request`. An absolute URL on another origin gets no credentials.
            to: the path of the file; a file that is there is replaced.
            progress: called with the bytes on the disk and the size of the file, None if the server tells none.
            resume: False to throw away what an earlier download left.
            sha256: what the file must have, in hex, beside the digests that the server announces.
            arguments: as for `request`.

        Returns:
            Path and size, what was checked, and how much of it an earlier download had left.

        Raises:
            InvalidRequestError: the file cannot be written, or is being downloaded already.
            IntegrityError: length or digest are not what was announced; what came is thrown away.
            StreamError: writing failed on the way, such as for a full disk.
            TokenError, TransportError, StatusError: as `request`; what came is kept.
        """
        from asdk.files import Download

        request = self.build_request("GET", template, **arguments)
        del arguments
        if request.headers.get("Accept") == self._headers.get("Accept"):
            request.headers["Accept"] = "*/*"
        return await Download(request, self._open, to, progress=progress, resume=resume, sha256=sha256).run()

    def _stream_request(self, accept: str, method: str, template: str, arguments: RequestArguments) -> Request:
        request = self.build_request(method, template, **arguments)
        if request.headers.get("Accept") == self._headers.get("Accept"):  # the call asks for nothing else
            request.headers["Accept"] = accept
        return request

    @overload
    def paginate(
        self,
        template: str,
        *,
        strategy: PageStrategy,
        model: type[T],
        prefetch: int = 0,
        **arguments: Unpack[RequestArguments],
    ) -> Paginator[T]: ...
    @overload
    def paginate(
        self,
        template: str,
        *,
        strategy: PageStrategy,
        model: TypeForm[T],
        prefetch: int = 0,
        **arguments: Unpack[RequestArguments],
    ) -> Paginator[T]: ...
    @overload
    def paginate(
        self, template: str, *, strategy: PageStrategy, prefetch: int = 0, **arguments: Unpack[RequestArguments]
    ) -> Paginator[Any]: ...
    def paginate(
        self,
        template: str,
        *,
        strategy: PageStrategy,
        model: Any = Any,
        prefetch: int = 0,
        **arguments: Unpack[RequestArguments],
    ) -> Paginator[Any]:
        """A collection that is fetched page by page, by GET. Nothing is sent before the first ``async for``.

        Args:
            template: the path of the collection.
            strategy: how the API divides it, such as `PageNumbers`.
            model: what one item is; left out, plain JSON data.
            prefetch: how many pages to fetch ahead, see `Paginator.prefetch`.
            arguments: as for `request`. The tenant is fixed now, also one of a `tenant_scope`.
        """
        params = dict(arguments.get("params") or {})
        tenant = arguments["tenant"] = self._tenant(arguments.get("tenant", UNSET))

        async def fetch(cursor: PageCursor) -> Response:
            if isinstance(cursor, str):  # a link that a server gave, or a kept cursor: it must not lead elsewhere
                link: RequestArguments = {**arguments, "params": None, "path_params": None}
                request = self.build_request("GET", follow(cursor, home()), **link)
                request.template = template
            else:
                page: RequestArguments = {**arguments, "params": {**params, **cursor}}
                request = self.build_request("GET", template, **page)
            response = await self.send(request)
            if not response.is_success:
                raise self._status_error(response)
            return response

        def home() -> str:
            return self.build_request("GET", template, **arguments).url

        return Paginator(
            fetch,
            decoder_for(model).from_data,
            strategy,
            params,
            template,
            prefetch=prefetch,
            collection=lambda: f"{home()} {tenant}",
        )

    def map(
        self,
        function: Callable[[I], Awaitable[R]],
        items: Iterable[I] | AsyncIterable[I],
        *,
        concurrency: int = 10,
        ordered: bool = True,
        progress: bool | str | ProgressDisplay = False,
    ) -> Outcomes[R]:
        """Call an async function for each of many inputs, several at a time; nothing runs before the ``async for``.

        ::

            async for outcome in client.map(client.studies.get, accessions, progress=True):
                print(outcome.value if outcome.ok else outcome.error)

        An input that fails does not end the others: its `Outcome` holds the error. What comes in may be endless: of it
        no more is taken than a few times the concurrency, ahead of who reads the outcomes. Leaving the loop cancels
        what runs. The limits of the client, such as its connections, hold for these calls as for all.

        Args:
            function: takes one input; a method of a resource, or a function of your own that makes several calls.
            items: the inputs, from a list, a generator, a `Paginator` or any other iterable, sync or async.
            concurrency: how many calls run at a time.
            ordered: hand the outcomes out in the order of the inputs; False: as they come.
            progress: show how far it is, see `asdk.progress`; a string is what to call it. A `ProgressDisplay` that is
                given shows several things at once.

        Returns:
            An async iterator of `Outcome`. The tenant of a `tenant_scope` around this call holds for all of them.

        Raises:
            InvalidRequestError: an argument is not what it has to be, or the function is not async.
        """
        from asdk.mapping import Outcomes

        return Outcomes(function, items, concurrency=concurrency, ordered=ordered, progress=progress, clock=self._clock)

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
        dialect of its own; `asdk.event_stream.error_in` reads the data.

        Args:
            event: as the server sent it. One with the type ``error`` is an error, unless this is overridden.
        """
        if event.event != "error":
            return None
        from asdk.event_stream import error_in

        return error_in(event, self.describe_error)

    def _status_error(self, response: Response) -> StatusError:
        if is_redirect(response):
            return redirect_error(response, str(next_request(response, self._follow_redirects)))
        return status_error(response, self.describe_error, self.error_codes)

    # --- copies and the end -----------------------------------------------------------------------------------------

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """A copy that does some things differently: same pool, same token, same everything else.

        Raises:
            InvalidRequestError: an option is unknown or cannot be used.
        """
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._recipe = self._recipe.followed_by(options)
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

    async def get_token(self, *, renew: bool = False) -> Token:
        """The token that a call would present now, for what is no call of this client, such as a websocket.

        Args:
            renew: get a new one, though the one at hand may still be good.

        Raises:
            ConfigurationError: this client has no credential.
            TokenError: there is no usable token.
        """
        source, tenant = self._core.source, self._tenant(UNSET)
        if source is None:
            raise ConfigurationError(f"{type(self).__name__} was built without a credential: there is no token to get")
        within = self._options.timeout.total
        token = await source.get(self._core.send, tenant=tenant, within=within)
        return await source.get(self._core.send, tenant=tenant, within=within, rejected=token) if renew else token

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
        return rebuild, (type(self), *self._recipe.write_down(self.config))

    def __repr__(self) -> str:
        tenant = f" for {self._options.tenant}" if self._options.tenant is not None else ""
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


def _default_transport(options: ClientOptions) -> Transport:
    # aiohttp takes half a second to import: the first client pays for it, not `import asdk`.
    from asdk.transports.aiohttp import AiohttpTransport

    proxy = options.get("proxy", UNSET)
    return AiohttpTransport(limit=options.get("connections", _CONNECTIONS), proxy=proxy)


#: The traffic policies in their order, with an example of each.
_POLICIES = {
    "circuit_breaker": (Place.CIRCUIT_BREAKER, "CircuitBreaker()"),
    "concurrency": (Place.CONCURRENCY, "ConcurrencyLimit(20)"),
    "rate_limit": (Place.RATE_LIMIT, "RateLimit(per_second=10)"),
}


def _traffic(options: ClientOptions) -> tuple[AnyMiddleware, ...]:
    """The traffic policies that are asked for."""
    given: dict[str, Any] = {name: options.get(name) for name in _POLICIES}
    if given["rate_limit"] is not None and "concurrency" not in options and options.get("transport") is None:
        # Or permits would be taken and then wait for a connection, to be used all at once when a slow server recovers.
        from asdk.middleware.concurrency import ConcurrencyLimit

        given["concurrency"] = ConcurrencyLimit(options.get("connections", _CONNECTIONS))
    for name, (place, example) in _POLICIES.items():
        policy = given[name]
        if policy is not None and (isinstance(policy, type) or getattr(policy, "place", None) is not place):
            kind = f"the class {policy.__name__}" if isinstance(policy, type) else f"a {type(policy).__name__}"
            raise ConfigurationError(f"{name}= is {kind}; give a policy of asdk.middleware, such as {example}")
    return tuple(policy for policy in given.values() if policy is not None)


def _user_agent(client: type[BaseClient]) -> str:
    return f"asdk/{__version__} {client.__name__} Python/{platform.python_version()}"


def _first_options(config: Config, options: ClientOptions) -> Options:
    timeout = options.get("timeout", UNSET)
    origin = "argument"
    if isinstance(timeout, Unset):
        seconds, origin = config.number("timeout"), config.origin("timeout")
        timeout = Timeout() if seconds is None else seconds
    retry = options["retry"] if "retry" in options else Retry()
    try:
        limits = Timeout.of(timeout)
    except InvalidRequestError as error:
        problem = error.message
    else:
        return Options(timeout=limits, retry=retry, tenant=options.get("tenant"))
    raise ConfigurationError(f"timeout ({origin}): {problem}")
