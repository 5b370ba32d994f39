"""`Collection`: the records of one kind, ``client.samples`` and its like. Records are free: plain JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from asdk.clients.bioepic.filters import Filter, build_filter, filter_beyond, filter_text
from asdk.clients.bioepic.pages import AFTER, RecordPages
from asdk.clients.bioepic.records import Record
from asdk.errors import BadRequestError
from asdk.http.options import CallOptions
from asdk.http.response import Response
from asdk.models.decoding import decoder_for
from asdk.pagination import Paginator
from asdk.pagination.strategies import PageCursor
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.bioepic.client import BioEPIC

_TEMPLATE = "/api/{collection}"


class Collection(Resource["BioEPIC"]):
    """The records of one kind, found by id, by filter or by attribute.

    Args:
        client: the client.
        name: of the collection, such as ``"samples"``.
    """

    __slots__ = ("name",)

    def __init__(self, client: BioEPIC, name: str) -> None:
        super().__init__(client)
        self.name = name

    async def get(self, record_id: str, **options: Unpack[CallOptions]) -> Record:
        """Fetch one record.

        Args:
            record_id: its ``id``; any character is allowed in it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the collection has no such record.
            BadRequestError: there is no such collection.

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
        """The records with a value in one of their fields.

        Args:
            name: of the field, with dots for fields inside fields.
            value: what it holds: a text that it contains, in upper or lower case; anything else must be equal.
            exact: texts must be equal too.
            fields: see `list`.
            page_size: see `list`.
            options: what these calls do differently, see `CallOptions`.

        Source: BioEPIC API, ``GET /api/{collection}``.
        """
        wanted = build_filter({name: value}, exact=exact)
        return self.list(filter=wanted, fields=fields, page_size=page_size, **options)

    def list(
        self,
        *,
        filter: Filter | None = None,
        fields: str | Iterable[str] = (),
        page_size: int = 100,
        **options: Unpack[CallOptions],
    ) -> Paginator[Record]:
        """The records that meet a filter, in the order of their ids. Nothing is sent before the first ``async for``.

        A page token is good once. Where the reply to one was lost, the walk goes on with a filter for the ids that are
        left, as long as the server gives them in order.

        Args:
            filter: in MongoDB's query language, as data or as JSON text; left out, all records.
            fields: what to fetch of each record, with dots for fields inside fields, as names or as one text with
                commas; ``id`` always comes. None: all.
            page_size: how many to fetch at a time; 0 for all at once.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            InvalidRequestError: the filter is none; nothing was sent.

        While it is walked through:
            UnprocessableError: the server does not know an operator of the filter.
            BadRequestError: there is no such collection.
            PaginationError: the server names a page twice.
            DecodeError: the server wraps its pages otherwise.

        Source: BioEPIC API, ``GET /api/{collection}``.
        """
        wanted = filter_text(filter)
        names = fields.split(",") if isinstance(fields, str) else fields or ()
        # All three in every request, and in this order: no server is known to do without.
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
            last = sent.pop(AFTER, None)
            if not isinstance(last, str):
                return await page(sent)
            with suppress(BadRequestError):
                return await page(sent)
            return await page({"filter": filter_beyond(wanted, last)})

        return Paginator(
            fetch,
            decoder_for(dict[str, Any]).from_data,
            RecordPages(wanted=wanted),
            params,
            _TEMPLATE,
            collection=lambda: self._client.build_request("GET", _TEMPLATE, path_params=at, params=params).url,
        )

    def __repr__(self) -> str:
        return f"<Collection {self.name!r} of {self._client!r}>"


class Samples(Collection):
    """What was taken in the field."""

    __slots__ = ()

    def __init__(self, client: BioEPIC) -> None:
        super().__init__(client, "samples")


class Experiments(Collection):
    """What was done with samples."""

    __slots__ = ()

    def __init__(self, client: BioEPIC) -> None:
        super().__init__(client, "experiments")


class DataObjects(Collection):
    """What came out of experiments."""

    __slots__ = ()

    def __init__(self, client: BioEPIC) -> None:
        super().__init__(client, "data_objects")
