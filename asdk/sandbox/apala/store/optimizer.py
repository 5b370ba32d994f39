"""Substitute for Apala's language model: plain rules, so that the same request always gets the same message."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs

_SMS_LENGTH = 160
_OFFICE_OPENS = 10
"""Hour of the day at which messages are best sent, in the customer's time."""


@attrs.frozen
class HistoryMessage:
    """Message sent to the customer, and whether the customer replied."""

    content: str
    channel: str
    send_timestamp: str
    replied: bool


@attrs.frozen
class Optimized:
    text: str
    channel: str
    warnings: list[dict[str, str]]
    recommended_send_at: str
    inferred_send_at: str | None


def optimize(text: str, history: list[HistoryMessage], timezone: str, now: float) -> Optimized:
    """Return a tidied text, the channel that the customer replies on, and the next good hour."""
    answered = [message for message in history if message.replied]
    channel = (answered or history)[-1].channel if history else "SMS"
    tidy = re.sub(r"\s+", " ", text).strip()
    tidy = tidy[:1].upper() + tidy[1:]
    if not tidy.endswith((".", "!", "?")):
        tidy += "."
    warnings: list[dict[str, str]] = []
    if channel == "SMS" and len(tidy) > _SMS_LENGTH:
        detail = f"{len(tidy)} characters, {_SMS_LENGTH} fit into one message"
        warnings.append({"rule": "sms_length", "detail": detail})
    return Optimized(tidy, channel, warnings, _next_opening(timezone, now), _usual_hour(answered, timezone, now))


def _next_opening(timezone: str, now: float) -> str:
    return _next(_OFFICE_OPENS, timezone, now)


def _usual_hour(answered: list[HistoryMessage], timezone: str, now: float) -> str | None:
    """Return the hour of the last message that got a reply; None if there is no such message."""
    if not answered:
        return None
    sent = datetime.fromisoformat(answered[-1].send_timestamp)
    sent = sent if sent.tzinfo is not None else sent.replace(tzinfo=UTC)
    return _next(sent.astimezone(ZoneInfo(timezone)).hour, timezone, now)


def _next(hour: int, timezone: str, now: float) -> str:
    local = datetime.fromtimestamp(now, ZoneInfo(timezone))
    moment = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (moment if moment > local else moment + timedelta(days=1)).isoformat()
