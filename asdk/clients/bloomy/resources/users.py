"""``client.user``: the people of the organisation."""

from __future__ import annotations

import asyncio

from typing_extensions import Unpack

from asdk.clients.bloomy.models.users import (
    DirectReport,
    Position,
    Seat,
    UserDetails,
    UserListItem,
    UserSearchResult,
)
from asdk.clients.bloomy.resources.base import BloomyResource, all_of
from asdk.http.options import CallOptions
from asdk.records.records import Records


class Users(BloomyResource):
    """People, their reports and their seats."""

    async def details(
        self,
        user_id: int | None = None,
        *,
        include_direct_reports: bool = False,
        include_positions: bool = False,
        include_all: bool = False,
        **options: Unpack[CallOptions],
    ) -> UserDetails:
        """Fetch one user.

        Args:
            user_id: left out, the owner of the key.
            include_direct_reports: fetch who reports to the user, too.
            include_positions: fetch the user's seats, too.
            include_all: fetch both.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            The user; what was not asked for is None.

        Raises:
            NotFoundError: the organisation has no such user.

        Source: Bloom Growth API, ``GET /users/{id}``, ``/users/{id}/directreports``, ``/users/{id}/seats``.
        """
        user_id = await self._user(user_id, options)
        with_reports, with_positions = include_all or include_direct_reports, include_all or include_positions
        if not (with_reports or with_positions):
            return await self._details(user_id, options)
        user = asyncio.create_task(self._details(user_id, options))
        reports = asyncio.create_task(self.direct_reports(user_id, **options)) if with_reports else None
        positions = asyncio.create_task(self.positions(user_id, **options)) if with_positions else None
        await all_of(*(task for task in (user, reports, positions) if task is not None))
        found = user.result()
        return UserDetails(
            id=found.id,
            name=found.name,
            image_url=found.image_url,
            direct_reports=None if reports is None else reports.result(),
            positions=None if positions is None else positions.result(),
        )

    async def direct_reports(self, user_id: int | None = None, **options: Unpack[CallOptions]) -> Records[DirectReport]:
        """Fetch who reports to a user.

        Args:
            user_id: left out, the owner of the key.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such user.

        Source: Bloom Growth API, ``GET /users/{id}/directreports``.
        """
        path = {"id": await self._user(user_id, options)}
        return Records(
            await self._client.request(
                "GET", "/users/{id}/directreports", path_params=path, model=list[DirectReport], **options
            )
        )

    async def positions(self, user_id: int | None = None, **options: Unpack[CallOptions]) -> Records[Position]:
        """Fetch a user's seats.

        Args:
            user_id: left out, the owner of the key.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such user.

        Source: Bloom Growth API, ``GET /users/{id}/seats``.
        """
        path = {"id": await self._user(user_id, options)}
        seats = await self._client.request("GET", "/users/{id}/seats", path_params=path, model=list[Seat], **options)
        return Records(seat.group.position for seat in seats)

    async def search(self, term: str, **options: Unpack[CallOptions]) -> Records[UserSearchResult]:
        """Fetch the users whose name or e-mail address holds a text.

        Args:
            term: the text.
            options: what this call does differently, see `CallOptions`.

        Source: Bloom Growth API, ``GET /search/user``.
        """
        return Records(
            await self._client.request(
                "GET", "/search/user", params={"term": term}, model=list[UserSearchResult], **options
            )
        )

    async def all(self, *, include_placeholders: bool = False, **options: Unpack[CallOptions]) -> Records[UserListItem]:
        """`list`, by the name that the guide uses.

        Source: Bloom Growth API, ``GET /search/all``.
        """
        return await self.list(include_placeholders=include_placeholders, **options)

    async def list(
        self, *, include_placeholders: bool = False, **options: Unpack[CallOptions]
    ) -> Records[UserListItem]:
        """Fetch everybody in the organisation.

        Args:
            include_placeholders: also those without an e-mail address, who stand for somebody to come.
            options: what this call does differently, see `CallOptions`.

        Source: Bloom Growth API, ``GET /search/all``, with a percent sign as the term.
        """
        found = await self._client.request(
            "GET", "/search/all", params={"term": "%"}, model=list[UserListItem], **options
        )
        return Records(user for user in found if user.result_type == "User" and (user.email or include_placeholders))

    async def _details(self, user_id: int, options: CallOptions) -> UserDetails:
        path = {"id": user_id}
        return await self._client.request("GET", "/users/{id}", path_params=path, model=UserDetails, **options)
