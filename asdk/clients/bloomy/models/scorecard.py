"""Weeks and scores: the replies of `Scorecard`."""

from __future__ import annotations

from datetime import datetime

from asdk.clients.bloomy.models.todos import Moment
from asdk.models import field, model


@model
class ScorecardWeek:
    """A week of the scorecard; its days are as the server writes them."""

    id: int
    week_number: int
    week_start: str
    week_end: str


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

    @property
    def updated_at(self) -> datetime | None:
        return self.updated or None


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
