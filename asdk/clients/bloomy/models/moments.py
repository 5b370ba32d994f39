"""Days and times as Bloom Growth writes them."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

#: An empty string is no day. Nothing holds the server to ISO 8601, so what is no moment stays the text that it was.
Moment: TypeAlias = datetime | str | None


def moment(value: Moment) -> datetime | None:
    """The day and time, where there is one."""
    return value if isinstance(value, datetime) else None
