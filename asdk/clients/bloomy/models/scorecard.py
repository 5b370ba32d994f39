"""Models of weeks and scores, returned by `ScorecardOperations`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import attrs

from asdk import field, model
from asdk.clients.bloomy.models.moments import Moment, moment

_LAST_WEEK = 53
_YEAR_AND_WEEK = re.compile(r"([0-9]{4})-W([0-9]{1,2})").fullmatch


@attrs.frozen
class OtherWeek:
    """A week relative to the current one.

    Attributes:
        number: the server's number of the week.
        year: the year of the week; None if the server does not use calendar weeks.
        same_year: whether the week is in the current year.
    """

    number: int
    year: int | None
    same_year: bool


@model
class ScorecardWeek:
    """A week of the scorecard. Its days are text in the server's format."""

    id: int
    week_number: int
    week_start: str
    week_end: str

    def after(self, offset: int) -> OtherWeek:
        """Return the week ``offset`` weeks later, possibly in another year."""
        number = self.week_number + offset
        try:
            # Regardless of the first day, the middle of the week is in the right week and year of ISO 8601.
            middle = date.fromisoformat(self.week_start[:10]) + timedelta(days=3)
            then = middle + timedelta(weeks=offset)
        except (ValueError, OverflowError):
            pass
        else:
            now, week = middle.isocalendar(), then.isocalendar()
            if now.week == self.week_number:
                return OtherWeek(week.week, week.year, same_year=week.year == now.year)
        # The server counts differently: within a year of unknown length, or continuously.
        return OtherWeek(number, None, same_year=1 <= number <= _LAST_WEEK or self.week_number > _LAST_WEEK)


@model(rename="pascal")
class ScorecardItem:
    """The score of a metric in one week.

    Attributes:
        value: the score; None if it was not entered.
        target: the target value; None if it is not set.
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
        """Return whether the score is for this week. Without a year, the week number of the current year decides."""
        found = None if self.week is None else _YEAR_AND_WEEK(self.week)
        same_year = week.same_year if found is None or week.year is None else int(found[1]) == week.year
        return self.week_id == week.number and same_year

    @property
    def updated_at(self) -> datetime | None:
        """Return the time the score was entered."""
        return moment(self.updated)


@model(rename="pascal")
class Scores:
    """The envelope of a list of scores."""

    scores: list[ScorecardItem]


@model(rename="pascal")
class LocalDate:
    """The object that contains the first day of a week."""

    date: str


@model(rename="pascal")
class Week:
    """The current week as the server sends it."""

    id: int
    for_week_number: int
    local_date: LocalDate
    for_week: str
