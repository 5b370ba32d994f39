"""`CollectionCalls`: many calls behind one method: pages and maps; a base class of `BaseClient`."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from typing_extensions import TypeForm, Unpack

from asdk.client.calls import ClientCalls
from asdk.client.options import RequestArguments
from asdk.http.link_header import resolve_next_link
from asdk.http.response import Response
from asdk.models.decoding import decoder_for
from asdk.models.encoding import encode_json
from asdk.pagination import CursorScope, PageCursor, PageStrategy, Paginator
from asdk.pagination.bodies import body_params, page_body, with_cursor
from asdk.pagination.cursor import check_cursor_key
from asdk.secret import Secret
from asdk.unset import UNSET

if TYPE_CHECKING:
    from asdk.bulk import MapResults
    from asdk.progress import ProgressDisplay

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an input
R = TypeVar("R")


class CollectionCalls(ClientCalls):
    """Calls that are made of many requests."""

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
        """Return a collection that is fetched page by page. Nothing is sent before the first ``async for``.

        The pages are fetched by GET, and the cursor is in the query. With ``json=`` they are fetched by POST, and the
        cursor is in the body: the names of the strategy are paths in it, such as ``"variables.after"``.

        Args:
            template: the path of the collection.
            strategy: the pagination of the API, such as `PageNumbers`.
            model: the type of an item; left out, plain JSON data.
            prefetch: how many pages to fetch ahead, see `Paginator.prefetch`.
            cursor_key: signs the cursors, see `Paginator.with_cursor_key`.
            arguments: as for `request`. The tenant is fixed now, also one of a `tenant_scope`.

        Raises:
            InvalidRequestError: an argument is invalid, such as a ``json`` that is a list.
        """
        params, decoder = dict(arguments.get("params") or {}), decoder_for(model)
        given = arguments.get("json", UNSET)
        body = None if given is UNSET else page_body(given)
        method = "GET" if body is None else "POST"
        if body is not None:
            arguments.setdefault("idempotent", True)  # reading a page changes nothing
        tenant = arguments["tenant"] = self._builder.tenant_for(arguments.get("tenant", UNSET))
        trusted = self._builder.trusted

        async def fetch(cursor: PageCursor) -> Response:
            if isinstance(cursor, str):  # a link of the server, or of a stored cursor: never to a foreign origin
                link: RequestArguments = {**arguments, "params": None, "path_params": None}
                request = self.build_request(method, resolve_next_link(cursor, home(), trusted), **link)
                request.template = template
            else:
                page: RequestArguments = {**arguments}
                if body is None:
                    page.update({"params": {**params, **cursor}})
                else:
                    page.update({"json": with_cursor(body, cursor)})
                request = self.build_request(method, template, **page)
            response = await self.send(request)
            self._raise_for_error(response)
            response.exact_numbers = decoder.is_exact
            return response

        def home() -> str:
            return self.build_request(method, template, **arguments).url

        return Paginator(
            fetch,
            decoder.from_data,
            strategy,
            params if body is None else body_params(body, getattr(strategy, "carries", ())),
            template,
            prefetch=prefetch,
            scope=CursorScope(
                home, tenant, check_cursor_key(cursor_key), trusted, b"" if body is None else encode_json(body)
            ),
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
