"""Where a redirect leads, and what may go there: nothing that was meant for another origin.

Called by `BaseClient` for a 3xx; a response that is none never comes here. Pure: it makes the next request, or says why
there is none. Source: RFC 9110, section 15.4; the change of methods by WHATWG Fetch, "HTTP-redirect fetch".
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias
from urllib.parse import urljoin

import attrs

from asdk.errors import ConfigurationError, InvalidRequestError
from asdk.http.bodies import Body
from asdk.http.headers import Headers
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import Origin, is_clean, parse_url

#: ``"same-origin"``: to where the request went anyway. ``"any"``: also elsewhere, and then without body and secrets.
#: None: nowhere.
FollowRedirects: TypeAlias = Literal["same-origin", "any"] | None

#: How many redirects one call follows.
MAX_REDIRECTS: Final = 10

_STATUSES = frozenset({301, 302, 303, 307, 308})

# What another origin is told. All else stays behind: also a field of the user's own may hold a key.
_HARMLESS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "range",
        "user-agent",
    }
)


def check_rule(rule: FollowRedirects) -> FollowRedirects:
    """The rule, if it is one.

    Raises:
        ConfigurationError: it is not.
    """
    if rule not in ("same-origin", "any", None):
        raise ConfigurationError(f'follow_redirects= is {rule!r}; give "same-origin", "any", or None')
    return rule


def is_redirect(response: Response) -> bool:
    """Whether the response says that the request should go elsewhere."""
    return response.status in _STATUSES and "location" in response.headers


def next_request(response: Response, rule: FollowRedirects) -> Request | str:
    """The request that follows a redirect, or the reason why it is not followed."""
    request = response.request
    if rule is None:
        return "redirects are not followed here (follow_redirects=None)"
    target = _target(response)
    if target is None:
        return "its Location cannot be used"
    origin, url = target
    here, _ = parse_url(request.url)
    if origin != here and rule != "any":
        return 'that is another origin, which is not followed (follow_redirects="any" would)'
    if here.scheme == "https" and origin.scheme != "https":
        return "that would be plain http after https"
    if request.state.redirects >= MAX_REDIRECTS:
        return f"it is one more than the {MAX_REDIRECTS} that a call follows"
    method = _method(request.method, response.status)
    keeps_body = request.body is not None and method == request.method
    if keeps_body and origin != here:
        return "the body of the request is not for another origin"
    if keeps_body and isinstance(request.body, Body) and not request.body.replayable:
        return "the body was an iterator that can be sent once"
    return _onward(request, url, method, stays=origin == here)


def location_of(response: Response) -> str:
    """Where it points, for a message: without userinfo, query and fragment, which may hold a secret."""
    target = _target(response)
    return "nowhere that can be shown" if target is None else target[1].partition("?")[0]


def _target(response: Response) -> tuple[Origin, str] | None:
    """Origin and URL; None if there are several, or one that libraries might read in different ways."""
    locations = response.headers.getall("location")
    if len(locations) != 1 or not is_clean(locations[0]):
        return None
    try:
        origin, rest = parse_url(urljoin(response.request.url, locations[0]))
    except (InvalidRequestError, ValueError):
        return None
    return origin, f"{origin}{rest}"


def _method(method: str, status: int) -> str:
    if status == 303 and method != "HEAD":
        return "GET"
    return "GET" if status in (301, 302) and method == "POST" else method


def _onward(request: Request, url: str, method: str, *, stays: bool) -> Request:
    if stays:
        headers = request.headers.copy()
    else:
        headers = Headers([(name, value) for name, value in request.headers.items() if name.lower() in _HARMLESS])
    loses_body = method != request.method or not stays
    if loses_body:
        headers.pop("Content-Type", None)
    return attrs.evolve(
        request,
        method=method,
        url=url,
        headers=headers,
        body=None if loses_body else request.body,
        # Once elsewhere, always elsewhere: a foreign server must not choose what is called with the caller's token.
        same_origin=request.same_origin and stays,
        authenticate=request.authenticate and stays,
        idempotent=request.idempotent or method == "GET",
        sign=None,
        state=attrs.evolve(
            request.state, attempts=1, history=(), redirects=request.state.redirects + 1, credentials=None
        ),
    )
