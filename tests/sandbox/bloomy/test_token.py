from typing import TYPE_CHECKING

import pytest

from asdk.sandbox import ManualClock
from asdk.sandbox.bloomy import BloomyServer

if TYPE_CHECKING:
    from tests.sandbox.bloomy.conftest import Grant, Speak

pytestmark = pytest.mark.anyio
ADA = {"grant_type": "password", "userName": "ada@sandbox.test", "password": "sandbox-ada"}
DENIED = (401, {"Message": "Authorization has been denied for this request."})


@pytest.mark.parametrize("path", ["/Token", "/token"])
async def test_a_password_buys_a_key_for_two_weeks(grant: "Grant", speak: "Speak", path: str) -> None:
    status, reply = await grant(path=path, **ADA)
    assert status == 200
    key = reply.pop("access_token")
    assert reply == {
        "token_type": "bearer",
        "expires_in": 1209599,
        "userName": "ada@sandbox.test",
        ".issued": "Thu, 01 Jan 2026 00:00:00 GMT",
        ".expires": "Wed, 14 Jan 2026 23:59:59 GMT",
    }
    assert (await speak("GET", "users/mine", key=key))[1]["Name"] == "Ada Lovelace"


async def test_a_key_ends_and_the_seeded_ones_do_not(
    grant: "Grant", speak: "Speak", server: BloomyServer, clock: ManualClock
) -> None:
    server.settings.token_lifetime = 2.5
    _, reply = await grant(**ADA)
    assert reply["expires_in"] == 3
    clock.advance(2.4)
    assert (await speak("GET", "users/mine", key=reply["access_token"]))[0] == 200
    clock.advance(0.2)
    assert await speak("GET", "users/mine", key=reply["access_token"]) == DENIED
    clock.advance(10**8)
    assert (await speak("GET", "users/mine"))[0] == 200


@pytest.mark.parametrize("key", [None, "junk", ""])
async def test_without_a_good_key_there_is_nothing(speak: "Speak", key: str | None) -> None:
    assert await speak("GET", "users/mine", key=key) == DENIED


async def test_keys_can_be_revoked_one_or_all(speak: "Speak", server: BloomyServer) -> None:
    server.revoke_key(server.credentials.ben.api_key)
    assert await speak("GET", "users/mine", key=server.credentials.ben.api_key) == DENIED
    assert (await speak("GET", "users/mine"))[0] == 200
    server.revoke_key()
    assert await speak("GET", "users/mine") == DENIED


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"userName": "nobody"}, {"userName": ""}, {"password": ""}])
async def test_a_wrong_pair_is_told_in_one_way(grant: "Grant", change: dict[str, str]) -> None:
    assert await grant(**(ADA | change)) == (
        400,
        {"error": "invalid_grant", "error_description": "The user name or password is incorrect."},
    )


async def test_another_grant_is_not_known(grant: "Grant") -> None:
    status, reply = await grant(**(ADA | {"grant_type": "refresh_token"}))
    assert (status, reply["error"]) == (400, "unsupported_grant_type")


async def test_five_wrong_passwords_lock_the_account_for_a_while(grant: "Grant", clock: ManualClock) -> None:
    for _ in range(5):
        await grant(**(ADA | {"password": "wrong"}))
    status, reply = await grant(**ADA)
    assert (status, reply["error"]) == (400, "invalid_grant")
    assert "locked" in reply["error_description"]
    clock.advance(15 * 60)
    assert (await grant(**ADA))[0] == 200


async def test_an_unknown_path_has_the_same_error_shape(speak: "Speak") -> None:
    assert await speak("GET", "nothing") == (404, {"Message": "Not Found"})
    assert await speak("DELETE", "users/mine") == (405, {"Message": "Method Not Allowed"})
