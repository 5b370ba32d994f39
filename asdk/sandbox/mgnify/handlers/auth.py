"""Login, refresh and verification of sliding tokens. These routes ignore the bearer token."""

from aiohttp import web

from asdk.sandbox.mgnify.call import Call, Route
from asdk.sandbox.mgnify.errors import ApiError, invalid


async def obtain(call: Call) -> web.Response:
    pair = await _members(call, "username", "password")
    return _token(call, call.state.log_in(pair["username"], pair["password"]))


async def refresh(call: Call) -> web.Response:
    token = (await _members(call, "token"))["token"]
    if not token:
        raise ApiError(400, "token is required")
    return _token(call, call.state.tokens.refresh(token))


async def verify(call: Call) -> web.Response:
    call.state.tokens.verify((await _members(call, "token"))["token"])
    return call.reply({})


def _token(call: Call, token: str) -> web.Response:
    return call.reply({"token": token, "token_type": "sliding"})


async def _members(call: Call, *names: str) -> dict[str, str]:
    """Return required texts of the body. Raise ApiError 422, which names all that are missing."""
    body = await call.body()
    problems = [
        problem
        for name in names
        if not isinstance(body.get(name), str)
        for problem in (_missing(name) if name not in body else _no_text(name)).body["detail"]
    ]
    if problems:
        raise ApiError(422, problems)
    return {name: body[name] for name in names}


def _missing(name: str) -> ApiError:
    return invalid("body", name, "missing", "Field required")


def _no_text(name: str) -> ApiError:
    return invalid("body", name, "string_type", "Input should be a valid string")


ROUTES = (
    Route("POST", "/auth/sliding", obtain),
    Route("POST", "/auth/sliding/refresh", refresh),
    Route("POST", "/auth/verify", verify),
)
