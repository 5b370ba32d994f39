"""User management: for administrators, except for a user's own account."""

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.store.users import User


@attrs.frozen
class CreateUserRequest:
    username: str
    email: str
    password: str = attrs.field(repr=False)
    role: str | None = None


@attrs.frozen
class UpdateUserRequest:
    display_name: str | None = None
    email: str | None = None
    is_active: bool | None = None
    role: str | None = None


async def create(call: Call) -> web.Response:
    call.require_admin()
    wanted = await call.body(CreateUserRequest)
    return _created(call, wanted, wanted.role or "user")


async def register(call: Call) -> web.Response:
    """Create an account without a login; the role is always an ordinary one."""
    return _created(call, await call.body(CreateUserRequest), "user")


async def list_users(call: Call) -> web.Response:
    call.require_admin()
    found = call.state.users.all(call.query("role"))
    page = call.page
    return call.reply(page.envelope("users", [_with_id(call, user) for user in page.of(found)], len(found)))


async def get(call: Call) -> web.Response:
    _require_self_or_admin(call)
    return call.reply(_with_id(call, call.state.users.get(call.part("user_id"))))


async def update(call: Call) -> web.Response:
    _require_self_or_admin(call)
    changes = await call.body(UpdateUserRequest)
    user = call.state.users.get(call.part("user_id"))
    if changes.role is not None or changes.is_active is not None:
        call.require_admin()
    if changes.email is not None:
        call.state.users.change_email(user, changes.email)
    if changes.display_name is not None:
        user.display_name = changes.display_name
    if changes.is_active is not None:
        user.is_active = changes.is_active
    if changes.role is not None:
        user.role = changes.role
    user.updated_at = rfc3339(call.state.clock())
    return call.reply({"user": user_info(user), "updated_at": user.updated_at})


async def delete(call: Call) -> web.Response:
    call.require_admin()
    call.state.users.delete(call.state.users.get(call.part("user_id")))
    return call.no_content()


def user_info(user: User) -> Json:
    return present(
        {
            "user_id": user.user_id,
            "username": user.username,
            "email": user.email,
            "role": user.role,
            "is_active": user.is_active,
            "created_at": user.created_at,
            "updated_at": user.updated_at,
            "last_login_at": user.last_login_at,
        }
    )


def _created(call: Call, wanted: CreateUserRequest, role: str) -> web.Response:
    user = call.state.users.create(wanted.username, wanted.email, wanted.password, role)
    body = {"user": user_info(user), "created_at": user.created_at}
    return call.reply(call.also(body, id=user.user_id), 201)


def _with_id(call: Call, user: User) -> Json:
    return call.also(user_info(user), id=user.user_id)


def _require_self_or_admin(call: Call) -> None:
    if call.part("user_id") != call.caller.user_id:
        call.require_admin()


REGISTRATION = Route("POST", "/api/v1/users", register, public=True)
"""Replaces `create` on a server with open registration."""

ROUTES = (
    Route("POST", "/api/v1/users", create),
    Route("GET", "/api/v1/users", list_users),
    Route("GET", "/api/v1/users/{user_id}", get),
    Route("PATCH", "/api/v1/users/{user_id}", update),
    Route("DELETE", "/api/v1/users/{user_id}", delete),
)
