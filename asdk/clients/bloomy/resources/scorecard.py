"""``client.scorecard``: weekly scores of metrics."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk import CallOptions, InvalidRequestError, Records
from asdk.clients.bloomy.models.scorecard import ScorecardItem, ScorecardWeek, Scores, Week
from asdk.clients.bloomy.resources.base import BloomyResource


class ScorecardOperations(BloomyResource):
    """Operations on scores.

    The API numbers weeks within a year: a score in another year can be read, but not entered.
    """

    async def current_week(self, **options: Unpack[CallOptions]) -> ScorecardWeek:
        """Fetch the current week.

        Args:
            options: per-call options, see `CallOptions`.

        Source: Bloom Growth API, ``GET /weeks/current``.
        """
        week = await self._client.request("GET", "/weeks/current", model=Week, **options)
        return ScorecardWeek(
            id=week.id, week_number=week.for_week_number, week_start=week.local_date.date, week_end=week.for_week
        )

    async def get(
        self,
        measurable_id: int,
        *,
        user_id: int | None = None,
        week_offset: int = 0,
        **options: Unpack[CallOptions],
    ) -> ScorecardItem | None:
        """Fetch one score.

        Args:
            measurable_id: the id of the metric.
            user_id: the user; by default the owner of the API key.
            week_offset: the offset from the current week, such as -1.
            options: per-call options, see `CallOptions`.

        Returns:
            The score, with a ``value`` of None if it was not entered; None if the week has no such score.

        Raises:
            NotFoundError: the organization has no such user.

        Source: Bloom Growth API, ``GET /scorecard/user/{id}``, ``GET /weeks/current``.
        """
        scores = await self.list(user_id, show_empty=True, week_offset=week_offset, **options)
        return next((score for score in scores if score.measurable_id == measurable_id), None)

    async def score(
        self, measurable_id: int, score: float, *, week_offset: int = 0, **options: Unpack[CallOptions]
    ) -> bool:
        """Enter a score.

        Args:
            measurable_id: the id of the metric.
            score: the value.
            week_offset: the offset from the current week, such as -1.
            options: per-call options, see `CallOptions`.

        Returns:
            True.

        Raises:
            InvalidRequestError: the week is in another year; nothing was entered.
            NotFoundError: the organization has no such measurable.

        Source: Bloom Growth API, ``GET /weeks/current``, ``PUT /measurables/{id}/week/{week}``.
        """
        current = await self.current_week(**options)
        week = current.after(week_offset)
        if not week.same_year:
            raise InvalidRequestError(
                f"week_offset must stay within the current year, got {week_offset} in week {current.week_number}: the "
                "API has no week numbers for other years"
            )
        path = {"id": measurable_id, "week": week.number}
        await self._client.request(
            "PUT", "/measurables/{id}/week/{week}", path_params=path, json={"value": score}, model=None, **options
        )
        return True

    async def list(
        self,
        user_id: int | None = None,
        *,
        meeting_id: int | None = None,
        show_empty: bool = False,
        week_offset: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Records[ScorecardItem]:
        """Fetch the scores of a user or of a meeting.

        Args:
            user_id: the user; by default the owner of the API key.
            meeting_id: the meeting, instead of a user.
            show_empty: include scores without a value. Zero is a value.
            week_offset: only scores of one week, as an offset from the current week; by default all weeks.
            options: per-call options, see `CallOptions`.

        Raises:
            InvalidRequestError: both a user and a meeting are given; nothing was sent.
            NotFoundError: the organization has no such user or meeting.

        Source: Bloom Growth API, ``GET /scorecard/user/{id}``, ``GET /scorecard/meeting/{id}``, ``GET /weeks/current``.
        """
        template, path = await self._list_target(
            user_id, meeting_id, "/scorecard/user/{id}", "/scorecard/meeting/{id}", options
        )
        week = None if week_offset is None else (await self.current_week(**options)).after(week_offset)
        found = await self._client.request("GET", template, path_params=path, model=Scores, **options)
        return Records(
            score
            for score in found.scores
            if (week is None or score.is_of(week)) and (show_empty or score.value is not None)
        )
