"""API keys of the caller: create, list, revoke."""

import attrs
from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route, present
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.api_keys import ApiKey

_DAY = 24 * 3600.0


@attrs.frozen
class CreateApiKeyRequest:
    name: str | None = None
    scopes: list[str] | None = None
    expires_in_days: int | None = None
    expires_in: int | None = None
    """The vendor package's spelling, in seconds; strict servers ignore it."""


async def create(call: Call) -> web.Response:
    wanted = await call.body(CreateApiKeyRequest)
    scopes = wanted.scopes if wanted.scopes is not None else ["read", "write"]
    lifetime = _lifetime(call, wanted)
    key, text = call.state.api_keys.create(call.caller.user_id, name=wanted.name, scopes=scopes, lifetime=lifetime)
    body = present(
        {
            "key_id": key.key_id,
            "api_key": text,
            "prefix": key.prefix,
            "scopes": key.scopes,
            "expires_at": _time(key.expires_at),
            "created_at": key.created_at,
        }
    )
    return call.reply(call.also(body, id=key.key_id, key=text, name=key.name or ""), 201)


async def list_api_keys(call: Call) -> web.Response:
    keys, page = call.state.api_keys.of(call.caller.user_id), call.page
    return call.reply(page.envelope("keys", [_summary(call, key) for key in page.of(keys)], len(keys)))


async def revoke(call: Call) -> web.Response:
    owner = None if call.caller.role == "admin" else call.caller.user_id
    key = call.state.api_keys.revoke(call.part("key_id"), user_id=owner)
    return call.reply({"key_id": key.key_id, "message": "API key revoked"})


def _lifetime(call: Call, wanted: CreateApiKeyRequest) -> float | None:
    if wanted.expires_in_days is not None:
        if wanted.expires_in_days < 1:
            raise ApiError("BAD_REQUEST", "expires_in_days must be 1 or more")
        return wanted.expires_in_days * _DAY
    return None if call.state.settings.strict else wanted.expires_in


def _summary(call: Call, key: ApiKey) -> Json:
    body = present(
        {
            "key_id": key.key_id,
            "prefix": key.prefix,
            "name": key.name,
            "scopes": key.scopes,
            "is_active": key.is_active,
            "last_used_at": _time(key.last_used_at),
            "expires_at": _time(key.expires_at),
            "created_at": key.created_at,
        }
    )
    return call.also(body, id=key.key_id, name=key.name or "")


def _time(moment: float | None) -> str | None:
    return None if moment is None else rfc3339(moment)


ROUTES = (
    Route("POST", "/api/v1/api-keys", create),
    Route("GET", "/api/v1/api-keys", list_api_keys),
    Route("DELETE", "/api/v1/api-keys/{key_id}", revoke),
)
