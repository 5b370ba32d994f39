"""`ClientCalls`: how a client builds a request, sends it and reads the response; a base class of `BaseClient`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from typing_extensions import TypeForm, Unpack

from asdk.client.options import RequestArguments
from asdk.client.request_builder import RequestBuilder
from asdk.client.session import Session
from asdk.clock import Clock
from asdk.config import Config
from asdk.errors import ClientClosedError, StatusError, StreamError
from asdk.http.error_bodies import read_error
from asdk.http.media_types import is_json
from asdk.http.options import REQUEST_ID_HEADERS, Tenant
from asdk.http.redirects import is_redirect
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.status_errors import hint_for_401, redirect_error, status_error
from asdk.http.urls import parse_url
from asdk.models.parsing import JsonValue
from asdk.models.paths import member_at
from asdk.redaction import strip_frames
from asdk.unset import UNSET

if TYPE_CHECKING:
    from asdk.streaming.parsers import ServerSentEvent

T = TypeVar("T")


class ClientCalls:
    """Single calls, and the hooks that a subclass overrides where an API has its own format."""

    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {}
    error_message_path: ClassVar[str] = ""
    error_code_path: ClassVar[str] = ""
    error_when: ClassVar[str] = ""
    request_id_headers: ClassVar[Sequence[str]] = REQUEST_ID_HEADERS

    config: Config
    _builder: RequestBuilder
    _session: Session
    _closed: bool = False

    # --- hooks for subclasses -----------------------------------------------------------------------------------------

    def build_request(self, method: str, template: str, **arguments: Unpack[RequestArguments]) -> Request:
        """Return the request that a call with these arguments would send; nothing is sent.

        Every call of this client builds its requests here. Override it to change them.

        Raises:
            InvalidRequestError: an argument is invalid.
        """
        return self._builder.build(method, template, **arguments)

    def describe_error(self, data: JsonValue) -> tuple[str | None, str | None]:
        """Return the API's code and message in the body of an error.

        They are read from ``error_code_path`` and ``error_message_path``, else from the common places. Override it for
        an API whose format these do not describe.

        Args:
            data: the body as JSON data, None if it is not JSON.
        """
        code, message = read_error(data)
        found_code = member_at(data, self.error_code_path) if self.error_code_path else None
        found_message = member_at(data, self.error_message_path) if self.error_message_path else None
        if isinstance(found_code, int) and not isinstance(found_code, bool):
            found_code = str(found_code)
        return (
            found_code if isinstance(found_code, str) and found_code else code,
            found_message if isinstance(found_message, str) and found_message.strip() else message,
        )

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

    @property
    def current_tenant(self) -> Tenant | None:
        """Return the tenant of a call that names none: of `with_options`, a `tenant_scope`, or the constructor."""
        return self._builder.tenant_for()

    @property
    def clock(self) -> Clock:
        """Return the clock that every time and wait of this client goes through."""
        return self._builder.clock

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
            session = self._session
            response = await session.chain(request)  # as `send`, with one coroutine less per call
            if not 200 <= response.status < 300:
                response = await session.follow(response)
            if request.template not in session.known_templates or request.options.on_response is not None:
                session.report(response)
            if self.error_when or not 200 <= response.status < 300:
                self._raise_for_error(response)
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

    def _raise_for_error(self, response: Response) -> None:
        """Raise the error of a response that has been read, if it is one."""
        if not response.is_success:
            raise self.status_error(response)
        if self.error_when and is_json(response.headers) and response.content:
            reported = member_at(response.json(), self.error_when)
            if reported is not None and reported is not False and reported not in ("", [], {}):
                raise self.status_error(response)

    def _closed_error(self) -> ClientClosedError:
        return ClientClosedError(f"this {type(self).__name__} was closed by aclose(); use it in 'async with' again")
