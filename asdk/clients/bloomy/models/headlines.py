"""Headlines: the replies of `Headlines`."""

from __future__ import annotations

from datetime import datetime

from asdk.clients.bloomy.models.moments import Moment, moment
from asdk.clients.bloomy.models.users import Owner
from asdk.models import field, model


@model(rename="pascal")
class Headline:
    """A headline; lists do not say where its notes are."""

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

    @property
    def closed_at(self) -> datetime | None:
        return moment(self.closed)
