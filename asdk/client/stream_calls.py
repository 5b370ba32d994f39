"""`StreamCalls`: bodies that are read as they arrive, such as events and downloads; a base class of `BaseClient`."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, TypeVar, overload

from typing_extensions import TypeForm, Unpack

from asdk.client.calls import ClientCalls
from asdk.client.options import RequestArguments
from asdk.http.bodies import ProgressCallback
from asdk.http.request import Request
from asdk.models.decoding import decoder_for
from asdk.redaction import clean_tracebacks
from asdk.unset import UNSET

if TYPE_CHECKING:
    from asdk.progress import ProgressDisplay
    from asdk.streaming.parsers import ServerSentEvent
    from asdk.streaming.streams import EventStream, JsonLineStream, Reconnect
    from asdk.transfers.download import DownloadResult

T = TypeVar("T")


class StreamCalls(ClientCalls):
    """Calls whose body is read as it arrives."""

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
        to: str | os.PathLike[str] | IO[bytes],
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
            to: the path of the file. An existing regular file is replaced, and keeps its mode and hard links; a link of
                the user is written through. Or a file that is open for writing bytes, such as a pipe or a device: it is
                written as the bytes come, and not resumed by a later call.
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
            InvalidRequestError: the file cannot be written, is not a regular one, or is already being downloaded.
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
