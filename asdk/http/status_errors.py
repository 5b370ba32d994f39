"""The errors for responses with a bad status: their class, message and facts.

Called by `BaseClient`, and by the few operations whose result is a redirect.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias, cast

from asdk.errors import ERROR_BODY_LIMIT, RETRYABLE_STATUSES, RedirectError, StatusError
from asdk.http.charsets import decode_text
from asdk.http.error_bodies import problem_details
from asdk.http.media_types import media_type
from asdk.http.rate_limit_headers import seconds_to_wait
from asdk.http.redirects import location_of
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.redaction import scrub_later, show, show_data

#: Returns code and message of an error body, which is given as JSON data (None if it is not JSON).
Describe: TypeAlias = Callable[[Any], tuple[str | None, str | None]]


def status_error(
    response: Response, describe: Describe, error_codes: Mapping[str, type[StatusError]], hint: str | None = None
) -> StatusError:
    """Return the error for a response.

    Args:
        response: a response with a bad status, whose body has been read.
        describe: returns code and message of the body.
        error_codes: the error classes for an API's own codes, which take precedence over the status.
        hint: advice for the caller, in addition to the server's message.
    """
    request = response.request
    body = response.content[:ERROR_BODY_LIMIT]
    data = _json_or_none(body)
    kind = media_type(response.headers)
    code, message = describe(data)
    if data is None and kind == "text/plain":
        # Such as a framework's message about a body that it cannot parse.
        message = show(decode_text(body, response.headers.get("content-type", "")), request, limit=200)
    error_class = error_codes.get(code or "") or StatusError.for_status(response.status)
    message = show(message or "", request) or _reason(response)
    is_problem = kind == "application/problem+json" and isinstance(data, dict)
    if not request.replayable and (response.status == 401 or response.status in RETRYABLE_STATUSES):
        message = f"{message}; not retried, since the request body is an iterator, which cannot be sent again"
    return error_class(
        message,
        method=request.method,
        template=request.template,
        status=response.status,
        request_id=response.request_id,
        retry_after=seconds_to_wait(response.status, response.headers, request.clock.time()),
        attempts=response.attempts,
        hint=hint,
        code=code and show(code, request, limit=80),
        problem=show_data(problem_details(cast("Mapping[str, Any]", data), request.url), request)
        if is_problem
        else None,
        body=scrub_later(response.content, request, ERROR_BODY_LIMIT),
    )


def hint_for_401(request: Request, *, refreshable: bool, secrets: str) -> str | None:
    """Return advice about a 401. Servers seldom say whether they received credentials, and cannot say from where.

    Args:
        request: the request that was rejected.
        refreshable: whether it carried a token that can be refreshed.
        secrets: the secrets of the client, and where each was found.
    """
    if not request.authenticate:
        return None  # such as an explicit login: the problem is in its arguments
    if request.state.credentials is None:
        return "the call carried no credentials"
    if refreshable:
        return "a refreshed token was rejected as well" if request.state.reauthenticated else None
    return f"check {secrets}" if secrets else "check the credential"


def redirect_error(response: Response, reason: str) -> RedirectError:
    """Return the error for a redirect that was not followed.

    Args:
        response: the redirect, whose body has been read.
        reason: why it was not followed.
    """
    request, location = response.request, location_of(response)
    return RedirectError(
        f"the redirect to {show(location, request)} was not followed: {reason}",
        method=request.method,
        template=request.template,
        status=response.status,
        request_id=response.request_id,
        attempts=response.attempts,
        body=scrub_later(response.content, request, ERROR_BODY_LIMIT),
        location=show(location, request, limit=2000, keep_urls=True),
    )


def _json_or_none(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _reason(response: Response) -> str:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "unknown status"
    if not response.content:
        return f"{phrase} (empty body)"
    is_html = response.headers.get("content-type", "").lower().startswith("text/html")
    return f"{phrase} (HTML page)" if is_html else phrase
