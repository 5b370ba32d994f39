"""`BaseClient`: the class that every SDK on asdk subclasses.

A client is composed of a `RequestBuilder`, with what a copy made by `with_options` changes, and a
`Session`, which all copies share. Features that few clients use are imported at their first use.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, overload

from typing_extensions import TypeForm, Unpack

from asdk.auth.credentials.static import NoCredential
from asdk.auth.token import Token
from asdk.auth.token_source import TokenSource
from asdk.client.entries import Entries, Exit
from asdk.client.options import ClientOptions, RequestArguments
from asdk.client.pickling import PickledClient, rebuild
from asdk.client.request_builder import RequestBuilder
from asdk.client.session import Session
from asdk.client.settings import (
    check_parts,
    checked_host,
    default_transport,
    first_options,
    server_urls,
    token_source_for,
    traffic_policies,
    user_agent,
)
from asdk.client.unpickled import SharedParts, shared_parts
from asdk.clock import SYSTEM_CLOCK, Clock
from asdk.config import Config
from asdk.errors import ClientClosedError, ConfigurationError, StatusError, StreamError, did_you_mean
from asdk.http.bodies import ProgressCallback
from asdk.http.error_bodies import read_error
from asdk.http.headers import Headers
from asdk.http.link_header import resolve_next_link
from asdk.http.options import CallOptions, Tenant, TenantHeaders, Timeout, TimeoutTypes
from asdk.http.redirects import check_rule, is_redirect
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.status_errors import hint_for_401, redirect_error, status_error
from asdk.http.urls import BaseURL, QueryStyle, parse_url
from asdk.middleware.auth import AuthMiddleware
from asdk.middleware.chain import AnyMiddleware, Gate
from asdk.middleware.logging import LoggingMiddleware
from asdk.middleware.retry import RetryMiddleware
from asdk.middleware.tenant import TenantMiddleware
from asdk.models.decoding import decoder_for
from asdk.pagination import CursorScope, PageCursor, PageStrategy, Paginator
from asdk.pagination.cursor import check_cursor_key
from asdk.redaction import clean_tracebacks, strip_frames
from asdk.resources import ResourceAttribute
from asdk.secret import Secret
from asdk.unset import UNSET, Unset

if TYPE_CHECKING:
    from asdk.bulk import MapResults
    from asdk.progress import ProgressDisplay
    from asdk.streaming.parsers import ServerSentEvent
    from asdk.streaming.streams import EventStream, JsonLineStream, Reconnect
    from asdk.transfers.download import DownloadResult

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an input
R = TypeVar("R")

# A library logs nothing by default: an application that wants the records configures logging.
logging.getLogger("asdk").addHandler(logging.NullHandler())

_CLIENT_OPTIONS = frozenset(ClientOptions.__annotations__)


class BaseClient:
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
    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {}
    idempotency_header: ClassVar[str] = "Idempotency-Key"
    query_style: ClassVar[QueryStyle] = QueryStyle()

    config: Config
    _pickled: PickledClient
    _builder: RequestBuilder
    _session: Session
    _entries: Entries
    _closed: bool = False

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
        auth = options.get("auth")
        if auth is not None and not isinstance(auth, NoCredential):
            config.check_sources(argument="auth")
        clock = options.get("clock", SYSTEM_CLOCK)
        defaults = first_options(config, options)
        rule = check_rule(options.get("follow_redirects", "same-origin"))
        headers = Headers({"Accept": "application/json", "User-Agent": user_agent(type(self))})
        plain = frozenset(name.lower() for name in self.plain_headers)
        headers.merge(self.default_headers, plain=plain)
        headers.merge(options.get("headers"), plain=plain)
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
        cls, *, dotenv: str | os.PathLike[str] | None = ".env", environ: Mapping[str, str] | None = None, **options: Any
    ) -> Self:
        """Build a client that reads its settings from another file or environment.

        Args:
            dotenv: a settings file in dotenv format; None for none.
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
        return [*stack, *self._parts.traffic, TenantMiddleware(self.tenant_headers)]

    def build_request(self, method: str, template: str, **arguments: Unpack[RequestArguments]) -> Request:
        """Return the request that a call with these arguments would send; nothing is sent.

        Every call of this client builds its requests here. Override it to change them.

        Raises:
            InvalidRequestError: an argument is invalid.
        """
        return self._builder.build(method, template, **arguments)

    def describe_error(self, data: Any) -> tuple[str | None, str | None]:
        """Return the API's code and message in the body of an error. Override it for an API with its own format.

        Args:
            data: the body as JSON data, None if it is not JSON.
        """
        return read_error(data)

    def stream_error(self, event: ServerSentEvent) -> StreamError | None:
        """Return the error that an event of a stream reports, None for any other event.

        Override it for an API with its own format; `asdk.streaming.streams.error_in` reads the data.

        Args:
            event: as the server sent it. One with the type ``error`` is an error, unless this is overridden.
        """
        if event.event != "error":
            return None
        from asdk.streaming.streams import error_in

        return error_in(event, self.describe_error)

    def status_error(self, response: Response) -> StatusError:
        """Return the error for a status that is not 2xx.

        Override it, and call this one, where an API has more to say: another class by `AsdkError.convert_to`, or a
        ``hint``. `describe_error` and ``error_codes`` are enough for most.

        Args:
            response: with its request; the body has been read.
        """
        if is_redirect(response):
            return redirect_error(response, str(self._session.next_request(response)))
        hint = None
        if response.status in (401, 403) and not response.request.same_origin:
            origin, _ = parse_url(response.request.url)
            hint = f"no credentials were sent to {origin}, which is another origin; add it to servers="
        elif response.status == 401:
            source = self._session.source
            renewable = source is not None and source.credential.storable
            hint = hint_for_401(response.request, refreshable=renewable, secrets=self.config.secrets_found())
        return status_error(response, self.describe_error, self.error_codes, hint)

    # --- calls --------------------------------------------------------------------------------------------------------

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
            model: the type of the body: a class, ``list[User]``, ``A | B``, a ``Literal``; None for nothing, the body
                is then ignored. Left out, the body is returned as plain JSON data.
            arguments: the parts of the request, and what this call does differently from the client.

        Raises:
            InvalidRequestError: an argument is invalid, and nothing was sent; or the body could not be read to its end.
            TokenError: there is no usable token; the request was not sent.
            TransportError: no complete response arrived.
            StatusError: the status is not 2xx.
            DecodeError: the body does not match the model.
        """
        try:
            try:
                request = self.build_request(method, template, **arguments)
            finally:
                del arguments  # it may hold a secret in plain text, which a traceback with locals would show
            total = request.options.timeout.total
            if total is not None:
                request.state.deadline = request.clock.monotonic() + total
            if self._closed:
                raise self._closed_error()
            response = await self._session.chain(request)  # as `send`, with one coroutine less per call
            if not 200 <= response.status < 300:
                response = await self._session.follow(response)
                if not response.is_success:
                    raise self.status_error(response)
            if model is None:
                return None
            if model is UNSET:
                content = response.content
                if not content or content.isspace():
                    return None
                del content  # as above
                return response.json()
            return response.decode(model)
        except BaseException as error:
            strip_frames(error)
            raise

    async def send(self, request: Request) -> Response:
        """Send a request through the chain, and raise nothing for its status.

        A redirect that is not followed is returned too.

        Raises:
            TokenError: there is no usable token; the request was not sent.
            TransportError: no complete response arrived.
        """
        if request.same_origin and not request.on_send:  # a request that was not built by a client
            request.on_send = self._session.on_send
        try:
            if self._closed:
                raise self._closed_error()
            return await self._session.send(request)
        except BaseException as error:
            strip_frames(error)
            raise

    @asynccontextmanager
    async def stream(
        self, method: str, template: str, **arguments: Unpack[RequestArguments]
    ) -> AsyncGenerator[Response, None]:
        """Send a request and leave the body open, for ``async with``; leaving the block frees the connection.

        Raises:
            As `request`, except DecodeError.
        """
        try:
            request = self.build_request(method, template, **arguments)
        finally:
            del arguments
        response = await self._open(request)
        try:
            yield response
        finally:
            await response.aclose()

    async def _open(self, request: Request) -> Response:
        try:
            if self._closed:
                raise self._closed_error()
            return await self._session.open(request, self.status_error)
        except BaseException as error:
            strip_frames(error)
            raise

    @overload
    def events(
        self,
        method: str,
        template: str,
        *,
        model: type[T],
        reconnect: Reconnect | bool = False,
        last_event_id: str = "",
        sentinel: str | None = None,
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
        sentinel: str | None = None,
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
        sentinel: str | None = None,
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
        sentinel: str | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> EventStream[Any]:
        """Return a stream of server-sent events, for ``async with`` and ``async for``.

        Nothing is sent before the block. The head of the response must arrive within ``timeout.total``; after it only
        ``timeout.idle`` applies, between two bytes. A failure before the first event is retried by the `Retry` of the
        call; a later one is not, unless ``reconnect`` is set.

        Args:
            method: the HTTP method.
            template: as for `request`.
            model: the type of an event's data, such as ``tagged("type", Token, Done)``; left out, the items are
                `ServerSentEvent`.
            reconnect: True, or a `Reconnect`, to resume the stream by ``Last-Event-ID``.
            last_event_id: the last event of an earlier stream: the server sends the events after it.
            sentinel: the data of the event that closes the stream, such as ``"[DONE]"``; it is not returned.
            arguments: as for `request`. The tenant is fixed now, also one of a `tenant_scope`.

        Raises:
            StreamError: in the block: the response is not an event stream, a line is too long, or an event
                reports an error (see `stream_error`).
            TokenError, TransportError, StatusError, DecodeError: in the block, as `request`.
        """
        from asdk.streaming.streams import EventStream, Reconnect

        request = self._stream_request(EventStream.accept, method, template, arguments)
        request.headers.setdefault("Cache-Control", "no-store")
        return EventStream(
            request,
            self._open,
            None if model is UNSET else decoder_for(model),
            self.stream_error,
            reconnect=Reconnect() if reconnect is True else reconnect or None,
            last_event_id=last_event_id,
            sentinel=sentinel,
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
        """Return a stream of newline-delimited JSON, one value per line, for ``async with`` and ``async for``.

        Args:
            method: the HTTP method.
            template: as for `request`.
            model: the type of a line; left out, plain JSON data.
            arguments: as for `request`. The tenant is fixed now, also one of a `tenant_scope`.

        Raises:
            StreamError: in the block: the response is HTML, or a line is too long.
            TokenError, TransportError, StatusError, DecodeError: in the block, as `request`.
        """
        from asdk.streaming.streams import JsonLineStream

        request = self._stream_request(JsonLineStream.accept, method, template, arguments)
        return JsonLineStream(request, self._open, decoder_for(model))

    async def download(
        self,
        template: str,
        *,
        to: str | os.PathLike[str],
        progress: ProgressCallback | ProgressDisplay | None = None,
        resume: bool = True,
        sha256: str | None = None,
        source: str | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> DownloadResult:
        """Download a file by GET. The file gets its name only when it is complete and checked.

        The partial file is kept in ``.name.part`` beside it. A download that breaks is resumed from there, by Range and
        If-Range, within the `Retry` policy and its quota; its attempts are counted from zero whenever the download made
        progress. A download that was killed is resumed when it is called again for the same URL and tenant. Resuming
        needs a strong ETag or a Last-Modified date: if the server sends neither, or the file has changed, the download
        starts over; parts of two versions are never mixed. ``timeout.total`` bounds each head, ``timeout.idle`` each
        pause of a body.

        Args:
            template: as for `request`. An absolute URL on another origin gets no credentials.
            to: the path of the file; an existing file is replaced.
            progress: called with the bytes on disk and the size of the file, None if it is unknown; or a display of
                `asdk.progress`, which has a line for each download.
            resume: False to discard the partial file of an earlier download.
            sha256: the expected digest in hex, in addition to the digests that the server announces.
            source: a name for the file if its URL changes each time, such as for a signed link: a download of the same
                source is resumed under any URL.
            arguments: as for `request`.

        Returns:
            Path and size, which digests were checked, and how many bytes came from an earlier download.

        Raises:
            InvalidRequestError: the file cannot be written, or is already being downloaded.
            IntegrityError: length or digest do not match; the partial file is discarded.
            StreamError: writing failed, such as for a full disk.
            TokenError, TransportError, StatusError: as `request`; the partial file is kept.
        """
        from asdk.transfers.download import Download

        try:
            request = self._stream_request("*/*", "GET", template, arguments)
        finally:
            del arguments
        if not request.same_origin:  # the URL often comes from a server
            request.state.confined_to = self._session.gate.base
        download = Download(request, self._open, to, progress=progress, resume=resume, sha256=sha256, source=source)
        with clean_tracebacks:
            return await download.run()

    def _stream_request(self, accept: str, method: str, template: str, arguments: RequestArguments) -> Request:
        request = self.build_request(method, template, **arguments)
        if request.headers.get("Accept") == self._builder.headers.get("Accept"):  # the call sets no other
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
        cursor_key: str | bytes | Secret | None = None,
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
        cursor_key: str | bytes | Secret | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> Paginator[T]: ...
    @overload
    def paginate(
        self,
        template: str,
        *,
        strategy: PageStrategy,
        prefetch: int = 0,
        cursor_key: str | bytes | Secret | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> Paginator[Any]: ...
    def paginate(
        self,
        template: str,
        *,
        strategy: PageStrategy,
        model: Any = Any,
        prefetch: int = 0,
        cursor_key: str | bytes | Secret | None = None,
        **arguments: Unpack[RequestArguments],
    ) -> Paginator[Any]:
        """Return a collection that is fetched page by page, by GET. Nothing is sent before the first ``async for``.

        Args:
            template: the path of the collection.
            strategy: the pagination of the API, such as `PageNumbers`.
            model: the type of an item; left out, plain JSON data.
            prefetch: how many pages to fetch ahead, see `Paginator.prefetch`.
            cursor_key: signs the cursors, see `Paginator.with_cursor_key`.
            arguments: as for `request`. The tenant is fixed now, also one of a `tenant_scope`.
        """
        params, decoder = dict(arguments.get("params") or {}), decoder_for(model)
        tenant = arguments["tenant"] = self._builder.tenant_for(arguments.get("tenant", UNSET))
        trusted = self._builder.trusted

        async def fetch(cursor: PageCursor) -> Response:
            if isinstance(cursor, str):  # a link of the server, or of a stored cursor: never to a foreign origin
                link: RequestArguments = {**arguments, "params": None, "path_params": None}
                request = self.build_request("GET", resolve_next_link(cursor, home(), trusted), **link)
                request.template = template
            else:
                page: RequestArguments = {**arguments, "params": {**params, **cursor}}
                request = self.build_request("GET", template, **page)
            response = await self.send(request)
            if not response.is_success:
                raise self.status_error(response)
            response.exact_numbers = decoder.is_exact
            return response

        def home() -> str:
            return self.build_request("GET", template, **arguments).url

        return Paginator(
            fetch,
            decoder.from_data,
            strategy,
            params,
            template,
            prefetch=prefetch,
            scope=CursorScope(home, tenant, check_cursor_key(cursor_key), trusted),
        )

    def map(
        self,
        function: Callable[[I], Awaitable[R]],
        items: Iterable[I] | AsyncIterable[I],
        *,
        concurrency: int = 10,
        ordered: bool = True,
        progress: bool | str | ProgressDisplay = False,
    ) -> MapResults[R]:
        """Call an async function for many inputs, several at a time. Nothing runs before the ``async for``.

        ::

            async for outcome in client.map(client.studies.get, accessions, progress=True):
                print(outcome.value if outcome.ok else outcome.error)

        An input that fails does not stop the others: its `Outcome` contains the error. The inputs may be endless: no
        more than a few times the concurrency are read ahead of the outcomes. Leaving the loop cancels the running
        calls. The limits of the client, such as its connections, apply to these calls too.

        Args:
            function: takes one input; a method of a resource, or a function that makes several calls.
            items: the inputs, from a list, a generator, a `Paginator` or any other iterable, sync or async.
            concurrency: how many calls run at a time.
            ordered: return the outcomes in the order of the inputs; False: in order of completion.
            progress: show the progress, see `asdk.progress`; a string is its label. A `ProgressDisplay` can show
                several of them at once.

        Returns:
            An async iterator of `Outcome`. The tenant of a `tenant_scope` around this call applies to all of them.

        Raises:
            InvalidRequestError: an argument is invalid, or the function is not async.
        """
        from asdk.bulk import MapResults

        return MapResults(
            function, items, concurrency=concurrency, ordered=ordered, progress=progress, clock=self.clock
        )

    # --- tokens, copies and the end -----------------------------------------------------------------------------------

    @property
    def token_source(self) -> TokenSource | None:
        """Return the owner of this client's token; pass it to another client as ``auth=`` to share the token."""
        return self._session.source

    @property
    def current_tenant(self) -> Tenant | None:
        """Return the tenant of a call that names none: of `with_options`, a `tenant_scope`, or the constructor."""
        return self._builder.tenant_for()

    @property
    def clock(self) -> Clock:
        """Return the clock that every time and wait of this client goes through."""
        return self._builder.clock

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

    def _closed_error(self) -> ClientClosedError:
        return ClientClosedError(f"this {type(self).__name__} was closed by aclose(); use it in 'async with' again")

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
    name for name in (*vars(BaseClient), *BaseClient.__annotations__) if not name.startswith("_")
)
