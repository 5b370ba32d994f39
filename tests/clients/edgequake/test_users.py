"""Tests of accounts and API keys against a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from asdk import AuthenticationError, BadRequestError, ConflictError, NotFoundError, PermissionDeniedError
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import Role, Scope
from asdk.sandbox import EdgeQuakeServer, EdgeQuakeSettings, Sandbox

if TYPE_CHECKING:
    from tests.clients.edgequake.conftest import MakeClient
    from tests.support.shared_clock import SharedClock


# --- accounts ---------------------------------------------------------------------------------------------------------


async def test_an_account_from_creation_to_deletion(admin: EdgeQuake) -> None:
    made = await admin.users.create("ada", email="ada@sandbox.test", password="ada-password")
    assert (made.role, made.is_active, made.last_login_at) == (Role.USER, True, None)
    assert await admin.users.get(made.user_id) == made
    changed = await admin.users.update(made.user_id, email="countess@sandbox.test", role="admin")
    assert (changed.email, changed.role, changed.username) == ("countess@sandbox.test", Role.ADMIN, "ada")
    await admin.users.delete(made.user_id)
    for call in (admin.users.get, admin.users.delete):
        with pytest.raises(NotFoundError):
            await call(made.user_id)


async def test_a_change_leaves_what_it_does_not_name(admin: EdgeQuake) -> None:
    made = await admin.users.create("ada", email="ada@sandbox.test", password="ada-password", role="admin")
    await admin.users.update(made.user_id, is_active=False)
    seen = await admin.users.get(made.user_id)
    assert (seen.email, seen.role, seen.is_active) == ("ada@sandbox.test", Role.ADMIN, False)


async def test_names_and_addresses_are_taken_once(admin: EdgeQuake) -> None:
    with pytest.raises(ConflictError):
        await admin.users.create("admin", email="new@sandbox.test", password="password")
    with pytest.raises(ConflictError):
        await admin.users.create("new", email="admin@sandbox.test", password="password")
    with pytest.raises(BadRequestError):
        await admin.users.create("new", email="no address", password="password")


async def test_ordinary_users_see_themselves_only(user: EdgeQuake, admin: EdgeQuake) -> None:
    me = await user.auth.me()
    assert (await user.users.get(me.user_id)).username == "user"
    other = await admin.auth.me()
    with pytest.raises(PermissionDeniedError) as caught:
        await user.users.get(other.user_id)
    assert caught.value.code == "FORBIDDEN"
    with pytest.raises(PermissionDeniedError):
        await user.users.list().first()
    with pytest.raises(PermissionDeniedError):
        await user.users.create("new", email="new@sandbox.test", password="password")


async def test_accounts_are_listed_page_by_page_and_by_role(admin: EdgeQuake) -> None:
    for number in range(21):
        await admin.users.create(f"user-{number}", email=f"{number}@sandbox.test", password="password")
    names = [user.username async for user in admin.users.list()]
    assert names == ["admin", "user", *(f"user-{number}" for number in range(21))]
    assert [user.username async for user in admin.users.list(role="admin")] == ["admin"]


async def test_open_registration_needs_no_credentials() -> None:
    async with (
        Sandbox(edgequake=EdgeQuakeSettings(allow_registration=True)) as sandbox,
        EdgeQuake(base_url=sandbox.edgequake.url, auth=None) as visitor,
    ):
        made = await visitor.users.create("ada", email="ada@sandbox.test", password="ada-password")
        assert (await visitor.auth.login("ada", "ada-password")).user.user_id == made.user_id


# --- API keys ---------------------------------------------------------------------------------------------------------


async def test_a_key_is_shown_once_and_listed_by_its_prefix(admin: EdgeQuake, make_client: MakeClient) -> None:
    made = await admin.api_keys.create("laptop", scopes=["read"], expires_in_days=90)
    assert made.api_key.reveal().startswith(made.prefix)
    assert made.api_key.reveal() not in repr(made)
    assert made.scopes == [Scope.READ]
    assert made.expires_at == datetime(2026, 4, 1, tzinfo=UTC)
    await make_client(api_key=made.api_key).documents.count()
    listed = {key.key_id: key for key in await admin.api_keys.list().collect()}[made.key_id]
    assert (listed.name, listed.prefix, listed.is_active) == ("laptop", made.prefix, True)
    assert listed.last_used_at == datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_key_ends_by_revocation_or_by_age(
    admin: EdgeQuake, make_client: MakeClient, shared_clock: SharedClock
) -> None:
    short, lasting = await admin.api_keys.create(expires_in_days=1), await admin.api_keys.create()
    assert lasting.expires_at is None
    shared_clock.server.advance(24 * 3600 - 1)
    await make_client(api_key=short.api_key).documents.count()
    shared_clock.server.advance(1)
    with pytest.raises(AuthenticationError, match="expired"):
        await make_client(api_key=short.api_key).documents.count()
    client = make_client(api_key=lasting.api_key)
    await client.documents.count()
    revoked = await admin.api_keys.revoke(lasting.key_id)
    assert revoked.key_id == lasting.key_id
    with pytest.raises(AuthenticationError, match="revoked"):
        await client.documents.count()
    with pytest.raises(NotFoundError):
        await admin.api_keys.revoke(lasting.key_id)


async def test_keys_are_listed_page_by_page(admin: EdgeQuake, server: EdgeQuakeServer) -> None:
    for number in range(4):
        await admin.api_keys.create(f"key-{number}")
    names = [key.name async for key in admin.api_keys.list(page_size=2)]
    assert names == ["sandbox", "key-0", "key-1", "key-2", "key-3"]
    assert server.counters.count("GET", "/api/v1/api-keys") == 3
