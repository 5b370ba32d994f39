"""Credentials reveal no secret: not in their repr or attributes, and not in the errors that they raise."""

from __future__ import annotations

import base64
import contextlib
import copy
import gc
import logging
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from asdk import ApiKey, AsdkError, BearerToken, Secret
from asdk.auth import (
    ClientCredentials,
    Credential,
    CredentialChain,
    DeviceCode,
    NoCredential,
    PasswordGrant,
    PromptCredential,
    RefreshToken,
)
from asdk.auth.credentials import prompt as module
from asdk.errors import ConnectError, RequestTimeoutError
from asdk.testing import Reply, VirtualClock
from tests.support import reachable
from tests.support.endpoints import URL, Endpoint, granted, refusal, source_of

# Never revealed in this file: a traceback shows source lines, too.
SECRETS = {name: Secret(f"{name}-s3cr3t-abcdef") for name in ("client", "password", "refresh", "access", "device")}
CLIENT: dict[str, Any] = {"client_id": "app", "client_secret": SECRETS["client"]}
HIDDEN = {secret.reveal() for secret in SECRETS.values()}
HIDDEN |= {base64.b64encode(f"app:{SECRETS['client'].reveal()}".encode()).decode()}

CREDENTIALS: dict[str, Callable[[], Credential]] = {
    "client credentials": lambda: ClientCredentials(URL, **CLIENT),
    "in the body": lambda: ClientCredentials(URL, **CLIENT, client_auth="body"),
    "from a callable": lambda: ClientCredentials(URL, "app", lambda: SECRETS["client"].reveal()),
    "password": lambda: PasswordGrant(URL, "ada", SECRETS["password"], **CLIENT),
    "refresh token": lambda: RefreshToken(URL, SECRETS["refresh"], **CLIENT),
    "device": lambda: DeviceCode(URL, URL, **CLIENT, account="ada", show=lambda instructions: None),
    "chain": lambda: CredentialChain(NoCredential("none"), PasswordGrant(URL, "ada", SECRETS["password"], **CLIENT)),
    "prompt": lambda: PromptCredential(lambda name, password: PasswordGrant(URL, name, password, **CLIENT)),
}

OFFER = {"device_code": SECRETS["device"], "user_code": SECRETS["device"], "verification_uri": URL, "interval": 1}
TOKEN = granted(SECRETS["access"], SECRETS["refresh"])  # type: ignore[arg-type]

#: Replies to every request after the offer of a device code. Each may contain secrets that were sent or returned.
REPLIES: dict[str, Reply] = {
    "refused": Reply(400, json={"error": "invalid_grant", "error_description": SECRETS["client"]}),
    "unavailable": Reply(503, json=TOKEN),
    "no JSON": Reply(content=b'{"access_token": "access-s3cr3t-abcdef", '),
    "no object": Reply(json=[TOKEN]),
    "no access token": Reply(json={"refresh_token": SECRETS["refresh"], "token": SECRETS["access"]}),
    "a bad access token": Reply(json={**TOKEN, "access_token": "access-s3cr3t-abcdef\n"}),
    "refused with 200": Reply(json={"error": "access_denied", "refresh_token": SECRETS["refresh"]}),
    "cut": Reply(error=ConnectError("refused")),
    "late": Reply(error=RequestTimeoutError("late")),
}


