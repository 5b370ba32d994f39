"""``client.user``: the users of the organization."""

from __future__ import annotations

import asyncio

from typing_extensions import Unpack

from asdk import CallOptions, Records
from asdk.clients.bloomy.models.users import (
    DirectReport,
    Position,
    Seat,
    UserDetails,
    UserListItem,
    UserSearchResult,
)
from asdk.clients.bloomy.resources.base import BloomyResource, all_of


class Users(BloomyResource):
    """Operations on users, their reports and their seats."""

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
            user_id: the user; by default the owner of the API key.
            include_direct_reports: also fetch the users who report to this user.
            include_positions: also fetch the user's seats.
            include_all: fetch both.
            options: per-call options, see `CallOptions`.

        Returns:
            The user, with None for parts that were not requested.

        Raises:
            NotFoundError: the organization has no such user.

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
        """Fetch the users who report to a user.

        Args:
            user_id: the user; by default the owner of the API key.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such user.

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
            user_id: the user; by default the owner of the API key.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such user.

        Source: Bloom Growth API, ``GET /users/{id}/seats``.
        """
        path = {"id": await self._user(user_id, options)}
        seats = await self._client.request("GET", "/users/{id}/seats", path_params=path, model=list[Seat], **options)
        return Records(seat.group.position for seat in seats)

    async def search(self, term: str, **options: Unpack[CallOptions]) -> Records[UserSearchResult]:
        """Find the users whose name or e-mail address contains a text.

        Args:
            term: the text.
            options: per-call options, see `CallOptions`.

        Source: Bloom Growth API, ``GET /search/user``.
        """
        return Records(
            await self._client.request(
                "GET", "/search/user", params={"term": term}, model=list[UserSearchResult], **options
            )
        )

    async def all(self, *, include_placeholders: bool = False, **options: Unpack[CallOptions]) -> Records[UserListItem]:
        """Fetch all users of the organization, under the name of the guide; see `list`.

        Source: Bloom Growth API, ``GET /search/all``.
        """
        return await self.list(include_placeholders=include_placeholders, **options)

    async def list(
        self, *, include_placeholders: bool = False, **options: Unpack[CallOptions]
    ) -> Records[UserListItem]:
        """Fetch all users of the organization.

        Args:
            include_placeholders: include placeholders for future users, which have no e-mail address.
            options: per-call options, see `CallOptions`.

        Source: Bloom Growth API, ``GET /search/all``, with a percent sign as the term.
        """
        found = await self._client.request(
            "GET", "/search/all", params={"term": "%"}, model=list[UserListItem], **options
        )
        return Records(user for user in found if user.result_type == "User" and (user.email or include_placeholders))

    async def _details(self, user_id: int, options: CallOptions) -> UserDetails:
        path = {"id": user_id}
        return await self._client.request("GET", "/users/{id}", path_params=path, model=UserDetails, **options)
