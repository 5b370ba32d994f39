"""The media type of a body, from its ``Content-Type``. Used by `Response`, the status errors and the streams."""

from __future__ import annotations

import re

from asdk.http.headers import Headers

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}").fullmatch


def media_type(headers: Headers) -> str:
    """Return the media type in lower case, without parameters; empty if there is none or it is invalid."""
    value = headers.get("content-type", "").partition(";")[0].strip().lower()
    return value if _TYPE(value) else ""


def is_json(headers: Headers) -> bool:
    """Return True if the body is declared as JSON, such as ``application/json`` or ``application/hal+json``."""
    subtype = media_type(headers).rpartition("/")[2]
    return subtype == "json" or subtype.endswith("+json")