@pytest.fixture(autouse=True)
def _person(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(question: str, *, hidden: bool) -> Secret:
        return SECRETS["password"] if hidden else Secret("ada")

    monkeypatch.setattr(module, "ask_person", answer)


def endpoint_for(name: str, reply: Reply) -> Endpoint:
    endpoint = Endpoint()
    offers = [Reply(json=OFFER)] if name == "device" else []
    endpoint._answer = lambda request: offers.pop() if offers else reply
    return endpoint


@pytest.mark.parametrize("name", CREDENTIALS)
async def test_reprs_and_attributes_contain_no_secret(name: str) -> None:
    credential = CREDENTIALS[name]()
    source = source_of(credential)
    await source.get(endpoint_for(name, Reply(json=TOKEN)).send)
    shown = [
        f"{credential!r} {credential} {credential:} {source!r}",
        repr(copy.copy(credential)),
        str(vars(credential)),
    ]
    shown += list(reachable.reprs(credential, servers=(Endpoint,)))
    assert found_in("\n".join(shown)) == set()


@pytest.mark.parametrize("name", [name for name in CREDENTIALS if name not in ("prompt", "from a callable")])
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_credential_with_a_secret_cannot_be_pickled(name: str, protocol: int) -> None:
    with pytest.raises(TypeError, match="pickle") as caught:
        pickle.dumps(getattr(CREDENTIALS[name](), "_credentials", [CREDENTIALS[name]()])[-1], protocol)
    assert found_in(str(caught.value)) == set()


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("name", CREDENTIALS)
async def test_an_error_contains_no_secret(name: str, reply: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint = endpoint_for(name, REPLIES[reply])
    with pytest.raises(AsdkError) as caught:
        await CREDENTIALS[name]().run(lambda credential: credential.fetch(with_clock(endpoint)))
    assert found_in(shown_by(caught.value)) == set()
    with pytest.raises(AsdkError) as caught:
        await source_of(CREDENTIALS[name]()).get(with_clock(endpoint_for(name, REPLIES[reply])), within=0.5)
    assert found_in(shown_by(caught.value) + caplog.text) == set()


@pytest.mark.parametrize("name", CREDENTIALS)
async def test_the_error_of_a_refresh_contains_no_secret(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    clock = VirtualClock()
    source = source_of(CREDENTIALS[name](), clock)
    await source.get(endpoint_for(name, Reply(json=TOKEN)).send)
    await clock.sleep(101)
    with pytest.raises(AsdkError) as caught:
        await source.get(endpoint_for("", refusal("invalid_grant")).send)
    assert found_in(shown_by(caught.value) + caplog.text) == set()


async def test_an_echoed_secret_is_redacted_before_truncation() -> None:
    long = Secret("s3cr3t-abcdef-" * 40)
    for reply in ({"error": f"bad token {long.reveal()}"}, {"error": "no", "error_description": f"no {long.reveal()}"}):
        with pytest.raises(AsdkError) as caught:
            await source_of(RefreshToken(URL, long)).get(Endpoint(Reply(400, json=reply)).send)
        assert "s3cr3t" not in shown_by(caught.value) + repr(vars(caught.value))


WRONG: dict[str, Callable[[], Credential]] = {
    "url": lambda: ClientCredentials("nowhere", **plain(CLIENT)),
    "scopes": lambda: PasswordGrant(URL, "ada", SECRETS["password"].reveal(), **plain(CLIENT), scopes=['"']),
    "parameters": lambda: RefreshToken(URL, SECRETS["refresh"].reveal(), parameters={"scope": "x"}),
    "user": lambda: PasswordGrant(URL, "", SECRETS["password"].reveal()),
    "blank": lambda: PasswordGrant(URL, "ada", SECRETS["password"].reveal() + "\n", **plain(CLIENT)),
    "client": lambda: DeviceCode(URL, "nowhere", **plain(CLIENT)),
    "key": lambda: BearerToken(SECRETS["access"].reveal() + " "),
    "header": lambda: ApiKey(SECRETS["access"].reveal(), header="two words"),
}


def plain(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in arguments.items()}


@pytest.mark.parametrize("name", WRONG)
def test_the_error_of_a_constructor_contains_no_secret(name: str) -> None:
    with pytest.raises(AsdkError) as caught:
        WRONG[name]()
    assert found_in(shown_by(caught.value)) == set()


@pytest.mark.parametrize("reply", ["no access token", "refused"])
@pytest.mark.parametrize("name", CREDENTIALS)
async def test_a_dropped_error_keeps_no_object_alive(name: str, reply: str) -> None:
    endpoint = endpoint_for(name, REPLIES[reply])
    forgotten = weakref.ref(endpoint)
    gc.disable()
    try:
        with contextlib.suppress(AsdkError):
            await CREDENTIALS[name]().fetch(with_clock(endpoint))
        del endpoint
        assert forgotten() is None
    finally:
        gc.enable()


# --- helpers --------------------------------------------------------------------------------------------------------


def with_clock(endpoint: Endpoint) -> Any:
    """Return a send function with a virtual clock, as a source has one."""
    clock = VirtualClock()

    async def send(request: Any) -> Any:
        request.clock = clock
        return await endpoint.send(request)

    return send


def found_in(text: str) -> set[str]:
    return {secret for secret in HIDDEN if secret in text}


def shown_by(error: BaseException) -> str:
    return reachable.shown_by(error, servers=(Endpoint,), skip_tests=True)
