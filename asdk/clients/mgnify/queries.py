"""`QuerySet`: a collection of MGnify, described first and fetched when it is asked for.

Made by the resources; the base of those that have relations stands here too.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, Coroutine, Mapping, Set
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from asdk.errors import InvalidRequestError
from asdk.http.options import CallOptions
from asdk.models.declaration import model
from asdk.pagination import PageNumbers, Paginator
from asdk.records.records import Records
from asdk.resources import Resource

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from asdk.clients.mgnify.client import MGnify

T = TypeVar("T")

_PAGES = PageNumbers(items="items", total="count")

# What records go by; the first of these that a record has.
_IDS = ("accession", "pubmed_id", "catalogue_id", "slug", "lineage")


@model
class _Count:
    count: int


class QuerySet(Generic[T]):
    """A lazy collection: making it, narrowing it and explaining it send nothing.

    ``async for record in query_set`` walks through all of it, page after page; a page that fails raises and is never
    skipped. ``await query_set[7]`` is one record. Each use fetches anew, unless the client keeps pages (see
    `PageCache`).
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

        Raises:
            InvalidRequestError: what was given for options is none: a filter that the collection does not have.
        """
        self._client = client
        self._template = template
        self._model = model
        self._filters = filters
        self._path_params = path_params
        self._authenticate = authenticate
        self._options = CallOptions() if options is None else options
        # A method's keywords that are none of its filters come as options, where a misspelt one would be found only
        # when it is sent, after `explain` has shown the collection without it.
        self._refuse(self._options.keys() - CallOptions.__annotations__.keys())

    # --- without the network ----------------------------------------------------------------------------------------

    def filter(self, **filters: object) -> QuerySet[T]:
        """The same collection, narrowed further.

        Args:
            filters: by the names that the collection's method takes, such as ``search="gut"``; None takes one away.

        Raises:
            InvalidRequestError: the collection has no such filter. The server would pass it over without a word.
        """
        self._refuse(filters.keys() - self._filters.keys())
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
            params={**self._filters, "page_size": 1},  # not a page by its number: a cache of pages passes it over
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
        """One page, the first unless you say otherwise.

        Args:
            page: its number, from 1.

        Returns:
            Its records: 100 at most, whatever ``page_size`` says; none if the collection is shorter.

        Raises:
            UnprocessableError: a filter has a value that the server does not take.
        """
        async with aclosing(self.paginate(page=page).pages()) as pages:
            async for found in pages:
                return found
        return Records()

    async def page(self, number: int) -> Records[T]:
        """The page with this number, from 1; see `get`."""
        return await self.get(number)

    def __getitem__(self, index: int) -> Coroutine[Any, Any, T]:
        """One record by its place, from 0: ``await query_set[7]``. It is as lists show it; ``get`` of the resource has
        the detail.

        Raises:
            IndexError: when it is awaited: the collection is shorter.
            InvalidRequestError: it is no such number; for more than one record there is ``collect(limit=...)``.
        """
        if not hasattr(index, "__index__") or index < 0:
            raise InvalidRequestError(
                f"a query set takes an index from 0, not {index!r}; `await it.collect(limit=...)` gives several records"
            )
        return self._at(index)

    # Without this, `for` would take the indexes one after another, and never come to an end.
    __iter__ = None

    async def _at(self, index: int) -> T:
        # A page of one record: where a larger one would begin depends on how the server cuts it.
        found = await self.filter(page_size=1).get(index + 1)
        if not found:
            raise IndexError(f"{self._template} has no record {index}")
        return found[0]

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

    def __aiter__(self) -> AsyncGenerator[T, None]:
        return aiter(self.paginate())

    def pages(self) -> AsyncGenerator[Records[T], None]:
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

    async def ids(self, *, limit: int | None = None) -> list[str]:
        """What the records go by: accessions, or the ids of publications and catalogues, slugs, lineages. A record
        without one is passed over.

        Args:
            limit: stop after so many.

        Raises:
            InvalidRequestError: these records have none, such as annotations.
        """
        found = await self.collect(limit=limit)
        name = next((name for name in _IDS if found and hasattr(found[0], name)), None)
        if found and name is None:
            raise InvalidRequestError(f"the records of {self._template} have no ids of their own")
        ids = [getattr(record, name) for record in found] if name else []
        return [str(one) for one in ids if one is not None]

    async def to_pandas(self, *, limit: int | None = None) -> pd.DataFrame:
        """All records as a pandas data frame; see `Records.to_pandas`.

        Args:
            limit: stop after so many.

        Raises:
            ConfigurationError: pandas is not installed: ``pip install 'asdk[pandas]'``.
        """
        return (await self.collect(limit=limit)).to_pandas()

    async def to_polars(self, *, limit: int | None = None) -> pl.DataFrame:
        """All records as a polars data frame; see `Records.to_polars`.

        Args:
            limit: stop after so many.

        Raises:
            ConfigurationError: polars is not installed: ``pip install 'asdk[polars]'``.
        """
        return (await self.collect(limit=limit)).to_polars()

    def _refuse(self, unknown: Set[str]) -> None:
        if unknown:
            raise InvalidRequestError(
                f"{self._template} has no filter {', '.join(sorted(unknown))}; it has {', '.join(self._filters)}"
            )

    def _url(self, page: int) -> str:
        params = {**self._filters, "page": page}
        return self._client.build_request("GET", self._template, path_params=self._path_params, params=params).url

    def __await__(self) -> NoReturn:
        raise TypeError(f"{self!r}: it is not awaited itself")

    def __repr__(self) -> str:
        return f"<QuerySet {self._url(1)}: `async for` fetches all of it, `await it.get()` the first page>"


class MGnifyResource(Resource["MGnify"]):
    """A group of operations on records that have others hanging on them."""

    __slots__ = ()

    def _related(
        self,
        template: str,
        model: type[T],
        page_size: int | None,
        options: CallOptions,
        *,
        authenticate: bool = True,
        **path_params: object,
    ) -> QuerySet[T]:
        """What hangs on one record; such lists have no filters."""
        return QuerySet(
            self._client,
            template,
            model,
            {"page_size": page_size},
            path_params=path_params,
            authenticate=authenticate,
            options=options,
        )
