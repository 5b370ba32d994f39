"""Tests of the errors of Bloom Growth: `APIError` with its status, as in the guide, and a hint."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from asdk import NotFoundError, PermissionDeniedError, StatusError
from asdk.clients.bloomy import APIError, Bloomy
from asdk.sandbox import ServerFault
from asdk.sandbox.bloomy import BloomyServer
from asdk.testing import MemoryTransport, Reply

if TYPE_CHECKING:
    from tests.clients.bloomy.conftest import MakeClient

WEEKS = "/api/v1/weeks/current"
NEXT_KEY = "a key expires after two weeks; get a new one with Configuration().configure_api_key()"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 418, 422, 429, 500, 503])
async def test_every_status_is_an_api_error_and_one_of_asdk(status: int) -> None:
    reply = Reply(status, json={"Message": "no"}, headers={"Retry-After": "7"})
    client = Bloomy(api_key="key", transport=MemoryTransport([reply]), retry=None)
    with pytest.raises(APIError, match="no") as caught:
        await client.scorecard.current_week()
    error = caught.value
    assert (error.status_code, error.retry_after) == (status, 7)
    assert isinstance(error, StatusError.for_status(status))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.status_code, str(again)) == (type(error), status, str(error))


async def test_hidden_objects_are_not_found_and_others_forbidden(client: Bloomy, server: BloomyServer) -> None:
    with pytest.raises(NotFoundError, match="was not found"):
        await client.user.details(server.credentials.other.user_id)
    server.faults.add(ServerFault.status(403), path=WEEKS)
    with pytest.raises(PermissionDeniedError):
        await client.scorecard.current_week()


async def test_the_message_contains_a_hint(make_client: MakeClient, server: BloomyServer) -> None:
    client = make_client(api_key=server.credentials.other.api_key)
    with pytest.raises(NotFoundError, match="; check the id: an API key can access only its own organization"):
        await client.meeting.details(server.credentials.meeting_id)
    server.faults.add(ServerFault.status(403), path=WEEKS, times=1)
    with pytest.raises(PermissionDeniedError, match="; ask an administrator of the organization"):
        await client.scorecard.current_week()
    server.revoke_key()
    with pytest.raises(APIError) as caught:
        await client.scorecard.current_week()
    assert caught.value.hint == f"check api_key (argument); {NEXT_KEY}"


async def test_a_client_with_a_password_gets_no_hint_about_keys(make_client: MakeClient, server: BloomyServer) -> None:
    known = server.credentials.ada
    client = make_client(username=known.username, password=known.password)
    server.faults.add(ServerFault.status(401), path=WEEKS)
    with pytest.raises(APIError) as caught:
        await client.scorecard.current_week()
    assert NEXT_KEY not in str(caught.value)
