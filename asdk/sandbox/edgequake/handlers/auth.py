"""Login, refresh, logout, and the caller's own account."""

import attrs
from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Json, Route
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.handlers.users import user_info
from asdk.sandbox.edgequake.store.sessions import AccessToken
from asdk.sandbox.edgequake.store.users import User


@attrs.frozen
class LoginRequest:
    username: str
    password: str = attrs.field(repr=False)


@attrs.frozen
class RefreshTokenRequest:
    refresh_token: str = attrs.field(repr=False)


async def login(call: Call) -> web.Response:
    pair = await call.body(LoginRequest)
    return call.reply(session(call, call.state.users.log_in(pair.username, pair.password)))


async def refresh(call: Call) -> web.Response:
    # The refresh token does not rotate: the reply contains none, and the old one remains valid.
    given = await call.body(RefreshTokenRequest)
    return call.reply(_token(call.state.sessions.refresh(given.refresh_token)))


async def logout(call: Call) -> web.Response:
    if not call.has_body and not call.state.settings.strict:
        # The vendor's package sends no body, and reads the reply as JSON.
        return call.reply({})
    given = await call.body(RefreshTokenRequest)
    call.state.sessions.revoke(given.refresh_token, user_id=call.caller.user_id)
    return call.no_content()


async def me(call: Call) -> web.Response:
    user = call.state.users.find(call.caller.user_id)
    if user is None:
        raise ApiError("UNAUTHORIZED", "User not found")
    return call.reply(call.also({"user": user_info(user)}, id=user.user_id))


def session(call: Call, user: User) -> Json:
    """Return the tokens of a new session, and its user."""
    access_token, refresh_token = call.state.sessions.open(user)
    return _token(access_token) | {"refresh_token": refresh_token, "user": user_info(user)}


def _token(token: AccessToken) -> Json:
    return {"access_token": token.value, "token_type": "Bearer", "expires_in": token.expires_in}


ROUTES = (
    Route("POST", "/api/v1/auth/login", login, public=True),
    Route("POST", "/api/v1/auth/refresh", refresh, public=True),
    Route("POST", "/api/v1/auth/logout", logout, reads=True),
    Route("GET", "/api/v1/auth/me", me),
)
