"""`QuerySet`: a collection of MGnify, described first and fetched when it is asked for. Made by the resources."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from asdk.errors import InvalidRequestError
from asdk.models import model
from asdk.options import CallOptions
from asdk.pagination import PageNumbers, Paginator
from asdk.records import Records

if TYPE_CHECKING:
    from asdk.clients.mgnify.client import MGnify

T = TypeVar("T")

_PAGES = PageNumbers(items="items", total="count")


@model
class _Count:
    count: int


class QuerySet(Generic[T]):
    """A lazy collection: making it, narrowing it and explaining it send nothing.

    ``async for record in query_set`` walks through all of it, page after page; a page that fails raises and is never
    skipped. Each use fetches anew.
    """

    __slots__ = ("_authenticate", "_client", "_filters", "_model", "_options", "_path_params", "_template")

    def __init__(
        self,
        client: MGnify,
        template: str,
        model: type[T],
        filters: Mapping[str, object],
        *,
        path_params: Mapping[str, object] | None = None,
        authenticate: bool = True,
        options: CallOptions | None = None,
    ) -> None:
        """
        Args:
            client: fetches the pages.
            template: the path template of the collection.
            model: what one record is.
            filters: the query, by the server's names: every one that there is, with None for what is left out.
            path_params: a value for each parameter of the template.
            authenticate: False where the server looks at no token.
            options: what the calls do differently.
        """
        self._client = client
        self._template = template
        self._model = model
        self._filters = filters
        self._path_params = path_params
        self._authenticate = authenticate
        self._options = CallOptions() if options is None else options

    # --- without the network ----------------------------------------------------------------------------------------

    def filter(self, **filters: object) -> QuerySet[T]:
        """The same collection, narrowed further.

        Args:
            filters: by the names that the collection's method takes, such as ``search="gut"``; None takes one away.

        Raises:
            InvalidRequestError: the collection has no such filter. The server would pass it over without a word.
        """
        unknown = sorted(filters.keys() - self._filters.keys())
        if unknown:
            raise InvalidRequestError(
                f"{self._template} has no filter {', '.join(unknown)}; it has {', '.join(self._filters)}"
            )
        narrowed = copy.copy(self)
        narrowed._filters = {**self._filters, **filters}
        return narrowed

    def explain(self, pages: int = 1) -> list[str]:
        """The URLs that this collection fetches, page by page. Nothing is sent, so how many there are is not known.

        Args:
            pages: for how many pages.
        """
        return [self._url(number) for number in range(1, pages + 1)]

    # --- with it ----------------------------------------------------------------------------------------------------

    async def count(self) -> int:
        """How many records there are now.

        Raises:
            UnprocessableError: a filter has a value that the server does not take.
        """
        found = await self._client.request(
            "GET",
            self._template,
            path_params=self._path_params,
            params={**self._filters, "page": 1, "page_size": 1},
            model=_Count,
            authenticate=self._authenticate,
            **self._options,
        )
        return found.count

    async def preview(self, rows: int = 10) -> Records[T]:
        """The first records, for a look at what the query means; a notebook shows them as a table.

        Args:
            rows: how many, 100 at most.
        """
        return await self.filter(page_size=rows).get()

    async def get(self, page: int = 1) -> Records[T]:
        """One page.

        Args:
            page: its number, from 1.

        Returns:
            Its records: 100 at most, whatever ``page_size`` says; none if the collection is shorter.

        Raises:
            UnprocessableError: a filter has a value that the server does not take.
        """
        async for found in self.paginate(page=page).pages():
            return found
        return Records()

    def paginate(self, *, page: int = 1) -> Paginator[T]:
        """The walk through the collection that ``async for`` makes, to be tuned or begun elsewhere.

        Args:
            page: the number of the page to begin at.
        """
        return self._client.paginate(
            self._template,
            path_params=self._path_params,
            params={**self._filters, "page": page},
            model=self._model,
            strategy=_PAGES,
            authenticate=self._authenticate,
            **self._options,
        )

    def __aiter__(self) -> AsyncIterator[T]:
        return aiter(self.paginate())

    def pages(self) -> AsyncIterator[Records[T]]:
        """All pages, one after another, each a list of records."""
        return self.paginate().pages()

    async def first(self) -> T | None:
        """The first record, or None if there is none."""
        return await self.paginate().first()

    async def collect(self, *, limit: int | None = None) -> Records[T]:
        """All records as one list.

        Args:
            limit: stop after so many.
        """
        return await self.paginate().collect(limit=limit)

    def _url(self, page: int) -> str:
        params = {**self._filters, "page": page}
        return self._client.build_request("GET", self._template, path_params=self._path_params, params=params).url

    def __await__(self) -> NoReturn:
        raise TypeError(f"{self!r}: it is not awaited itself")

    def __repr__(self) -> str:
        return f"<QuerySet {self._url(1)}: `async for` fetches all of it, `await it.get()` a page>"
