"""``client.goal``: goals for a quarter, which the server calls rocks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Literal, overload

from typing_extensions import Unpack

from asdk.clients.bloomy.models.bulk import BulkResult
from asdk.clients.bloomy.models.goals import CreatedGoal, Goal, GoalList, GoalStatus
from asdk.clients.bloomy.resources.base import BloomyResource, all_of
from asdk.errors import InvalidRequestError
from asdk.http.options import CallOptions, omit_none
from asdk.records.records import Records

_COMPLETION = {"on": "OnTrack", "off": "AtRisk", "complete": "Complete"}


class Goals(BloomyResource):
    """Goals: on track, at risk, or complete."""

    async def details(self, goal_id: int, **options: Unpack[CallOptions]) -> Goal:
        """Fetch one goal.

        Args:
            goal_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such goal.

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
        """Make a goal.

        Args:
            title: what is to be reached.
            meeting_id: the meeting that watches it.
            user_id: who is accountable; left out, the owner of the key.
            options: what this call does differently, see `CallOptions`.

        Raises:
            BadRequestError: a value is refused.
            NotFoundError: the organisation has no such meeting or user.

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
        """Change a goal.

        Args:
            goal_id: its id.
            title: what is to be reached; left out, as it is.
            accountable_user: who is accountable; left out, as it is.
            status: ``"on"``, ``"off"`` or ``"complete"``; left out, as it is.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            The goal as it is then.

        Raises:
            InvalidRequestError: there is no such status; nothing was sent.
            NotFoundError: the organisation has no such goal or user.

        Source: Bloom Growth API, ``PUT /rocks/{id}``, ``GET /rocks/{id}``.
        """
        completion = _COMPLETION.get(status.lower()) if isinstance(status, str) else None
        if status is not None and completion is None:
            raise InvalidRequestError(f"a goal is {', '.join(map(repr, _COMPLETION))}, not {status!r}")
        body = omit_none(accountableUserId=accountable_user, title=title, completion=completion)
        path = {"id": goal_id}
        await self._client.request("PUT", "/rocks/{id}", path_params=path, json=body, model=None, **options)
        return await self.details(goal_id, **options)

    async def archive(self, goal_id: int, **options: Unpack[CallOptions]) -> None:
        """Put a goal away.

        Args:
            goal_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such goal.

        Source: Bloom Growth API, ``PUT /rocks/{id}/archive``.
        """
        await self._client.request("PUT", "/rocks/{id}/archive", path_params={"id": goal_id}, model=None, **options)

    async def restore(self, goal_id: int, **options: Unpack[CallOptions]) -> None:
        """Take a goal back that was put away.

        Args:
            goal_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such goal.

        Source: Bloom Growth API, ``PUT /rocks/{id}/restore``.
        """
        await self._client.request("PUT", "/rocks/{id}/restore", path_params={"id": goal_id}, model=None, **options)

    async def delete(self, goal_id: int, **options: Unpack[CallOptions]) -> None:
        """Remove a goal.

        Args:
            goal_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such goal.

        Source: Bloom Growth API, ``DELETE /rocks/{id}``.
        """
        await self._client.request("DELETE", "/rocks/{id}", path_params={"id": goal_id}, model=None, **options)

    async def create_many(
        self, goals: Iterable[Mapping[str, Any]], *, max_concurrent: int = 5
    ) -> BulkResult[CreatedGoal]:
        """Make many goals; some may fail.

        Args:
            goals: the arguments of `create`, as dicts.
            max_concurrent: how many are made at a time.

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
            user_id: left out, the owner of the key.
            archived: fetch those that were put away, too.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            The goals that go on; with ``archived``, both lists.

        Raises:
            NotFoundError: the organisation has no such user.

        Source: Bloom Growth API, ``GET /rocks/user/{id}``, ``GET /archivedrocks/user/{id}``.
        """
        user_id = await self._user(user_id, options)
        if not archived:
            return await self._of_user("/rocks/user/{id}", user_id, options)
        going_on = asyncio.create_task(self._of_user("/rocks/user/{id}", user_id, options))
        put_away = asyncio.create_task(self._of_user("/archivedrocks/user/{id}", user_id, options))
        await all_of(going_on, put_away)
        return GoalList(active=going_on.result(), archived=put_away.result())

    async def _of_user(self, template: str, user_id: int, options: CallOptions) -> Records[Goal]:
        params = {"include_origin": True} if template == "/rocks/user/{id}" else None
        path = {"id": user_id}
        return Records(
            await self._client.request("GET", template, path_params=path, params=params, model=list[Goal], **options)
        )
