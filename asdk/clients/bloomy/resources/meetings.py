"""``client.meeting``: L10 meetings and what is on their table."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from typing_extensions import Unpack

from asdk.clients.bloomy.errors import IncompleteMeetingError
from asdk.clients.bloomy.models.bulk import BulkResult
from asdk.clients.bloomy.models.issues import Issue
from asdk.clients.bloomy.models.meetings import (
    CreatedMeeting,
    Measurable,
    Meeting,
    MeetingAttendee,
    MeetingDetails,
    MeetingId,
    MeetingRecord,
    ScorecardMetric,
)
from asdk.clients.bloomy.models.moments import moment
from asdk.clients.bloomy.models.todos import Todo
from asdk.clients.bloomy.resources.base import BloomyResource, all_of
from asdk.errors import AsdkError
from asdk.http.options import CallOptions
from asdk.records.records import Records

# A meeting without a scorecard may have something else than a list, or nothing.
_Measurables: TypeAlias = list[Measurable | None] | Measurable | None


class Meetings(BloomyResource):
    """Meetings: who attends them, and their issues, to-dos and numbers."""

    async def details(
        self, meeting_id: int, *, include_closed: bool = False, **options: Unpack[CallOptions]
    ) -> MeetingDetails:
        """Fetch a meeting with everything on its table: five requests, four of them at a time.

        Args:
            meeting_id: its id.
            include_closed: also issues that are solved and to-dos that are done.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such meeting.

        Source: Bloom Growth API, ``GET /L10/{id}``, ``/L10/{id}/attendees``, ``/L10/{id}/issues``, ``/L10/{id}/todos``,
        ``/L10/{id}/measurables``.
        """
        meeting = await self._client.request(
            "GET", "/L10/{id}", path_params={"id": meeting_id}, model=MeetingRecord, **options
        )
        attendees = asyncio.create_task(self.attendees(meeting_id, **options))
        issues = asyncio.create_task(self.issues(meeting_id, include_closed=include_closed, **options))
        todos = asyncio.create_task(self.todos(meeting_id, include_closed=include_closed, **options))
        metrics = asyncio.create_task(self.metrics(meeting_id, **options))
        await all_of(attendees, issues, todos, metrics)
        return MeetingDetails(
            id=meeting.id,
            name=(meeting.basics and meeting.basics.name) or "",
            start_date_utc=moment(meeting.start_date_utc),
            created_date=moment(meeting.create_time),
            organization_id=meeting.organization_id,
            attendees=attendees.result(),
            issues=issues.result(),
            todos=todos.result(),
            metrics=metrics.result(),
        )

    async def attendees(self, meeting_id: int, **options: Unpack[CallOptions]) -> Records[MeetingAttendee]:
        """Fetch who attends a meeting.

        Args:
            meeting_id: its id.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such meeting.

        Source: Bloom Growth API, ``GET /L10/{id}/attendees``.
        """
        path = {"id": meeting_id}
        return Records(
            await self._client.request(
                "GET", "/L10/{id}/attendees", path_params=path, model=list[MeetingAttendee], **options
            )
        )

    async def issues(
        self, meeting_id: int, *, include_closed: bool = False, **options: Unpack[CallOptions]
    ) -> Records[Issue]:
        """Fetch the issues of a meeting.

        Args:
            meeting_id: its id.
            include_closed: also those that are solved.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such meeting.

        Source: Bloom Growth API, ``GET /L10/{id}/issues``.
        """
        return Records(
            await self._client.request(
                "GET",
                "/L10/{id}/issues",
                path_params={"id": meeting_id},
                params={"include_resolved": include_closed},
                model=list[Issue],
                **options,
            )
        )

    async def todos(
        self, meeting_id: int, *, include_closed: bool = False, **options: Unpack[CallOptions]
    ) -> Records[Todo]:
        """Fetch the to-dos of a meeting.

        Args:
            meeting_id: its id.
            include_closed: also those that are done.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such meeting.

        Source: Bloom Growth API, ``GET /L10/{id}/todos``.
        """
        return Records(
            await self._client.request(
                "GET",
                "/L10/{id}/todos",
                path_params={"id": meeting_id},
                params={"INCLUDE_CLOSED": include_closed},
                model=list[Todo],
                **options,
            )
        )

    async def metrics(self, meeting_id: int, **options: Unpack[CallOptions]) -> Records[ScorecardMetric]:
        """Fetch the numbers that a meeting watches.

        Args:
            meeting_id: its id.
            options: what this call does differently, see `CallOptions`.

        Returns:
            Those that have an id and a name.

        Raises:
            NotFoundError: the organisation has no such meeting.

        Source: Bloom Growth API, ``GET /L10/{id}/measurables``.
        """
        path = {"id": meeting_id}
        found = await self._client.request(
            "GET", "/L10/{id}/measurables", path_params=path, model=_Measurables, **options
        )
        metrics = (_metric(one) for one in found) if isinstance(found, list) else ()
        return Records(metric for metric in metrics if metric is not None)

    async def create(
        self,
        title: str,
        *,
        add_self: bool = True,
        attendees: Iterable[int] | None = None,
        **options: Unpack[CallOptions],
    ) -> CreatedMeeting:
        """Make a meeting, then add people to it.

        Args:
            title: its name.
            add_self: whether the owner of the key attends it.
            attendees: the ids of the other users who do; left out, nobody else.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            BadRequestError: the title is refused; there is no meeting.
            IncompleteMeetingError: the meeting is there, but not everybody is in it; it says who and why.

        Source: Bloom Growth API, ``POST /L10/create``, ``POST /L10/{id}/attendees/{user_id}``.
        """
        others = list(attendees or ())
        body = {"title": title, "addSelf": add_self}
        made = await self._client.request("POST", "/L10/create", json=body, model=MeetingId, **options)
        await self._add(made.meeting_id, others, options)
        return CreatedMeeting(meeting_id=made.meeting_id, title=title, attendees=others)

    async def delete(self, meeting_id: int, **options: Unpack[CallOptions]) -> bool:
        """Remove a meeting.

        Args:
            meeting_id: its id.
            options: what this call does differently, see `CallOptions`.

        Returns:
            True: it is gone.

        Raises:
            NotFoundError: the organisation has no such meeting.

        Source: Bloom Growth API, ``DELETE /L10/{id}``.
        """
        await self._client.request("DELETE", "/L10/{id}", path_params={"id": meeting_id}, model=None, **options)
        return True

    async def create_many(
        self, meetings: Iterable[Mapping[str, Any]], *, max_concurrent: int = 5
    ) -> BulkResult[CreatedMeeting]:
        """Make many meetings; some may fail.

        Args:
            meetings: the arguments of `create`, as dicts.
            max_concurrent: how many are made at a time.

        Source: Bloom Growth API, ``POST /L10/create``, ``POST /L10/{id}/attendees/{user_id}``.
        """
        return await self._create_many(self.create, meetings, max_concurrent, "title")

    async def get_many(self, meeting_ids: Iterable[int], *, max_concurrent: int = 5) -> BulkResult[MeetingDetails]:
        """Fetch many meetings with everything on their tables; some may fail.

        Args:
            meeting_ids: their ids.
            max_concurrent: how many are fetched at a time, with up to four requests each.

        Source: Bloom Growth API, ``GET /L10/{id}``, ``/L10/{id}/attendees``, ``/L10/{id}/issues``, ``/L10/{id}/todos``,
        ``/L10/{id}/measurables``.
        """
        return await self._each(meeting_ids, self.details, max_concurrent)

    async def list(self, user_id: int | None = None, **options: Unpack[CallOptions]) -> Records[Meeting]:
        """Fetch the meetings of a user.

        Args:
            user_id: left out, the owner of the key.
            options: what this call does differently, see `CallOptions`.

        Raises:
            NotFoundError: the organisation has no such user.

        Source: Bloom Growth API, ``GET /L10/{user_id}/list``.
        """
        path = {"id": await self._user(user_id, options)}
        return Records(
            await self._client.request("GET", "/L10/{id}/list", path_params=path, model=list[Meeting], **options)
        )

    async def _add(self, meeting_id: int, attendees: Sequence[int], options: CallOptions) -> None:
        missing: list[int] = []
        refusal: AsdkError | None = None
        for user_id in attendees:
            path = {"id": meeting_id, "user_id": user_id}
            try:
                await self._client.request(
                    "POST", "/L10/{id}/attendees/{user_id}", path_params=path, model=None, idempotent=True, **options
                )
            except AsdkError as error:
                missing.append(user_id)
                refusal = refusal or error.copy()
        if refusal is None:
            return
        failure = IncompleteMeetingError(
            f"meeting {meeting_id} was created without the users {missing}: {refusal.message}; add them, or delete it",
            method=refusal.method,
            template=refusal.template,
            status=refusal.status or 0,
            request_id=refusal.request_id,
            retry_after=refusal.retry_after,
            attempts=refusal.attempts,
        )
        failure.meeting_id, failure.missing = meeting_id, tuple(missing)
        try:
            raise failure
        finally:
            del failure  # a frame that keeps the error it raises makes a cycle


def _metric(found: Measurable | None) -> ScorecardMetric | None:
    """A number as users see it; None for one without an id or a name, which is none."""
    if found is None or found.id is None or not found.name:
        return None
    return ScorecardMetric(
        id=found.id,
        title=found.name.strip(),
        target=_number(found.target),
        unit=found.modifiers,
        metric_type=found.direction,
        owner=found.owner,
    )


def _number(target: float | str | None) -> float | None:
    """A target; the server writes an empty string where others write null, and may write numbers as text."""
    try:
        return None if target is None else float(target)
    except ValueError:
        return None
