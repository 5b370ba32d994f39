"""Model of issues, returned by `Issues` and `Meetings.issues`."""

from __future__ import annotations

from datetime import datetime

from asdk import field, model
from asdk.clients.bloomy.models.agenda import AgendaItem
from asdk.clients.bloomy.models.moments import Moment, moment


@model(rename="pascal")
class Issue(AgendaItem):
    """An issue of a meeting."""

    completed: Moment = field(default=None, name="CompleteTime")

    @property
    def completed_at(self) -> datetime | None:
        """Return the time it was solved; None while it is open."""
        return moment(self.closed) or moment(self.completed)

    @property
    def user_id(self) -> int | None:
        """Return the id of the owner."""
        return None if self.owner is None else self.owner.id

    @property
    def user_name(self) -> str | None:
        """Return the name of the owner."""
        return None if self.owner is None else self.owner.name
