"""The rules for redirects: which are followed, and what the next request may carry to another origin.

Called by `BaseClient` for a 3xx response only. Pure functions: they return the next request, or the reason why there is
none. Source: RFC 9110, section 15.4; for the method, WHATWG Fetch, "HTTP-redirect fetch".
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, Literal, TypeAlias

import attrs

from asdk.errors import ConfigurationError
from asdk.http.bodies import Body
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import Origin, parse_url, resolve_reference

#: ``"same-origin"`` follows redirects within the origin of the request; ``"any"`` also follows others, without body and
#: secrets; None follows none.
FollowRedirects: TypeAlias = Literal["same-origin", "any"] | None

#: The maximum number of redirects that one call follows.
MAX_REDIRECTS: Final = 10

_STATUSES = frozenset({301, 302, 303, 307, 308})


def check_rule(rule: FollowRedirects) -> FollowRedirects:
    """Return the rule if it is valid.

    Raises:
        ConfigurationError: the rule is invalid.
    """
    if rule not in ("same-origin", "any", None):
        raise ConfigurationError(f'follow_redirects must be "same-origin", "any" or None, got {rule!r}')
    return rule


def is_redirect(response: Response) -> bool:
    """Return whether the response redirects the request."""
    return response.status in _STATUSES and "location" in response.headers


def next_request(
    response: Response,
    rule: FollowRedirects,
    base: Origin,
    trusted: Collection[Origin],
    address_problem: Callable[[Origin], str | None],
) -> Request | str:
    """Return the request that follows a redirect, or the reason why it is not followed.

    Args:
        response: the redirect.
        rule: which redirects are followed. Those between trusted origins always are.
        base: the origin of the base URL.
        trusted: the origins that may receive the credentials of the client.
        address_problem: returns why a server must not lead to an origin.
    """
    request = response.request
    if rule is None:
        return "redirects are disabled (follow_redirects=None)"
    target = _target(response)
    if isinstance(target, str):
        return f"its Location is invalid: {target}"
    origin, rest = target
    url = f"{origin}{rest}"
    here, _ = parse_url(request.url)
    is_trusted = origin == here or (request.same_origin and origin in trusted)
    if not is_trusted and rule != "any":
        return 'the origin differs (follow_redirects="any" would follow it)'
    if here.scheme == "https" and origin.scheme != "https":
        return "it leads from https to http"
    if request.state.redirects >= MAX_REDIRECTS:
        return f"the maximum of {MAX_REDIRECTS} redirects is exceeded"
    method = _method(request.method, response.status)
    keeps_body = request.body is not None and method == request.method
    problem = None if origin in trusted else address_problem(origin)
    if problem is not None:
        return problem
    if keeps_body and not is_trusted:
        return "the request body must not be sent to another origin"
    if keeps_body and isinstance(request.body, Body) and not request.body.replayable:
        return "the request body is an iterator, which cannot be sent again"
    follows = _redirected(request, url, method, same_origin=is_trusted)
    if origin not in trusted:
        follows.state.confined_to = base
    return follows


def location_of(response: Response) -> str:
    """Return the target for a message, without userinfo, query and fragment, which may contain a secret."""
    target = _target(response)
    return "an invalid URL" if isinstance(target, str) else f"{target[0]}{target[1].partition('?')[0]}"


def _target(response: Response) -> tuple[Origin, str] | str:
    """Return the origin and the rest of the target, or why it is invalid."""
    locations = response.headers.getall("location")
    if len(locations) != 1:
        return f"there are {len(locations)} of them"
    return resolve_reference(response.request.url, locations[0])


def _method(method: str, status: int) -> str:
    if status == 303 and method != "HEAD":
        return "GET"
    return "GET" if status in (301, 302) and method == "POST" else method


def _redirected(request: Request, url: str, method: str, *, same_origin: bool) -> Request:
    headers = request.headers.copy()
    if not same_origin:
        headers.keep_for_another_origin(has_body=False)
    loses_body = method != request.method or not same_origin
    request.remember_secrets()
    if loses_body:
        for key in [key for key in headers.fields if key.startswith("content-")]:
            del headers.fields[key]
    return attrs.evolve(
        request,
        method=method,
        url=url,
        headers=headers,
        body=None if loses_body else request.body,
        # A redirect back does not count: a foreign server must not choose what is called with the caller's token.
        same_origin=request.same_origin and same_origin,
        authenticate=request.authenticate and same_origin,
        idempotent=request.idempotent or method == "GET",
        on_send=request.on_send if same_origin else (),
        own_headers=request.own_headers if same_origin else None,
        state=attrs.evolve(
            request.state, attempts=1, history=(), redirects=request.state.redirects + 1, credentials=None
        ),
    )
