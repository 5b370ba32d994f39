"""``client.headline``: short news for a meeting."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk.clients.bloomy.models.headlines import Headline
from asdk.clients.bloomy.resources.base import BloomyResource
from asdk.http.options import CallOptions, omit_none
from asdk.records.records import Records


class Headlines(BloomyResource):
    """Headlines."""

    async def details(self, headline_id: int, **options: Unpack[CallOptions]) -> Headline:
        """Fetch one headline.

        Args:
            headline_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such headline.

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
        """Make a headline.

        Args:
            meeting_id: the meeting that is to hear it.
            title: the news.
            owner_id: who tells it; left out, the owner of the key.
            notes: more about it.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            NotFoundError: the organisation has no such meeting or user.

        Source: Bloom Growth API, ``POST /L10/{id}/headlines``.
        """
        body = omit_none(title=title, ownerId=await self._user(owner_id, options), notes=notes)
        path = {"id": meeting_id}
        return await self._client.request(
            "POST", "/L10/{id}/headlines", path_params=path, json=body, model=Headline, **options
        )

    async def update(self, headline_id: int, title: str, **options: Unpack[CallOptions]) -> Headline:
        """Change a headline.

        Args:
            headline_id: its id.
            title: the news.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            The headline as it is then.

        Raises:
            NotFoundError: the organisation has no such headline.

        Source: Bloom Growth API, ``PUT /headline/{id}``, ``GET /headline/{id}``.
        """
        path, body = {"id": headline_id}, {"title": title}
        await self._client.request("PUT", "/headline/{id}", path_params=path, json=body, model=None, **options)
        return await self.details(headline_id, **options)

    async def delete(self, headline_id: int, **options: Unpack[CallOptions]) -> None:
        """Remove a headline.

        Args:
            headline_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such headline.

        Source: Bloom Growth API, ``DELETE /headline/{id}``.
        """
        await self._client.request("DELETE", "/headline/{id}", path_params={"id": headline_id}, model=None, **options)

    async def list(
        self, user_id: int | None = None, *, meeting_id: int | None = None, **options: Unpack[CallOptions]
    ) -> Records[Headline]:
        """Fetch the headlines of a user or of a meeting.

        Args:
            user_id: left out, the owner of the key.
            meeting_id: the meeting, in place of a user.
            options: what this call does differently, see `CallOptions`.

        Raises:
            InvalidRequestError: both are named; nothing was sent.
            NotFoundError: the organisation has no such user or meeting.

        Source: Bloom Growth API, ``GET /headline/users/{id}``, ``GET /l10/{id}/headlines``.
        """
        template, path = await self._place(user_id, meeting_id, "/headline/users/{id}", "/l10/{id}/headlines", options)
        return Records(await self._client.request("GET", template, path_params=path, model=list[Headline], **options))
