"""Issues: the replies of `Issues` and `Meetings.issues`."""

from __future__ import annotations

from datetime import datetime

from asdk.clients.bloomy.models.moments import Moment, moment
from asdk.clients.bloomy.models.users import Owner
from asdk.models import field, model


@model(rename="pascal")
class Issue:
    """An issue.

    Attributes:
        notes_url: where its notes are.
        archived: whether it is off the list.
        meeting_id: the meeting that it was raised in.
        meeting_title: its name.
        owner: who raised it.
    """

    id: int
    title: str = field(name="Name")
    notes_url: str | None = field(default=None, name="DetailsUrl")
    created: Moment = field(default=None, name="CreateTime")
    closed: Moment = field(default=None, name="CloseTime")
    completed: Moment = field(default=None, name="CompleteTime")
    archived: bool = False
    meeting_id: int | None = field(default=None, name="OriginId")
    meeting_title: str | None = field(default=None, name="Origin")
    owner: Owner | None = None

    @property
    def created_at(self) -> datetime | None:
        return moment(self.created)

    @property
    def completed_at(self) -> datetime | None:
        """When it was solved; None while it is open."""
        return moment(self.closed) or moment(self.completed)

    @property
    def user_id(self) -> int | None:
        return None if self.owner is None else self.owner.id

    @property
    def user_name(self) -> str | None:
        return None if self.owner is None else self.owner.name
