"""The parsers of rate limit headers, in all common dialects. Pure functions, called by `RateLimit`.

Invalid fields are ignored, and no function raises. The caller bounds how long a client actually waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import attrs

from asdk.http.headers import Headers, http_date, retry_after

_NUMBER = re.compile(r"[0-9]{1,16}(?:\.[0-9]{1,9})?").fullmatch
_COUNT = re.compile(r"[0-9]{1,15}").fullmatch
_LEADING_COUNT = re.compile(r"([0-9]{1,15})(?=[ \t]*(?:[,;]|$))").match
_DURATION = re.compile(
    r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m(?!s))?(?:([0-9]{1,8}(?:\.[0-9]{1,9})?)s)?(?:([0-9]{1,9})ms)?"
)
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
).fullmatch

# An item of a structured field (RFC 9651), or a member of the dictionary that earlier drafts used instead.
_ITEM = re.compile(r"[ \t]*(?:\"((?:[^\"\\]|\\.)*)\"|([A-Za-z0-9*][!#$%&'*+\-.^_`|~:/0-9A-Za-z]*))(?:=([0-9]{1,15}))?")
_PARAMETER = re.compile(r"[ \t]*;[ \t]*([a-z*][a-z0-9_.*-]*)(?:=(\"(?:[^\"\\]|\\.)*\"|:[A-Za-z0-9+/=]*:|[^\s;,\":]+))?")
_SEPARATOR = re.compile(r"[ \t]*(?:,|$)")

# How many limits and how many parameters of each are read: a field of thousands would keep the event loop busy.
_MOST_ITEMS = 100

#: Numbers above these are times in epoch seconds and epoch milliseconds: no window is this long.
_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 1e9, 1e11

#: The families of fields, ``<family>-remaining`` etc.: those of older drafts, GitHub and most others, Twitter, OpenAI.
_FAMILIES = (("ratelimit", ""), ("x-ratelimit", ""), ("x-rate-limit", ""), ("x-ratelimit", "-requests"))

#: The lower-case names of all fields that this module reads.
FIELDS = frozenset({"ratelimit", "retry-after", "retry-after-ms"}) | {
    f"{family}-{part}{kind}" for family, kind in _FAMILIES for part in ("remaining", "reset", "reset-after")
}

#: The statuses that, with a Retry-After, ask a client to pause. GitHub uses 403 where others use 429.
_PAUSE_STATUSES = frozenset({403, 429, 503})

#: The statuses of a request that exceeded a limit, if the response reports a spent one.
_SPENT_STATUSES = frozenset({403, 429})


@attrs.frozen
class ServerQuota:
    """The state of one limit as the server reports it.

    Attributes:
        remaining: how many more requests the server accepts; None if unknown.
        reset: seconds until the limit resets; None if unknown.
    """

    remaining: int | None
    reset: float | None


def read_quotas(headers: Headers, now: float) -> list[ServerQuota]:
    """Return every limit on requests that a response reports.

    Reads the ``RateLimit`` field together with ``RateLimit-Policy``, and the families ``RateLimit-*``,
    ``X-RateLimit-*`` and ``X-Rate-Limit-*``. A reset may be in seconds, an epoch in seconds or milliseconds, a duration
    such as ``6m0s``, or a date; absolute times are compared with the ``Date`` of the response.

    Args:
        headers: the headers of the response.
        now: the wall-clock time in epoch seconds, used if the response has no ``Date``.

    Source: draft-ietf-httpapi-ratelimit-headers, versions 00 to 10.
    """
    sent = http_date(headers.get("date", ""))
    reference = now if sent is None else sent
    quotas = _standard(headers)
    for family, kind in _FAMILIES:
        remaining = _least(headers.getall(f"{family}-remaining{kind}"))
        resets = headers.getall(f"{family}-reset-after{kind}") or headers.getall(f"{family}-reset{kind}")
        reset = max((wait for value in resets if (wait := reset_in(value, reference)) is not None), default=None)
        if remaining is not None or reset is not None:
            quotas.append(ServerQuota(remaining, reset))
    return quotas


def seconds_to_wait(status: int, headers: Headers, now: float) -> float | None:
    """Return how many seconds a failed response asks to wait before the request is sent again, or None.

    A Retry-After takes precedence over the reset of a limit, also if it is shorter (section 5 of the draft). Without
    one, the reset of a spent limit counts, but only after a 403 or 429: GitHub sends nothing else.

    Args:
        status: the status of the response.
        headers: the headers of the response.
        now: the wall-clock time in epoch seconds, used if the response has no ``Date``.
    """
    wait = retry_after(headers, now)
    if wait is not None or status not in _SPENT_STATUSES:
        return wait
    spent = (quota.reset for quota in read_quotas(headers, now) if not quota.remaining and quota.reset is not None)
    return max(spent, default=None)


def is_throttled(status: int, headers: Headers, now: float) -> bool:
    """Return whether the server refused the request for its rate: by a 429, or by a 403 that asks to wait (GitHub)."""
    return status == 429 or (status == 403 and seconds_to_wait(status, headers, now) is not None)


def asked_to_wait(status: int, headers: Headers, now: float) -> float | None:
    """Return how many seconds a response asks all requests to wait, as `seconds_to_wait` does for one, or None."""
    return seconds_to_wait(status, headers, now) if status in _PAUSE_STATUSES else None


def reset_in(value: str, now: float) -> float | None:
    """Return the seconds until a reset in any of the formats, never negative, or None if the value is invalid.

    Args:
        value: the value of the field.
        now: the time that dates and epochs are compared with, in epoch seconds.
    """
    value = value.strip()
    if _NUMBER(value):
        number = float(value)
        if number >= _EPOCH_MILLISECONDS:
            return max(0.0, number / 1000 - now)
        return max(0.0, number - now) if number >= _EPOCH_SECONDS else number
    if value and (duration := _DURATION.fullmatch(value)):
        hours, minutes, seconds, thousandths = (float(part or 0) for part in duration.groups())
        return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
    date = _timestamp(value) if _TIMESTAMP(value) else http_date(value)
    return None if date is None else max(0.0, date - now)


def _timestamp(value: str) -> float | None:
    try:
        date = datetime.fromisoformat(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _least(values: Iterable[str]) -> int | None:
    counts = (_LEADING_COUNT(value.strip()) for value in values)
    return min((int(count[1]) for count in counts if count), default=None)


def _standard(headers: Headers) -> list[ServerQuota]:
    """Return the quotas of the ``RateLimit`` field, in its current form and that of the draft up to version 07."""
    if "ratelimit" not in headers:
        return []
    policies = {name: parameters for name, _, parameters in _items(headers.get("ratelimit-policy", ""))}
    quotas: list[ServerQuota] = []
    members: dict[str, str] = {}
    for name, member, parameters in _items(headers["ratelimit"]):
        policy = policies.get(name, {})
        if member is not None:
            members[name] = member
        elif (remaining := _count(parameters.get("r"))) is not None and policy.get("qu", "requests") == "requests":
            reset = _count(parameters.get("t"))
            quotas.append(ServerQuota(remaining, _refill(policy) if reset is None else float(reset)))
    if (remaining := _count(members.get("remaining"))) is not None:
        reset = _count(members.get("reset"))
        quotas.append(ServerQuota(remaining, None if reset is None else float(reset)))
    return quotas


def _refill(policy: Mapping[str, str]) -> float | None:
    """Return after how many seconds a policy grants one more request, for a field without a reset."""
    quota, window = _count(policy.get("q")), _count(policy.get("w"))
    return window / quota if quota and window else None


def _count(value: str | None) -> int | None:
    return int(value) if value is not None and _COUNT(value) else None


def _items(value: str) -> list[tuple[str, str | None, dict[str, str]]]:
    """Parse a structured list into ``(name, dictionary value, parameters)``.

    A malformed field is ignored as a whole (RFC 9651, section 4.2), and so are items after the hundredth.
    """
    items: list[tuple[str, str | None, dict[str, str]]] = []
    position = 0
    while position < len(value) and len(items) < _MOST_ITEMS:
        found = _ITEM.match(value, position)
        if found is None:
            return []
        position = found.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(value, position):
            position = parameter.end()
            parameters[parameter[1]] = (parameter[2] or "").strip('"')
        items.append((found[1] if found[2] is None else found[2], found[3], parameters))
        end = _SEPARATOR.match(value, position)
        if end is None:
            return []
        position = end.end()
    return items
