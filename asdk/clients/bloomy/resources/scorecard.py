"""``client.scorecard``: numbers by the week."""

from __future__ import annotations

from typing_extensions import Unpack

from asdk.clients.bloomy.models.scorecard import ScorecardItem, ScorecardWeek, Scores, Week
from asdk.clients.bloomy.resources.base import BloomyResource
from asdk.errors import InvalidRequestError
from asdk.http.options import CallOptions
from asdk.records.records import Records


class ScorecardOperations(BloomyResource):
    """Scores of measurables. The API counts weeks within a year: over its end a score can be read, but not entered."""

    async def current_week(self, **options: Unpack[CallOptions]) -> ScorecardWeek:
        """Fetch the present week.

        Args:
            options: what this call does differently, see `CallOptions`.

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
            measurable_id: what is measured.
            user_id: whose; left out, the owner of the key.
            week_offset: weeks from the present one, such as -1.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            The score, whose ``value`` is None if nobody entered one; None if that week has none.

        Raises:
            NotFoundError: the organisation has no such user.

        Source: Bloom Growth API, ``GET /scorecard/user/{id}``, ``GET /weeks/current``.
        """
        scores = await self.list(user_id, show_empty=True, week_offset=week_offset, **options)
        return next((score for score in scores if score.measurable_id == measurable_id), None)

    async def score(
        self, measurable_id: int, score: float, *, week_offset: int = 0, **options: Unpack[CallOptions]
    ) -> bool:
        """Enter a score.

        Args:
            measurable_id: what is measured.
            score: its value.
            week_offset: weeks from the present one, such as -1.
            options: what these calls do differently, see `CallOptions`.

        Returns:
            True: it is entered.

        Raises:
            InvalidRequestError: the week lies in another year; nothing was entered.
            NotFoundError: the organisation has no such measurable.

        Source: Bloom Growth API, ``GET /weeks/current``, ``PUT /measurables/{id}/week/{week}``.
        """
        current = await self.current_week(**options)
        week = current.after(week_offset)
        if not week.same_year:
            raise InvalidRequestError(
                f"this is week {current.week_number}: a week_offset of {week_offset} leads into another year, for "
                "which the API has no numbers"
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
            user_id: left out, the owner of the key.
            meeting_id: the meeting, in place of a user.
            show_empty: also those that nobody has entered. A zero is no empty one.
            week_offset: only those of one week, so many from the present one; left out, all.
            options: what these calls do differently, see `CallOptions`.

        Raises:
            InvalidRequestError: both a user and a meeting are named; nothing was sent.
            NotFoundError: the organisation has no such user or meeting.

        Source: Bloom Growth API, ``GET /scorecard/user/{id}``, ``GET /scorecard/meeting/{id}``, ``GET /weeks/current``.
        """
        template, path = await self._place(
            user_id, meeting_id, "/scorecard/user/{id}", "/scorecard/meeting/{id}", options
        )
        week = None if week_offset is None else (await self.current_week(**options)).after(week_offset)
        found = await self._client.request("GET", template, path_params=path, model=Scores, **options)
        return Records(
            score
            for score in found.scores
            if (week is None or score.is_of(week)) and (show_empty or score.value is not None)
        )
