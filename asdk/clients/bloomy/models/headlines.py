"""Headlines: the replies of `Headlines`."""

from __future__ import annotations

from datetime import datetime

from asdk.clients.bloomy.models.agenda import AgendaItem
from asdk.clients.bloomy.models.moments import moment
from asdk.models.declaration import model


@model(rename="pascal")
class Headline(AgendaItem):
    """A headline; lists do not say where its notes are."""

    @property
    def closed_at(self) -> datetime | None:
        return moment(self.closed)
