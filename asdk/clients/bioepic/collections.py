"""`Collection`: the records of one kind, such as ``client.samples``. Records are plain JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from asdk import BadRequestError, CallOptions, Resource, Response
from asdk.clients.bioepic.filters import Filter, build_filter, filter_beyond, filter_text
from asdk.clients.bioepic.pages import AFTER, BEYOND, RecordPages
from asdk.clients.bioepic.records import Record
from asdk.models import decoder_for
from asdk.pagination import CursorScope, PageCursor, Paginator

if TYPE_CHECKING:
    from asdk.clients.bioepic.client import BioEPIC

_TEMPLATE = "/api/{collection}"


class Collection(Resource["BioEPIC"]):
    """The records of one kind, which can be found by id, filter or attribute.

    Args:
        client: the client.
        name: the name of the collection, such as ``"samples"``.
    """

    __slots__ = ("name",)

    def __init__(self, client: BioEPIC, name: str) -> None:
        super().__init__(client)
        self.name: str = name

    async def get(self, record_id: str, **options: Unpack[CallOptions]) -> Record:
        """Fetch one record.

        Args:
            record_id: the ``id`` of the record; it may contain any character.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the collection does not contain this record.
            BadRequestError: the collection does not exist.

        Source: BioEPIC API, ``GET /api/{collection}/{id}``.
        """
        return await self._client.request(
            "GET",
            "/api/{collection}/{id}",
            path_params={"collection": self.name, "id": record_id},
            model=dict[str, Any],
            **options,
        )

    def by_attribute(
        self,
        name: str,
        value: object,
        *,
        exact: bool = False,
        fields: str | Iterable[str] = (),
        page_size: int = 100,
        **options: Unpack[CallOptions],
    ) -> Paginator[Record]:
        """List the records with a given value in one field.

        Args:
            name: the name of the field, with dots for nested fields.
            value: the value. A text matches if the field contains it, ignoring case; other values must be equal.
            exact: require texts to be equal too.
            fields: see `list`.
            page_size: see `list`.
            options: per-call options, see `CallOptions`.

        Source: BioEPIC API, ``GET /api/{collection}``.
        """
        query = build_filter({name: value}, exact=exact)
        return self.list(filter=query, fields=fields, page_size=page_size, **options)

    def list(
        self,
        *,
        filter: Filter | None = None,
        fields: str | Iterable[str] = (),
        page_size: int = 100,
        **options: Unpack[CallOptions],
    ) -> Paginator[Record]:
        """List the records that match a filter, ordered by id. Nothing is sent before the first ``async for``.

        A page token can be used once. If the reply to it was lost, iteration continues with a filter for the remaining
        ids, as long as the server returns them in order.

        Args:
            filter: a query in MongoDB's language, as data or as JSON text; by default all records.
            fields: the fields to fetch, with dots for nested fields, as names or as one comma-separated text; ``id`` is
                always included. By default all fields.
            page_size: the number of records per page; 0 for all at once.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: the filter is invalid; nothing was sent.

        During iteration:
            UnprocessableError: the filter contains an unknown operator.
            BadRequestError: the collection does not exist.
            PaginationError: the server repeats a page token.
            DecodeError: a page has an unexpected shape.

        Source: BioEPIC API, ``GET /api/{collection}``.
        """
        wanted = filter_text(filter)
        names = fields.split(",") if isinstance(fields, str) else fields or ()
        # Send all three with every request, in this order: servers are known to work only this way.
        params = {
            "filter": wanted,
            "max_page_size": page_size,
            "projection": ",".join(name.strip() for name in names),
        }
        at = {"collection": self.name}

        async def page(changes: Mapping[str, Any]) -> Response:
            return await self._client.fetch(_TEMPLATE, path_params=at, params={**params, **changes}, **options)

        async def fetch(cursor: PageCursor) -> Response:
            sent: dict[str, Any] = {} if isinstance(cursor, str) else dict(cursor)
            last, beyond = sent.pop(AFTER, None), sent.pop(BEYOND, None)
            if isinstance(beyond, str):
                sent["filter"] = filter_beyond(wanted, beyond)
            if not isinstance(last, str):
                return await page(sent)
            with suppress(BadRequestError):
                return await page(sent)
            return await page({"filter": filter_beyond(wanted, last)})

        def url() -> str:
            return self._client.build_request("GET", _TEMPLATE, path_params=at, params=params).url

        return Paginator(
            fetch,
            decoder_for(dict[str, Any]).from_data,
            RecordPages(wanted=wanted),
            params,
            _TEMPLATE,
            scope=CursorScope(url),
        )

    def __repr__(self) -> str:
        return f"<Collection {self.name!r} of {self._client!r}>"


class Samples(Collection):
    """Samples taken in the field."""

    __slots__ = ()

    def __init__(self, client: BioEPIC) -> None:
        super().__init__(client, "samples")


class Experiments(Collection):
    """Experiments on samples."""

    __slots__ = ()

    def __init__(self, client: BioEPIC) -> None:
        super().__init__(client, "experiments")


class DataObjects(Collection):
    """Data objects produced by experiments."""

    __slots__ = ()

    def __init__(self, client: BioEPIC) -> None:
        super().__init__(client, "data_objects")
