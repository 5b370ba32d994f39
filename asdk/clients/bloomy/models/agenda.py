"""What issues and headlines have in common: both stand on the list of a meeting."""

from __future__ import annotations

from datetime import datetime

from asdk.clients.bloomy.models.moments import Moment, moment
from asdk.clients.bloomy.models.users import Owner
from asdk.models.declaration import field, model


@model(rename="pascal")
class AgendaItem:
    """Something on the list of a meeting.

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
    archived: bool = False
    meeting_id: int | None = field(default=None, name="OriginId")
    meeting_title: str | None = field(default=None, name="Origin")
    owner: Owner | None = None

    @property
    def created_at(self) -> datetime | None:
        return moment(self.created)
