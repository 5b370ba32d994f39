"""Weeks and scores: the replies of `Scorecard`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import attrs

from asdk.clients.bloomy.models.moments import Moment, moment
from asdk.models.declaration import field, model

_LAST_WEEK = 53
_YEAR_AND_WEEK = re.compile(r"([0-9]{4})-W([0-9]{1,2})").fullmatch


@attrs.frozen
class OtherWeek:
    """A week, seen from the present one.

    Attributes:
        number: as the server counts.
        year: the one that it belongs to; None if the server does not count by the calendar.
        same_year: whether that is the present year.
    """

    number: int
    year: int | None
    same_year: bool


@model
class ScorecardWeek:
    """A week of the scorecard; its days are as the server writes them."""

    id: int
    week_number: int
    week_start: str
    week_end: str

    def after(self, offset: int) -> OtherWeek:
        """The week that is so many after this one, over the end of a year as well."""
        number = self.week_number + offset
        try:
            # Whatever day weeks begin on, the middle one lies in the week and the year of ISO 8601.
            middle = date.fromisoformat(self.week_start[:10]) + timedelta(days=3)
            then = middle + timedelta(weeks=offset)
        except (ValueError, OverflowError):
            pass
        else:
            now, week = middle.isocalendar(), then.isocalendar()
            if now.week == self.week_number:
                return OtherWeek(week.week, week.year, same_year=week.year == now.year)
        # Another way to count: either within a year, whose length is anybody's guess, or on and on.
        return OtherWeek(number, None, same_year=1 <= number <= _LAST_WEEK or self.week_number > _LAST_WEEK)


@model(rename="pascal")
class ScorecardItem:
    """The score of a measurable in a week.

    Attributes:
        value: the score; None if nobody entered one.
        target: what it should be; None if nobody set one.
        week: the week with its year, such as ``2026-W01``.
        week_id: the number of the week.
    """

    id: int
    measurable_id: int
    accountable_user_id: int
    title: str = field(name="MeasurableName")
    week_id: int = field(name="ForWeek")
    target: float | None = None
    value: float | None = field(default=None, name="Measured")
    week: str | None = None
    updated: Moment = field(default=None, name="DateEntered")

    def is_of(self, week: OtherWeek) -> bool:
        """Whether it is the score of this week. Without a year the number alone says so, for the present year."""
        found = None if self.week is None else _YEAR_AND_WEEK(self.week)
        same_year = week.same_year if found is None or week.year is None else int(found[1]) == week.year
        return self.week_id == week.number and same_year

    @property
    def updated_at(self) -> datetime | None:
        return moment(self.updated)


@model(rename="pascal")
class Scores:
    """How the server wraps scores."""

    scores: list[ScorecardItem]


@model(rename="pascal")
class LocalDate:
    """How it wraps the first day of a week."""

    date: str


@model(rename="pascal")
class Week:
    """The present week, as the server sends it."""

    id: int
    for_week_number: int
    local_date: LocalDate
    for_week: str
