"""``client.meeting``: L10 meetings and their contents."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from typing_extensions import Unpack

from asdk import AsdkError, CallOptions, Records
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

# For a meeting without a scorecard the server may send an object or null instead of a list.
_Measurables: TypeAlias = list[Measurable | None] | Measurable | None


class Meetings(BloomyResource):
    """Operations on meetings and their attendees, issues, to-dos and metrics."""

    async def details(
        self, meeting_id: int, *, include_closed: bool = False, **options: Unpack[CallOptions]
    ) -> MeetingDetails:
        """Fetch a meeting with all its contents, in five requests, four of them concurrent.

        Args:
            meeting_id: the id of the meeting.
            include_closed: also fetch solved issues and completed to-dos.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such meeting.

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
        """Fetch the attendees of a meeting.

        Args:
            meeting_id: the id of the meeting.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such meeting.

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
            meeting_id: the id of the meeting.
            include_closed: also fetch solved issues.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such meeting.

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
            meeting_id: the id of the meeting.
            include_closed: also fetch completed to-dos.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such meeting.

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
        """Fetch the scorecard metrics of a meeting.

        Args:
            meeting_id: the id of the meeting.
            options: per-call options, see `CallOptions`.

        Returns:
            The metrics that have an id and a name.

        Raises:
            NotFoundError: the organization has no such meeting.

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
        """Create a meeting, then add users to it.

        Args:
            title: the name of the meeting.
            add_self: whether to add the owner of the API key.
            attendees: the ids of other users to add.
            options: per-call options, see `CallOptions`.

        Raises:
            BadRequestError: the server rejects the title; no meeting was created.
            IncompleteMeetingError: the meeting was created, but some users could not be added.

        Source: Bloom Growth API, ``POST /L10/create``, ``POST /L10/{id}/attendees/{user_id}``.
        """
        others = list(attendees or ())
        body = {"title": title, "addSelf": add_self}
        created = await self._client.request("POST", "/L10/create", json=body, model=MeetingId, **options)
        await self._add(created.meeting_id, others, options)
        return CreatedMeeting(meeting_id=created.meeting_id, title=title, attendees=others)

    async def delete(self, meeting_id: int, **options: Unpack[CallOptions]) -> bool:
        """Delete a meeting.

        Args:
            meeting_id: the id of the meeting.
            options: per-call options, see `CallOptions`.

        Returns:
            True.

        Raises:
            NotFoundError: the organization has no such meeting.

        Source: Bloom Growth API, ``DELETE /L10/{id}``.
        """
        await self._client.request("DELETE", "/L10/{id}", path_params={"id": meeting_id}, model=None, **options)
        return True

    async def create_many(
        self, meetings: Iterable[Mapping[str, Any]], *, max_concurrent: int = 5
    ) -> BulkResult[CreatedMeeting]:
        """Create many meetings; some may fail.

        Args:
            meetings: the arguments of `create`, one dict per meeting.
            max_concurrent: the number of concurrent requests.

        Source: Bloom Growth API, ``POST /L10/create``, ``POST /L10/{id}/attendees/{user_id}``.
        """
        return await self._create_many(self.create, meetings, max_concurrent, "title")

    async def get_many(self, meeting_ids: Iterable[int], *, max_concurrent: int = 5) -> BulkResult[MeetingDetails]:
        """Fetch many meetings with all their contents; some may fail.

        Args:
            meeting_ids: the ids of the meetings.
            max_concurrent: the number of meetings fetched concurrently, with up to four requests each.

        Source: Bloom Growth API, ``GET /L10/{id}``, ``/L10/{id}/attendees``, ``/L10/{id}/issues``, ``/L10/{id}/todos``,
        ``/L10/{id}/measurables``.
        """
        return await self._each(meeting_ids, self.details, max_concurrent)

    async def list(self, user_id: int | None = None, **options: Unpack[CallOptions]) -> Records[Meeting]:
        """Fetch the meetings of a user.

        Args:
            user_id: the user; by default the owner of the API key.
            options: per-call options, see `CallOptions`.

        Raises:
            NotFoundError: the organization has no such user.

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
            f"meeting {meeting_id} was created without users {missing}: {refusal.message}; add them, or delete it",
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
    """Convert a metric to the public model; None without an id or a name."""
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
    """Parse a target. The server sends an empty string for null, and may send numbers as text."""
    try:
        return None if target is None else float(target)
    except ValueError:
        return None
