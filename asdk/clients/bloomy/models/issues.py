"""Issues: the replies of `Issues` and `Meetings.issues`."""

from __future__ import annotations

from datetime import datetime

from asdk.clients.bloomy.models.agenda import AgendaItem
from asdk.clients.bloomy.models.moments import Moment, moment
from asdk.models.declaration import field, model


@model(rename="pascal")
class Issue(AgendaItem):
    """An issue."""

    completed: Moment = field(default=None, name="CompleteTime")

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
