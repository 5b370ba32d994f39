"""`BaseClient`: what every SDK on asdk subclasses.

`CoreClient` has the calls of one request and one answer; here stands what is more: streams of events, downloads, walks
through pages, a function over many inputs. Each makes an object of its own; what few clients need is imported when it
is first asked for.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from typing_extensions import TypeForm, Unpack

from asdk.client.options import RequestArguments
from asdk.client.session import CoreClient
from asdk.http.bodies import ProgressCallback
from asdk.http.link_header import resolve_next_link
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.models.decoding import decoder_for
from asdk.pagination import PageCursor, PageStrategy, Paginator
from asdk.unset import UNSET

if TYPE_CHECKING:
    from asdk.bulk import MapResults
    from asdk.progress import ProgressDisplay
    from asdk.streaming.parsers import ServerSentEvent
    from asdk.streaming.streams import EventStream, JsonLineStream, Reconnect
    from asdk.transfers.download import DownloadResult

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an input
R = TypeVar("R")


class BaseClient(CoreClient):
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
            sentinel: the data of the event that ends the stream, such as ``"[DONE]"``; it is not handed out.
            arguments: as for `request`. The tenant is fixed now, also one of a `tenant_scope`.

        Raises:
            StreamError: in the block: the response is no event stream, a line has more than 1 MiB, or an event tells of
                an error (see `stream_error`).
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
        """Download a file by GET. It gets its name when all of it is there and checked, never before.

        What came is kept in ``.name.part`` beside it. A download that breaks goes on from there, by Range and If-Range,
        within the `Retry` policy, whose attempts are counted anew whenever the download got on, and else within its
        quota; one that was killed goes on when it is called again for the same URL and tenant. That needs a strong ETag
        or a Last-Modified date: where the server gives none, or the file has changed, it starts over; parts of two
        versions are never mixed. ``timeout.total`` bounds each head, ``timeout.idle`` each silence of a body.

        Args:
            template: as for `request`. An absolute URL on another origin gets no credentials.
            to: the path of the file; a file that is there is replaced.
            progress: called with the bytes on the disk and the size of the file, None if the server tells none; or a
                display of `asdk.progress`, in which each of many downloads has a line.
            resume: False to throw away what an earlier download left.
            sha256: what the file must have, in hex, beside the digests that the server announces.
            source: what is downloaded, where the URL is another one each time, such as a signed link: a download of the
                same source goes on, whatever its URL was.
            arguments: as for `request`.

        Returns:
            Path and size, what was checked, and how much of it an earlier download had left.

        Raises:
            InvalidRequestError: the file cannot be written, or is being downloaded already.
            IntegrityError: length or digest are not what was announced; what came is thrown away.
            StreamError: writing failed on the way, such as for a full disk.
            TokenError, TransportError, StatusError: as `request`; what came is kept.
        """
        from asdk.transfers.download import Download

        request = self._stream_request("*/*", "GET", template, arguments)
        del arguments
        download = Download(request, self._open, to, progress=progress, resume=resume, sha256=sha256, source=source)
        return await download.run()

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
                request = self.build_request("GET", resolve_next_link(cursor, home()), **link)
                request.template = template
            else:
                page: RequestArguments = {**arguments, "params": {**params, **cursor}}
                request = self.build_request("GET", template, **page)
            response = await self.send(request)
            if not response.is_success:
                raise self.status_error(response)
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
    ) -> MapResults[R]:
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
        from asdk.bulk import MapResults

        return MapResults(
            function, items, concurrency=concurrency, ordered=ordered, progress=progress, clock=self._clock
        )
