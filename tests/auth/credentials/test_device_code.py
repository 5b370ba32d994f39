"""`DeviceCode`: the instructions, the polling, and its results. Source: RFC 8628."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from asdk import ConfigurationError, TokenRefusedError, TokenUnavailableError
from asdk.auth import DeviceCode, DeviceInstructions, MemoryTokenStore, print_instructions
from asdk.errors import ConnectError
from asdk.http.request import Request
from asdk.secret import Secret
from asdk.testing import Reply, VirtualClock
from tests.support.endpoints import URL, Endpoint, granted, refusal, source_of
from tests.support.failures import failure_of

DEVICE_URL = "https://id.example.org/device"
OFFER = {
    "device_code": "device-4711",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://id.example.org/activate",
    "expires_in": 900,
    "interval": 5,
}
PENDING, SLOW_DOWN = refusal("authorization_pending"), refusal("slow_down")


class Person:
    """Records the instructions that it gets."""

    def __init__(self) -> None:
        self.told: list[DeviceInstructions] = []

    def __call__(self, instructions: DeviceInstructions) -> None:
        self.told.append(instructions)


def device(show: Any = None, **more: Any) -> DeviceCode:
    return DeviceCode(URL, DEVICE_URL, "app", scopes=["a", "b"], show=show or Person(), **more)


async def test_the_code_is_shown_and_polled_until_it_is_confirmed() -> None:
    clock, person = VirtualClock(), Person()
    endpoint = Endpoint(OFFER, PENDING, PENDING, granted("t1", "r1"))
    token = await source_of(device(person), clock).get(endpoint.send)
    assert token.value.reveal() == "t1"
    (told,) = person.told
    assert (told.verification_uri, told.user_code.reveal(), told.expires_in) == (
        "https://id.example.org/activate",
        "WDJB-MJHT",
        900,
    )
    assert [sent.url for sent in endpoint.sent] == [DEVICE_URL, URL, URL, URL]
    assert [sent.content for sent in endpoint.sent[:2]] == [
        b"scope=a+b&client_id=app",
        b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=device-4711&client_id=app",
    ]
    assert clock.slept == [5, 5, 5]
    assert token.issued_at == pytest.approx(clock.time()), "its lifetime starts with the request that returned it"


@pytest.mark.parametrize(
    ("interval", "slept"), [({}, 5), ({"interval": None}, 5), ({"interval": 0}, 5), ({"interval": "7"}, 7)]
)
async def test_the_interval_is_five_seconds_by_default(interval: Any, slept: float) -> None:
    clock = VirtualClock()
    offer = {name: value for name, value in OFFER.items() if name != "interval"} | interval
    await source_of(device(), clock).get(Endpoint(offer, granted("t1")).send)
    assert clock.slept == [slept]


async def test_slow_down_adds_five_seconds_permanently() -> None:
    clock = VirtualClock()
    endpoint = Endpoint(OFFER, SLOW_DOWN, PENDING, SLOW_DOWN, PENDING, granted("t1"))
    await source_of(device(), clock).get(endpoint.send)
    assert clock.slept == [5, 10, 10, 15, 15]


async def test_failures_of_the_network_increase_the_interval() -> None:
    clock = VirtualClock()
    busy = Reply(429, headers={"Retry-After": "60"})
    endpoint = Endpoint(OFFER, Reply(error=ConnectError("refused")), Reply(503), busy, PENDING, granted("t1"))
    await source_of(device(), clock).get(endpoint.send)
    assert clock.slept == [5, 10, 20, 60, 60]


async def test_an_error_with_status_200_is_recognized() -> None:
    clock = VirtualClock()
    pending = {"error": "authorization_pending", "error_description": "not yet"}
    token = await source_of(device(), clock).get(Endpoint(OFFER, pending, granted("t1")).send)
    assert token.value.reveal() == "t1"


async def test_a_denial_by_the_user_is_a_refusal() -> None:
    endpoint = Endpoint(OFFER, PENDING, refusal("access_denied"))
    error = await failure_of(source_of(device()).get(endpoint.send), TokenRefusedError)
    assert error.code == "access_denied"


@pytest.mark.parametrize("says_so", [True, False])
async def test_an_expired_code_raises_and_the_next_call_shows_another(says_so: bool) -> None:
    clock, person = VirtualClock(), Person()
    asked = 0
    confirmed = False

    def answer(request: Request) -> Reply:
        nonlocal asked
        if request.url == DEVICE_URL:
            asked = 0
            return Reply(json={**OFFER, "expires_in": 21})
        asked += 1
        if confirmed:
            return Reply(json=granted("t1"))
        return refusal("expired_token") if says_so and asked == 4 else PENDING

    endpoint = Endpoint()
    endpoint._answer = answer
    source = source_of(device(person), clock)
    error = await failure_of(source.get(endpoint.send, within=20.5), TokenUnavailableError)
    assert "code" in error.message
    assert len(endpoint.sent) == 5
    confirmed = True
    await clock.sleep(2)
    await source.get(endpoint.send)
    assert len(person.told) == 2


async def test_a_user_may_take_longer_than_a_token_request() -> None:
    clock, person = VirtualClock(), Person()
    endpoint = Endpoint(OFFER, *[PENDING] * 100, granted("t1"))
    source = source_of(device(person), clock)

    async def late(number: int) -> str:
        await clock.sleep(number * 4)
        return (await source.get(endpoint.send)).value.reveal()

    assert set(await asyncio.gather(*(late(number) for number in range(100)))) == {"t1"}
    assert len(person.told) == 1, "a hundred callers, one code"


async def test_a_code_is_shown_again_only_if_the_refresh_is_refused() -> None:
    clock, person = VirtualClock(), Person()
    endpoint = Endpoint(OFFER, granted("t1", "r1"), granted("t2", "r2"), refusal("invalid_grant"), OFFER, granted("t3"))
    source = source_of(device(person), clock)
    for number in range(1, 4):
        assert (await source.get(endpoint.send)).value.reveal() == f"t{number}"
        await clock.sleep(101)
    assert len(person.told) == 2
    assert [form.get("refresh_token") for form in endpoint.forms] == [None, None, "r1", "r2", None, None]


async def test_show_may_be_a_coroutine_function() -> None:
    told: list[DeviceInstructions] = []

    async def show(instructions: DeviceInstructions) -> None:
        await asyncio.sleep(0)
        told.append(instructions)

    await source_of(device(show)).get(Endpoint(OFFER, granted("t1")).send)
    assert len(told) == 1


async def test_print_instructions(capsys: pytest.CaptureFixture[str]) -> None:
    complete = {"verification_uri_complete": "https://id.example.org/activate?code=WDJB-MJHT"}
    await source_of(device(print_instructions)).get(Endpoint({**OFFER, **complete}, granted("t1")).send)
    assert capsys.readouterr().out == (
        "To sign in, open https://id.example.org/activate within 15 min and enter the code WDJB-MJHT\n"
        "or open https://id.example.org/activate?code=WDJB-MJHT\n"
    )


@pytest.mark.parametrize(
    "page",
    [
        "javascript:alert(1)",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "JAVASCRIPT:alert(1)//https://id.example.org",
        "//id.example.org/activate",
        "https://id.example.org/\x1b]0;owned\x07",
        "https://user:pass@id.example.org/",
        "activate",
    ],
)
async def test_only_http_links_are_shown(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    endpoint = Endpoint({**OFFER, "verification_uri": page}, granted("t1"))
    error = await failure_of(
        source_of(device(print_instructions)).get(endpoint.send, within=0.1), TokenUnavailableError
    )
    assert page not in str(error)
    print_instructions(DeviceInstructions(page, Secret("AB-CD"), Secret(page), 60.0))
    shown = capsys.readouterr().out
    assert page not in shown
    assert "enter the code AB-CD" in shown
    assert shown.count("\n") == 1


async def test_a_complete_link_that_is_not_http_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    offer = {**OFFER, "verification_uri_complete": "javascript:alert(1)"}
    await source_of(device(print_instructions)).get(Endpoint(offer, granted("t1")).send)
    assert "javascript" not in capsys.readouterr().out


@pytest.mark.parametrize("code", ["A\x1b[2JB", "A\x9b2JB", "A\nB", "A\u202eB", "A\x07B", "A\u2066B"])
def test_a_user_code_cannot_drive_the_terminal(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_instructions(DeviceInstructions("https://id.example.org/", Secret(code + "C" * 1000), None, 60.0))
    shown = capsys.readouterr().out
    assert not set(shown[:-1]) & set("\x1b\x9b\n\x07\u202e\u2066")
    assert len(shown) < 200


@pytest.mark.parametrize("lacking", ["device_code", "user_code", "verification_uri"])
async def test_an_incomplete_offer_is_not_quoted(lacking: str) -> None:
    endpoint = Endpoint({name: value for name, value in OFFER.items() if name != lacking})
    error = await failure_of(source_of(device()).get(endpoint.send, within=0.1), TokenUnavailableError)
    assert not [value for value in ("device-4711", "WDJB") if value in f"{error}{vars(error)}"]


async def test_an_unauthorized_client_is_a_refusal() -> None:
    await failure_of(source_of(device()).get(Endpoint(refusal("unauthorized_client")).send), TokenRefusedError)


async def test_logs_and_reprs_do_not_contain_the_code(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person = Person()
    endpoint = Endpoint(OFFER, PENDING, SLOW_DOWN, Reply(503), granted("t1", "r1"))
    await source_of(device(person)).get(endpoint.send)
    assert not [value for value in ("WDJB", "4711") if value in caplog.text + repr(person.told) + str(person.told)]


async def test_without_an_account_users_do_not_share_a_stored_token() -> None:
    store = MemoryTokenStore()
    for name in ("ada", "bob"):
        source = source_of(device(), store=store)
        assert (await source.get(Endpoint(OFFER, granted(name)).send)).value.reveal() == name
    named = source_of(device(account="ada"), store=store)
    await named.get(Endpoint(OFFER, granted("ada")).send)
    assert (await source_of(device(account="ada"), store=store).get(Endpoint().send)).value.reveal() == "ada"


def test_an_invalid_device_url_is_rejected_by_the_constructor() -> None:
    with pytest.raises(ConfigurationError, match="device_url"):
        DeviceCode(URL, "device", "app")
