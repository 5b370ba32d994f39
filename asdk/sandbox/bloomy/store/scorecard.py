"""Measurables, their scores by week, and the number of the week."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import attrs

from asdk.sandbox.bloomy.errors import invalid, not_found
from asdk.sandbox.bloomy.settings import BloomySettings
from asdk.sandbox.bloomy.store.items import moment
from asdk.sandbox.bloomy.store.meetings import Meeting
from asdk.sandbox.bloomy.store.people import User
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.json_io import Json

_LAST_WEEK = 53


Week = tuple[int, int]
"""Year and ISO 8601 week number."""


@attrs.define(eq=False)
class Score:
    id: int
    week: Week
    measured: float | None = None
    entered_at: str | None = None


@attrs.define(eq=False, kw_only=True)
class Measurable:
    id: int
    name: str
    owner: User
    meeting: Meeting
    target: float
    unit: str
    direction: str
    scores: dict[Week, Score] = attrs.field(factory=dict[Week, Score])


class Scorecard:
    """All measurables. A week is identified by its number alone, in the current year."""

    def __init__(self, settings: BloomySettings, clock: TimeSource, next_id: Callable[[], int]) -> None:
        self._settings = settings
        self._clock = clock
        self._next_id = next_id
        self._measurables: dict[int, Measurable] = {}

    def add(self, measurable: Measurable) -> Measurable:
        """Add a measurable, with empty scores for this week and the one before."""
        self._measurables[measurable.id] = measurable
        monday = self._monday()
        for week in (_week_of(monday - timedelta(days=7)), _week_of(monday)):
            measurable.scores[week] = Score(self._next_id(), week)
        return measurable

    def get(self, measurable_id: int, organization_id: int) -> Measurable:
        """Return a measurable. Raise RefusalError 404 if it is unknown."""
        measurable = self._measurables.get(measurable_id)
        if measurable is None or measurable.owner.organization_id != organization_id:
            raise not_found("Measurable", measurable_id)
        return measurable

    def of_user(self, user: User) -> list[Measurable]:
        return [measurable for measurable in self._measurables.values() if measurable.owner is user]

    def of_meeting(self, meeting: Meeting) -> list[Measurable]:
        return [measurable for measurable in self._measurables.values() if measurable.meeting is meeting]

    def enter(self, measurable: Measurable, number: int, value: float | None) -> None:
        """Set a score. Raise RefusalError 400 for a week that no year has."""
        if not 1 <= number <= _LAST_WEEK:
            raise invalid(f"there is no week {number}")
        week = self._monday().isocalendar().year, number
        score = measurable.scores.get(week)
        if score is None:
            score = measurable.scores[week] = Score(self._next_id(), week)
        score.measured, score.entered_at = value, moment(self._clock())

    def current_week(self) -> Json:
        monday = self._monday()
        number = monday.isocalendar().week
        return {
            "Id": monday.toordinal() // 7,
            "ForWeekNumber": number,
            "LocalDate": {"Date": monday.isoformat()},
            "ForWeek": (monday + timedelta(days=6)).isoformat(),
        }

    def target(self, measurable: Measurable) -> float | None:
        return None if self._settings.null_targets else measurable.target

    def shown(self, measurable: Measurable) -> list[Json]:
        """Yield the scores of a measurable, week by week."""
        return [
            {
                "Id": score.id,
                "MeasurableId": measurable.id,
                "AccountableUserId": measurable.owner.id,
                "MeasurableName": measurable.name,
                "Target": self.target(measurable),
                "Measured": score.measured,
                "Week": f"{score.week[0]}-W{score.week[1]:02}",
                "ForWeek": score.week[1],
                "DateEntered": score.entered_at,
            }
            for score in sorted(measurable.scores.values(), key=lambda score: score.week)
        ]

    def _monday(self) -> date:
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        return today - timedelta(days=today.weekday())


def _week_of(day: date) -> Week:
    year, number, _ = day.isocalendar()
    return year, number
