"""Model of headlines, returned by `Headlines`."""

from __future__ import annotations

from datetime import datetime

from asdk import model
from asdk.clients.bloomy.models.agenda import AgendaItem
from asdk.clients.bloomy.models.moments import moment


@model(rename="pascal")
class Headline(AgendaItem):
    """A headline. Headlines in lists have no ``notes_url``."""

    @property
    def closed_at(self) -> datetime | None:
        """Return the time it was closed; None while it is open."""
        return moment(self.closed)
