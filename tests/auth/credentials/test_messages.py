"""The wording of the errors of credentials. Other tests check their facts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from asdk.auth import (
    ClientCredentials,
    CredentialChain,
    DeviceCode,
    NoCredential,
    PasswordGrant,
    PromptCredential,
    RefreshToken,
)
from asdk.auth.credentials import prompt
from asdk.errors import AsdkError, ConnectError, describe_type
from asdk.secret import Secret
from asdk.testing import Reply, VirtualClock
from tests.support.endpoints import URL, Endpoint, refusal, source_of

wrong: Any = None  # of no valid type


class PerTenant(NoCredential):
    per_tenant = True


CONSTRUCTORS: dict[str, Callable[[], object]] = {
    "client_id must not be empty": lambda: DeviceCode(URL, URL, ""),
    "client_secret requires a client_id": lambda: ClientCredentials(URL, "", "s3cret"),
    "client_secret must not be empty": lambda: ClientCredentials(URL, "app", ""),
    "username must not be empty": lambda: PasswordGrant(URL, "", "s3cret"),
    "password must not contain a lone surrogate, which UTF-8 cannot encode": lambda: PasswordGrant(
        URL, "ada", "s3cret\ud800"
    ),
    "refresh_token must not begin or end with a blank; it was probably copied with one": lambda: RefreshToken(
        URL, " s3cret"
    ),
    "client_secret must not contain a line break or another control character; if it was read from a file, strip it": (
        lambda: ClientCredentials(URL, "app", "s3cret\n")
    ),
    f"a secret must be a str, a Secret or a callable, got {describe_type(None)}": lambda: ClientCredentials(
        URL, "app", wrong
    ),
    "client_auth must be 'basic' or 'body', got None": lambda: ClientCredentials(
        URL, "app", "s3cret", client_auth=wrong
    ),
    "scopes must not contain a blank or an invalid character, got 'a b'": lambda: ClientCredentials(
        URL, "app", "s3cret", scopes=["a b"]
    ),
    "parameters must not contain grant_type, which is set by the credential": lambda: ClientCredentials(
        URL, "app", "s3cret", parameters={"grant_type": "x"}
    ),
    f"parameters['n'] must be a str, got {describe_type(None)}": lambda: ClientCredentials(
        URL, "app", "s3cret", parameters={"n": wrong}
    ),
    "credentials must not be empty: a CredentialChain needs at least one": lambda: CredentialChain(),
    "per_tenant must be the same for all credentials of a CredentialChain": lambda: CredentialChain(
        NoCredential("x"), PerTenant("x")
    ),
}


@pytest.mark.parametrize("message", CONSTRUCTORS)
def test_messages_of_constructors(message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        CONSTRUCTORS[message]()
    assert caught.value.message == message


OK: dict[str, Any] = {"access_token": "t1", "token_type": "Bearer"}
REPLIES: dict[str, Reply] = {
    "the token endpoint refused the credential (invalid_grant: because)": refusal("invalid_grant"),
    "the token endpoint refused the credential (no reason given)": Reply(401),
    "the token endpoint returned no token (no reason given)": Reply(503),
    "the token endpoint returned no token (no reason given); check the URL": Reply(404),
    "the token endpoint returned no token (no reason given); it redirects, which is not followed with a secret; "
    "check the URL": Reply(307),
    "the token endpoint did not return a JSON object": Reply(json=[]),
    "the token endpoint returned no access_token": Reply(json={}),
    "the token endpoint returned an access_token that is not a valid header value": Reply(
        json={**OK, "access_token": "a\nb"}
    ),
    "the token endpoint could not be reached: refused": Reply(error=ConnectError("refused")),
}


@pytest.mark.parametrize("message", REPLIES)
def test_messages_of_the_token_endpoint(message: str) -> None:
    endpoint = Endpoint(REPLIES[message])
    with pytest.raises(AsdkError) as caught:
        asyncio.run(ClientCredentials(URL, "app", "s3cret").fetch(endpoint.send))
    assert caught.value.message == message


def missing() -> str:
    raise KeyError("APP_SECRET")


async def answer_nothing(question: str, *, hidden: bool) -> Secret | None:
    return Secret("")


async def no_terminal(question: str, *, hidden: bool) -> Secret | None:
    return None


OFFER = {"device_code": "d", "user_code": "u", "verification_uri": URL, "expires_in": 1}


@pytest.mark.parametrize(
    ("make", "ask", "message"),
    [
        (
            lambda: ClientCredentials(URL, "app", missing),
            None,
            "client_secret is not available: KeyError: 'APP_SECRET'",
        ),
        (
            lambda: CredentialChain(NoCredential("set APP_KEY")),
            None,
            "no credential of the chain is configured: NoCredential: set APP_KEY",
        ),
        (
            lambda: PromptCredential(lambda name, password: NoCredential("x")),
            no_terminal,
            "a login prompt needs a terminal or a notebook; pass the credential its secret as an argument",
        ),
        (
            lambda: PromptCredential(lambda name, password: NoCredential("x")),
            answer_nothing,
            "no login was entered; pass the credential its secret as an argument",
        ),
        (
            lambda: DeviceCode(URL, URL, "app", show=lambda instructions: None),
            None,
            "the device code expired before it was confirmed; the next call shows another one",
        ),
    ],
)
async def test_messages_of_a_login(monkeypatch: pytest.MonkeyPatch, make: Any, ask: Any, message: str) -> None:
    if ask is not None:
        monkeypatch.setattr(prompt, "ask_person", ask)
    with pytest.raises(AsdkError) as caught:
        await source_of(make(), VirtualClock()).get(Endpoint(OFFER).send, within=0.1)
    assert caught.value.message == message


def test_the_message_of_an_incomplete_device_response() -> None:
    with pytest.raises(AsdkError) as caught:
        asyncio.run(DeviceCode(URL, URL, "app").fetch(Endpoint({}).send))
    assert caught.value.message == "the device authorization endpoint returned no code or no verification_uri"
