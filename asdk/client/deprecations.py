"""`warn_about`: a warning for a response whose operation is deprecated (RFC 9745) or will be removed (RFC 8594)."""

from __future__ import annotations

import inspect
import warnings
from datetime import UTC, datetime

from asdk.http.headers import http_date
from asdk.http.response import Response
from asdk.redaction import show


def warn_about(response: Response) -> None:
    """Warn by a `DeprecationWarning` if the headers of a response say that its operation is deprecated.

    Args:
        response: with its request.
    """
    headers, request = response.headers, response.request
    parts = []
    if "deprecation" in headers:
        since = _date_of(headers["deprecation"])
        parts.append(f"is deprecated since {since}" if since else "is deprecated")
    if "sunset" in headers:
        until = _date_of(headers["sunset"]) or show(headers["sunset"], request, limit=80)
        parts.append(f"will be removed on {until}")
    if parts:
        message = f"{request.method} {request.template} {' and '.join(parts)}"
        warnings.warn(message, DeprecationWarning, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """Return the stack level, counted from `warn_about`, of the first frame outside of asdk."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith("asdk."):
        level, frame = level + 1, frame.f_back
    return level


def _date_of(value: str) -> str | None:
    """Return the day of ``@1688169599`` or of an HTTP date, None for anything else, such as ``true``."""
    text = value.strip()
    seconds = float(text[1:]) if text[:1] == "@" and text[1:].isdecimal() and len(text) < 13 else http_date(text)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
