"""Dates and times in Bloom Growth's formats."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

#: A time, or the original text: the server is not bound to ISO 8601, and an empty string means no date.
Moment: TypeAlias = datetime | str | None


def moment(value: Moment) -> datetime | None:
    """Return a date and time; None if the value is text."""
    return value if isinstance(value, datetime) else None
