"""`Collection`: the records of one kind, ``client.samples`` and its like. Records are free: plain JSON objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import Unpack

from asdk.clients.bioepic.filters import Filter, build_filter, filter_text
from asdk.options import CallOptions
from asdk.pagination import PageToken, Paginator
from asdk.resources import Resource

if TYPE_CHECKING:
    from asdk.clients.bioepic.client import BioEPIC

#: A record as the server has it, with an ``id`` and whatever else.
Record: TypeAlias = dict[str, Any]

_PAGES = PageToken(items="results")


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
        fields: Sequence[str] = (),
        page_size: int | None = None,
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
        fields: Sequence[str] = (),
        page_size: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Paginator[Record]:
        """The records that meet a filter, in the order of their ids. Nothing is sent before the first ``async for``.

        Page tokens are good once: where the reply to one is lost, the walk ends with BadRequestError and starts anew.

        Args:
            filter: in MongoDB's query language, as data or as JSON text; left out, all records.
            fields: what to fetch of each record, with dots for fields inside fields; ``id`` always comes. None: all.
            page_size: how many to fetch at a time; 0 for all at once, left out for the server's choice.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            InvalidRequestError: the filter is none; nothing was sent.

        While it is walked through:
            UnprocessableError: the server does not know an operator of the filter.
            BadRequestError: there is no such collection.
            DecodeError: the server wraps its pages otherwise.

        Source: BioEPIC API, ``GET /api/{collection}``.
        """
        params = {
            "filter": filter_text(filter),
            "max_page_size": page_size,
            "projection": ",".join(field.strip() for field in fields) or None,
        }
        return self._client.paginate(
            "/api/{collection}",
            path_params={"collection": self.name},
            params=params,
            model=dict[str, Any],
            strategy=_PAGES,
            **options,
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
