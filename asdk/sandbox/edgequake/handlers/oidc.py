"""Login at an identity provider (OpenID Connect): the redirect to it, and the return with a code."""

from urllib.parse import urlencode

from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Route
from asdk.sandbox.edgequake.errors import ApiError, RejectedError
from asdk.sandbox.edgequake.handlers.auth import session

_CALLBACK = "/api/v1/auth/oidc/callback"


async def login(call: Call) -> web.Response:
    _require_provider(call)
    return _redirect(call.state.oidc.begin(f"{call.request.url.origin()}{_CALLBACK}"))


async def callback(call: Call) -> web.Response:
    code, state = call.query("code"), call.query("state")
    if not code or not state:
        raise RejectedError(400, "Failed to deserialize query string: missing field `code` or `state`")
    _require_provider(call)
    tokens = session(call, call.state.oidc.end(code, state))
    page = call.state.settings.oidc_success_url
    if page is None:
        return call.reply(tokens)
    handed = {name: value for name, value in tokens.items() if name != "user"}
    return _redirect(f"{page}?{urlencode(handed)}")


def _require_provider(call: Call) -> None:
    if not call.state.settings.oidc_enabled:
        raise ApiError("SERVICE_UNAVAILABLE", "OIDC is not enabled")


def _redirect(url: str) -> web.Response:
    return web.Response(status=302, headers={"Location": url})


ROUTES = (
    Route("GET", "/api/v1/auth/oidc/login", login, public=True),
    Route("GET", _CALLBACK, callback, public=True),
)
