"""`QuerySet`: a lazy collection of MGnify records. Created by the resources.

This module also contains `MGnifyResource`, the base class of resources with relations.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, Coroutine, Mapping, Set
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from asdk import CallOptions, InvalidRequestError, Records, Resource, model
from asdk.pagination import PageNumbers, Paginator

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from asdk.clients.mgnify.client import MGnify

T = TypeVar("T")

# A page always has its list: one without is another kind of answer, and no empty page.
_PAGES = PageNumbers(items="items", total="count", items_required=True)

# Fields that identify a record; the first existing one is used.
_IDS = ("accession", "pubmed_id", "catalogue_id", "slug", "lineage")


@model
class _Count:
    count: int


class QuerySet(Generic[T]):
    """A lazy collection of records. Creating, filtering and explaining it sends no requests.

    ``async for record in query_set`` iterates over all pages; a page that fails raises and is never skipped. ``await
    query_set[7]`` fetches one record. Each use sends new requests, unless the client has a `PageCache`.
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
        """Create a query set; the resources do this.

        Args:
            client: the client that fetches the pages.
            template: the path template of the collection.
            model: the model of a record.
            filters: all filters of the collection by the server's names, with None for unset filters.
            path_params: a value for each parameter of the template.
            authenticate: False if the server ignores tokens here.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: ``options`` contains an unknown option, such as a filter of another collection.
        """
        self._client = client
        self._template = template
        self._model = model
        self._filters = filters
        self._path_params = path_params
        self._authenticate = authenticate
        self._options = CallOptions() if options is None else options
        # A keyword that is not a filter arrives as an option. Without this check, a misspelled filter would be found
        # only on sending, after `explain` has shown the collection without it.
        self._refuse(self._options.keys() - CallOptions.__annotations__.keys())

    # --- without requests ---------------------------------------------------------------------------------------------

    def filter(self, **filters: object) -> QuerySet[T]:
        """Return a copy of the collection with more filters.

        Args:
            filters: filters by name, as in the method that created the collection, such as ``search="gut"``; None
                removes a filter.

        Raises:
            InvalidRequestError: the collection has no such filter. The server would silently ignore it.
        """
        self._refuse(filters.keys() - self._filters.keys())
        narrowed = copy.copy(self)
        narrowed._filters = {**self._filters, **filters}
        return narrowed

    def explain(self, pages: int = 1) -> list[str]:
        """Return the URLs of the first pages. Nothing is sent, so the number of pages is unknown.

        Args:
            pages: the number of pages.
        """
        return [self._url(number) for number in range(1, pages + 1)]

    # --- with requests ------------------------------------------------------------------------------------------------

    async def count(self) -> int:
        """Return the current number of records.

        Raises:
            UnprocessableError: the server rejects the value of a filter.
        """
        found = await self._client.request(
            "GET",
            self._template,
            path_params=self._path_params,
            params={**self._filters, "page_size": 1},  # no page number, so a page cache ignores it
            model=_Count,
            authenticate=self._authenticate,
            **self._options,
        )
        return found.count

    async def preview(self, rows: int = 10) -> Records[T]:
        """Return the first records, to check what the query matches; a notebook shows them as a table.

        Args:
            rows: the number of records, at most 100.
        """
        return await self.filter(page_size=rows).get()

    async def get(self, page: int = 1) -> Records[T]:
        """Fetch one page, by default the first.

        Args:
            page: the number of the page, from 1.

        Returns:
            The records: at most 100, regardless of ``page_size``; empty after the last page.

        Raises:
            UnprocessableError: the server rejects the value of a filter.
        """
        async with aclosing(self.paginate(page=page).pages()) as pages:
            async for found in pages:
                return found
        return Records()

    async def page(self, number: int) -> Records[T]:
        """Fetch the page with a number from 1; see `get`."""
        return await self.get(number)

    def __getitem__(self, index: int) -> Coroutine[Any, Any, T]:
        """Fetch one record by its index, from 0: ``await query_set[7]``.

        The record has the fields of a list; ``get`` of the resource returns its detail.

        Raises:
            IndexError: when awaited, if the collection is shorter.
            InvalidRequestError: the index is not an integer from 0; use ``collect(limit=...)`` for several records.
        """
        if not hasattr(index, "__index__") or index < 0:
            raise InvalidRequestError(
                f"the index of a query set must be an integer from 0, got {index!r}; use collect(limit=...) for several"
            )
        return self._at(index)

    # Without this, `for` would use `__getitem__` and never stop.
    __iter__ = None

    async def _at(self, index: int) -> T:
        # Fetch a page of one record: the start of a larger page depends on the server's maximum page size.
        found = await self.filter(page_size=1).get(index + 1)
        if not found:
            raise IndexError(f"{self._template} has no record {index}")
        return found[0]

    def paginate(self, *, page: int = 1) -> Paginator[T]:
        """Return the paginator behind ``async for``, to configure it or to start at another page.

        Args:
            page: the number of the first page.
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
        """Iterate over all pages, each a list of records."""
        return self.paginate().pages()

    async def first(self) -> T | None:
        """Return the first record; None if the collection is empty."""
        return await self.paginate().first()

    async def collect(self, *, limit: int | None = None) -> Records[T]:
        """Fetch all records as one list.

        Args:
            limit: the maximum number of items.
        """
        return await self.paginate().collect(limit=limit)

    async def ids(self, *, limit: int | None = None) -> list[str]:
        """Return the ids of the records: accessions, ids of publications and catalogues, slugs or lineages.

        Records without an id are skipped.

        Args:
            limit: the maximum number of items.

        Raises:
            InvalidRequestError: records of this type have no ids, such as annotations.
        """
        found = await self.collect(limit=limit)
        name = next((name for name in _IDS if found and hasattr(found[0], name)), None)
        if found and name is None:
            raise InvalidRequestError(f"the records of {self._template} have no ids")
        ids = [getattr(record, name) for record in found] if name else []
        return [str(one) for one in ids if one is not None]

    async def to_pandas(self, *, limit: int | None = None) -> pd.DataFrame:
        """Fetch all records as a pandas data frame; see `Records.to_pandas`.

        Args:
            limit: the maximum number of items.

        Raises:
            ConfigurationError: pandas is not installed: ``pip install 'asdk[pandas]'``.
        """
        return (await self.collect(limit=limit)).to_pandas()

    async def to_polars(self, *, limit: int | None = None) -> pl.DataFrame:
        """Fetch all records as a polars data frame; see `Records.to_polars`.

        Args:
            limit: the maximum number of items.

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
        raise TypeError(f"cannot await {self!r}")

    def __repr__(self) -> str:
        return f"<QuerySet {self._url(1)}: `async for` fetches all records, `await it.get()` the first page>"


class MGnifyResource(Resource["MGnify"]):
    """A group of operations on records with related records."""

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
        """Return the collection of records related to one record, without filters."""
        return QuerySet(
            self._client,
            template,
            model,
            {"page_size": page_size},
            path_params=path_params,
            authenticate=authenticate,
            options=options,
        )
