"""``client.issue``: issues that a meeting has to solve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from typing_extensions import Unpack

from asdk import CallOptions, InvalidRequestError, Records, omit_none
from asdk.clients.bloomy.models.bulk import BulkResult
from asdk.clients.bloomy.models.issues import Issue
from asdk.clients.bloomy.resources.base import BloomyResource


class Issues(BloomyResource):
    """Operations on issues."""

    async def details(self, issue_id: int, **options: Unpack[CallOptions]) -> Issue:
        """Fetch one issue.

        Args:
            issue_id: the id of the issue.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such issue.

        Source: Bloom Growth API, ``GET /issues/{id}``.
        """
        return await self._client.request("GET", "/issues/{id}", path_params={"id": issue_id}, model=Issue, **options)

    async def create(
        self,
        meeting_id: int,
        title: str,
        *,
        user_id: int | None = None,
        notes: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Issue:
        """Create an issue.

        Args:
            meeting_id: the meeting that should solve it.
            title: the title.
            user_id: the user who raises it; by default the owner of the API key.
            notes: free text.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            NotFoundError: the organization has no such meeting or user.

        Source: Bloom Growth API, ``POST /issues/create``.
        """
        body = omit_none(title=title, meetingid=meeting_id, ownerid=await self._user(user_id, options), notes=notes)
        return await self._client.request("POST", "/issues/create", json=body, model=Issue, **options)

    async def update(
        self, issue_id: int, *, title: str | None = None, notes: str | None = None, **options: Unpack[CallOptions]
    ) -> Issue:
        """Update an issue.

        Args:
            issue_id: the id of the issue.
            title: the new title; None keeps it.
            notes: the new notes; None keeps them.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated issue.

        Raises:
            InvalidRequestError: no change is given; nothing was sent.
            NotFoundError: the organization has no such issue.

        Source: Bloom Growth API, ``PUT /issues/{id}``, ``GET /issues/{id}``.
        """
        body = omit_none(title=title, notes=notes)
        if not body:
            raise InvalidRequestError("nothing to update: pass title= or notes=")
        path = {"id": issue_id}
        await self._client.request("PUT", "/issues/{id}", path_params=path, json=body, model=None, **options)
        return await self.details(issue_id, **options)

    async def complete(self, issue_id: int, **options: Unpack[CallOptions]) -> Issue:
        """Mark an issue as solved.

        Args:
            issue_id: the id of the issue.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated issue.

        Raises:
            NotFoundError: the organization has no such issue.

        Source: Bloom Growth API, ``POST /issues/{id}/complete``, ``GET /issues/{id}``.
        """
        await self._client.request(
            "POST",
            "/issues/{id}/complete",
            path_params={"id": issue_id},
            json={"complete": True},
            model=None,
            idempotent=True,
            **options,
        )
        return await self.details(issue_id, **options)

    async def create_many(self, issues: Iterable[Mapping[str, Any]], *, max_concurrent: int = 5) -> BulkResult[Issue]:
        """Create many issues; some may fail.

        Args:
            issues: the arguments of `create`, one dict per issue.
            max_concurrent: the number of concurrent requests.

        Source: Bloom Growth API, ``POST /issues/create``.
        """
        return await self._create_many(self.create, issues, max_concurrent, "meeting_id", "title")

    async def list(
        self, user_id: int | None = None, *, meeting_id: int | None = None, **options: Unpack[CallOptions]
    ) -> Records[Issue]:
        """Fetch the issues of a user or of a meeting.

        Args:
            user_id: the user; by default the owner of the API key.
            meeting_id: the meeting, instead of a user.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: both a user and a meeting are given; nothing was sent.
            NotFoundError: the organization has no such user or meeting.

        Source: Bloom Growth API, ``GET /issues/users/{id}``, ``GET /l10/{id}/issues``.
        """
        template, path = await self._list_target(user_id, meeting_id, "/issues/users/{id}", "/l10/{id}/issues", options)
        return Records(await self._client.request("GET", template, path_params=path, model=list[Issue], **options))
