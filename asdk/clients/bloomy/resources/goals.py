"""``client.goal``: quarterly goals, which the server calls rocks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Literal, overload

from typing_extensions import Unpack

from asdk import CallOptions, InvalidRequestError, Records, omit_none
from asdk.clients.bloomy.models.bulk import BulkResult
from asdk.clients.bloomy.models.goals import CreatedGoal, Goal, GoalList, GoalStatus
from asdk.clients.bloomy.resources.base import BloomyResource, all_of

_COMPLETION = {"on": "OnTrack", "off": "AtRisk", "complete": "Complete"}


class Goals(BloomyResource):
    """Operations on goals."""

    async def details(self, goal_id: int, **options: Unpack[CallOptions]) -> Goal:
        """Fetch one goal.

        Args:
            goal_id: the id of the goal.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such goal.

        Source: Bloom Growth API, ``GET /rocks/{id}``.
        """
        return await self._client.request(
            "GET",
            "/rocks/{id}",
            path_params={"id": goal_id},
            params={"include_origin": True},
            model=Goal,
            **options,
        )

    async def create(
        self, title: str, meeting_id: int, *, user_id: int | None = None, **options: Unpack[CallOptions]
    ) -> CreatedGoal:
        """Create a goal.

        Args:
            title: the title.
            meeting_id: the meeting that tracks it.
            user_id: the accountable user; by default the owner of the API key.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects a value.
            NotFoundError: the organization has no such meeting or user.

        Source: Bloom Growth API, ``POST /L10/{id}/rocks``.
        """
        body = {"title": title, "accountableUserId": await self._user(user_id, options)}
        path = {"id": meeting_id}
        return await self._client.request(
            "POST", "/L10/{id}/rocks", path_params=path, json=body, model=CreatedGoal, **options
        )

    async def update(
        self,
        goal_id: int,
        *,
        title: str | None = None,
        accountable_user: int | None = None,
        status: GoalStatus | str | None = None,
        **options: Unpack[CallOptions],
    ) -> Goal:
        """Update a goal.

        Args:
            goal_id: the id of the goal.
            title: the new title; None keeps it.
            accountable_user: the new accountable user; None keeps it.
            status: ``"on"``, ``"off"`` or ``"complete"``; None keeps it.
            options: per-call options, see `CallOptions`.

        Returns:
            The updated goal.

        Raises:
            InvalidRequestError: the status is unknown; nothing was sent.
            NotFoundError: the organization has no such goal or user.

        Source: Bloom Growth API, ``PUT /rocks/{id}``, ``GET /rocks/{id}``.
        """
        completion = _COMPLETION.get(status.lower()) if isinstance(status, str) else None
        if status is not None and completion is None:
            raise InvalidRequestError(f"status must be one of {', '.join(_COMPLETION)}, got {status!r}")
        body = omit_none(accountableUserId=accountable_user, title=title, completion=completion)
        path = {"id": goal_id}
        await self._client.request("PUT", "/rocks/{id}", path_params=path, json=body, model=None, **options)
        return await self.details(goal_id, **options)

    async def archive(self, goal_id: int, **options: Unpack[CallOptions]) -> None:
        """Archive a goal.

        Args:
            goal_id: the id of the goal.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such goal.

        Source: Bloom Growth API, ``PUT /rocks/{id}/archive``.
        """
        await self._client.request("PUT", "/rocks/{id}/archive", path_params={"id": goal_id}, model=None, **options)

    async def restore(self, goal_id: int, **options: Unpack[CallOptions]) -> None:
        """Restore an archived goal.

        Args:
            goal_id: the id of the goal.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such goal.

        Source: Bloom Growth API, ``PUT /rocks/{id}/restore``.
        """
        await self._client.request("PUT", "/rocks/{id}/restore", path_params={"id": goal_id}, model=None, **options)

    async def delete(self, goal_id: int, **options: Unpack[CallOptions]) -> None:
        """Delete a goal.

        Args:
            goal_id: the id of the goal.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such goal.

        Source: Bloom Growth API, ``DELETE /rocks/{id}``.
        """
        await self._client.request("DELETE", "/rocks/{id}", path_params={"id": goal_id}, model=None, **options)

    async def create_many(
        self, goals: Iterable[Mapping[str, Any]], *, max_concurrent: int = 5
    ) -> BulkResult[CreatedGoal]:
        """Create many goals; some may fail.

        Args:
            goals: the arguments of `create`, one dict per goal.
            max_concurrent: the number of concurrent requests.

        Source: Bloom Growth API, ``POST /L10/{id}/rocks``.
        """
        return await self._create_many(self.create, goals, max_concurrent, "title", "meeting_id")

    @overload
    async def list(
        self, user_id: int | None = None, *, archived: Literal[False] = False, **options: Unpack[CallOptions]
    ) -> Records[Goal]: ...
    @overload
    async def list(
        self, user_id: int | None = None, *, archived: Literal[True], **options: Unpack[CallOptions]
    ) -> GoalList: ...
    async def list(
        self, user_id: int | None = None, *, archived: bool = False, **options: Unpack[CallOptions]
    ) -> Records[Goal] | GoalList:
        """Fetch the goals of a user.

        Args:
            user_id: the user; by default the owner of the API key.
            archived: also fetch the archived goals.
            options: per-call options, see `CallOptions`.

        Returns:
            The active goals; with ``archived``, both lists.

        Raises:
            NotFoundError: the organization has no such user.

        Source: Bloom Growth API, ``GET /rocks/user/{id}``, ``GET /archivedrocks/user/{id}``.
        """
        user_id = await self._user(user_id, options)
        if not archived:
            return await self._of_user("/rocks/user/{id}", user_id, options)
        active = asyncio.create_task(self._of_user("/rocks/user/{id}", user_id, options))
        archived_goals = asyncio.create_task(self._of_user("/archivedrocks/user/{id}", user_id, options))
        await all_of(active, archived_goals)
        return GoalList(active=active.result(), archived=archived_goals.result())

    async def _of_user(self, template: str, user_id: int, options: CallOptions) -> Records[Goal]:
        params = {"include_origin": True} if template == "/rocks/user/{id}" else None
        path = {"id": user_id}
        return Records(
            await self._client.request("GET", template, path_params=path, params=params, model=list[Goal], **options)
        )
