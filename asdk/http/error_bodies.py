"""The reading of error bodies: the API's code and message, and the members of an RFC 9457 problem.

Called by `asdk.http.status_errors` and, as the default of `BaseClient.describe_error`, by every client. What is read
comes from a server and may have any type and depth, so each step checks the type and is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urljoin

#: The members that contain the message, in order of preference.
_MESSAGES = (
    "message",
    "Message",
    "error_description",
    "error_message",
    "errorMessage",
    "faultstring",
    "detail",
    "details",
    "description",
    "msg",
    "reason",
    "title",
)

_CODES = ("code", "error", "errorCode", "error_code", "errorcode")

#: The members that contain the reasons behind a message, such as one for each invalid field.
_REASONS = ("errors", "Errors", "error", "details", "detail", "messages", "non_field_errors", "violations", "issues")

#: The members of a reason that name the field or parameter it is about.
_FIELDS = ("loc", "field", "path", "pointer", "parameter", "param", "property", "propertyPath", "attribute", "name")

# How many reasons a message lists, and how deep they are looked for.
_MOST_REASONS = 5
_MAX_DEPTH = 4

# The number of levels of ``{"error": {"error": ...}}`` that are opened.
_MAX_LEVELS = 8


def read_error(data: Any) -> tuple[str | None, str | None]:
    """Return code and message of an error body in one of the common formats.

    Reads RFC 9457 problems, OAuth errors, ``{"code", "message"}``, ``{"error": {...}}``, ``{"fault": {...}}``,
    ``{"detail": [{"loc", "msg"}]}``, and the reasons in ``{"errors": [...]}``, in a list, or by field, which are added
    to a message that does not contain them.
    """
    if not isinstance(data, Mapping):
        return _code_of_first(data), _join(_reasons(data))
    levels = [data]
    while len(levels) < _MAX_LEVELS and (inner := _inner(levels[-1])) is not None:
        levels.append(inner)
    levels.reverse()
    code = next((found for level in levels if (found := _first_text(level, _CODES))), None)
    message = next((found for level in levels if (found := _first_text(level, _MESSAGES))), None)
    reasons = [reason for reason in _reasons_of_levels(levels) if message is None or reason not in message]
    if message is None and not reasons:  # the invalid fields alone: {"name": ["This field is required."]}
        fields = {name: value for name, value in levels[0].items() if isinstance(value, list)}
        reasons = list(islice(_reasons_by_field(fields, _MAX_DEPTH), _MOST_REASONS))
    code = code or _code_of_first(data.get("errors"))
    if message is not None:
        reasons.insert(0, message.rstrip(". ") if reasons else message)
    return code, _join(reasons) or code


def problem_details(data: Mapping[str, Any], url: str) -> dict[str, Any]:
    """Return the members of a problem: those of a wrong type are dropped, ``type`` and ``instance`` are absolute.

    Args:
        data: the body.
        url: the URL of the request, which relative references are resolved against.

    Source: RFC 9457, sections 3.1 and 3.1.1.
    """
    members = {name: value for name, value in data.items() if _has_type(name, value)}
    base = url.partition("?")[0]
    for name in ("type", "instance"):
        if name in members:
            try:
                members[name] = urljoin(base, members[name])
            except ValueError:  # not a URI reference, such as "http://["
                del members[name]
    return members


def _has_type(name: str, value: Any) -> bool:
    if name == "status":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str) or name not in {"type", "title", "detail", "instance"}


def _inner(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return next((inner for name in ("error", "fault", "Error") if isinstance(inner := data.get(name), Mapping)), None)


def _first_text(data: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((value for name in names if isinstance(value := data.get(name), str) and value.strip()), None)


def _code_of_first(reasons: object) -> str | None:
    first = reasons[0] if isinstance(reasons, list) and reasons else None
    return _first_text(first, _CODES) if isinstance(first, Mapping) else None


def _join(texts: list[str]) -> str | None:
    return "; ".join(texts) or None


def _reasons_of_levels(levels: list[Mapping[str, Any]]) -> list[str]:
    for level in levels:
        for name in _REASONS:
            value = level.get(name)
            if isinstance(value, list | Mapping) and (reasons := _reasons(value)):
                return reasons
    return []


def _reasons(value: object) -> list[str]:
    return list(islice(_iter_reasons(value, _MAX_DEPTH), _MOST_REASONS))


def _iter_reasons(value: object, depth: int) -> Iterator[str]:
    """Yield the reasons in a value: a text, a list of reasons, an object with a message, or reasons by field."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif depth and isinstance(value, list):
        for item in value:
            yield from _iter_reasons(item, depth - 1)
    elif depth and isinstance(value, Mapping):
        text, field = _first_text(value, (*_MESSAGES, "code")), _field_of(value)
        if text is not None:
            yield f"{field}: {text}" if field else text
        else:
            yield from _reasons_by_field(value, depth)


def _reasons_by_field(fields: Mapping[str, Any], depth: int) -> Iterator[str]:
    for name, value in fields.items():
        if name in {"loc", "source", "path", "pointer"}:  # where, without what
            continue
        prefix = "." if isinstance(value, Mapping) else ": "
        for reason in _iter_reasons(value, depth - 1):
            yield reason if name == "non_field_errors" else f"{name}{prefix}{reason}"


def _field_of(reason: Mapping[str, Any]) -> str:
    source = reason.get("source")  # of JSON:API
    for holder in (reason, source if isinstance(source, Mapping) else {}):
        for name in _FIELDS:
            field = holder.get(name)
            if isinstance(field, str):
                return field
            if isinstance(field, list):
                return ".".join(map(str, field[:_MOST_REASONS]))
    return ""
