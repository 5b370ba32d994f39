"""Model of to-dos, returned by `Todos`."""

from __future__ import annotations

from datetime import datetime

from asdk import field, model
from asdk.clients.bloomy.models.moments import Moment, moment


@model(rename="pascal")
class Todo:
    """A to-do. ``due``, ``completed`` and ``closed`` are the server's raw values; use the properties instead.

    Attributes:
        details_url: the URL of the notes.
        create_date: the creation time.
        meeting_id: the meeting in which it was raised; None for a personal to-do.
        meeting_name: the name of that meeting.
        complete: whether it is done.
    """

    id: int
    name: str
    details_url: str | None = None
    due: Moment = field(default=None, name="DueDate")
    completed: Moment = field(default=None, name="CompleteTime")
    created: Moment = field(default=None, name="CreateTime")
    closed: Moment = field(default=None, name="CloseTime")
    meeting_id: int | None = field(default=None, name="OriginId")
    meeting_name: str | None = field(default=None, name="Origin")
    complete: bool = False

    @property
    def due_date(self) -> datetime | None:
        """Return the due date."""
        return moment(self.due)

    @property
    def complete_date(self) -> datetime | None:
        """Return the time it was completed; None while it is open."""
        return moment(self.completed)

    @property
    def create_date(self) -> datetime | None:
        """Return the creation time."""
        return moment(self.created)

    @property
    def archived(self) -> bool:
        """Return whether the to-do was archived."""
        return bool(self.closed)
