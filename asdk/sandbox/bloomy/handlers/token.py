"""Password grant (RFC 6749, section 4.3), with ASP.NET's spelling of the user's name."""

from aiohttp import web

from asdk.sandbox.bloomy.call import Call, Route
from asdk.sandbox.bloomy.errors import GrantError
from asdk.sandbox.json_io import json_reply


async def token(call: Call) -> web.Response:
    form = {name.lower(): value for name, value in (await call.request.post()).items() if isinstance(value, str)}
    if form.get("grant_type") != "password":
        raise GrantError("unsupported_grant_type", "The grant type must be password.")
    user = call.state.people.log_in(form.get("username", ""), form.get("password", ""))
    return json_reply(call.state.keys.issue(user))


ROUTES = (Route("POST", "/Token", token, public=True),)
