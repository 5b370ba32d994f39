"""To-dos: the replies of `Todos`."""

from __future__ import annotations

from datetime import datetime

from asdk.clients.bloomy.models.moments import Moment, moment
from asdk.models.declaration import field, model


@model(rename="pascal")
class Todo:
    """A to-do; ``due``, ``completed`` and ``closed`` are as the server spells them, the properties as they are meant.

    Attributes:
        details_url: where its notes are.
        create_date: when it was made.
        meeting_id: the meeting that it came up in; None for one of a person's own.
        meeting_name: its name.
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
        return moment(self.due)

    @property
    def complete_date(self) -> datetime | None:
        return moment(self.completed)

    @property
    def create_date(self) -> datetime | None:
        return moment(self.created)

    @property
    def archived(self) -> bool:
        """Whether it was put away."""
        return bool(self.closed)
