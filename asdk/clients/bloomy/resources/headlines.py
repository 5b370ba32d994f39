"""``client.headline``: headlines of meetings."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk import CallOptions, Records, omit_none
from asdk.clients.bloomy.models.headlines import Headline
from asdk.clients.bloomy.resources.base import BloomyResource


class Headlines(BloomyResource):
    """Operations on headlines."""

    async def details(self, headline_id: int, **options: Unpack[CallOptions]) -> Headline:
        """Fetch one headline.

        Args:
            headline_id: the id of the headline.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such headline.

        Source: Bloom Growth API, ``GET /headline/{id}``.
        """
        return await self._client.request(
            "GET",
            "/headline/{id}",
            path_params={"id": headline_id},
            params={"Include_Origin": True},
            model=Headline,
            **options,
        )

    async def create(
        self,
        meeting_id: int,
        title: str,
        *,
        owner_id: int | None = None,
        notes: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Headline:
        """Create a headline.

        Args:
            meeting_id: the meeting.
            title: the title.
            owner_id: the owner; by default the owner of the API key.
            notes: free text.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            NotFoundError: the organization has no such meeting or user.

        Source: Bloom Growth API, ``POST /L10/{id}/headlines``.
        """
        body = omit_none(title=title, ownerId=await self._user(owner_id, options), notes=notes)
        path = {"id": meeting_id}
        return await self._client.request(
            "POST", "/L10/{id}/headlines", path_params=path, json=body, model=Headline, **options
        )

    async def update(self, headline_id: int, title: str, **options: Unpack[CallOptions]) -> Headline:
        """Update a headline.

        Args:
            headline_id: the id of the headline.
            title: the new title.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated headline.

        Raises:
            NotFoundError: the organization has no such headline.

        Source: Bloom Growth API, ``PUT /headline/{id}``, ``GET /headline/{id}``.
        """
        path, body = {"id": headline_id}, {"title": title}
        await self._client.request("PUT", "/headline/{id}", path_params=path, json=body, model=None, **options)
        return await self.details(headline_id, **options)

    async def delete(self, headline_id: int, **options: Unpack[CallOptions]) -> None:
        """Delete a headline.

        Args:
            headline_id: the id of the headline.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such headline.

        Source: Bloom Growth API, ``DELETE /headline/{id}``.
        """
        await self._client.request("DELETE", "/headline/{id}", path_params={"id": headline_id}, model=None, **options)

    async def list(
        self, user_id: int | None = None, *, meeting_id: int | None = None, **options: Unpack[CallOptions]
    ) -> Records[Headline]:
        """Fetch the headlines of a user or of a meeting.

        Args:
            user_id: the user; by default the owner of the API key.
            meeting_id: the meeting, instead of a user.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: both a user and a meeting are given; nothing was sent.
            NotFoundError: the organization has no such user or meeting.

        Source: Bloom Growth API, ``GET /headline/users/{id}``, ``GET /l10/{id}/headlines``.
        """
        template, path = await self._list_target(
            user_id, meeting_id, "/headline/users/{id}", "/l10/{id}/headlines", options
        )
        return Records(await self._client.request("GET", template, path_params=path, model=list[Headline], **options))
