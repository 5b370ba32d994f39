"""`AgendaItem`: the common base of issues and headlines."""

from __future__ import annotations

from datetime import datetime

from asdk import field, model
from asdk.clients.bloomy.models.moments import Moment, moment
from asdk.clients.bloomy.models.users import Owner


@model(rename="pascal")
class AgendaItem:
    """An item on the agenda of a meeting.

    Attributes:
        notes_url: the URL of the notes.
        archived: whether it was removed from the agenda.
        meeting_id: the meeting in which it was raised.
        meeting_title: the name of that meeting.
        owner: the user who raised it.
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
        """Return the creation time."""
        return moment(self.created)
