"""`OAuthCredential`: the form, the client's authentication, and every kind of response and error."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdk import ConfigurationError, Secret, TokenError, TokenRefusedError, TokenUnavailableError
from asdk.auth import (
    ClientCredentials,
    Credential,
    DeviceCode,
    MemoryTokenStore,
    PasswordGrant,
    RefreshToken,
    TokenRecord,
)
from asdk.testing import Reply, VirtualClock
from tests.support.endpoints import URL, Endpoint, granted, refusal, source_of
from tests.support.failures import failure_of
from tests.support.servers import RawExchange, RawServer


def basic_of(endpoint: Endpoint) -> tuple[str, str]:
    """Return id and secret, decoded as a server does it."""
    scheme, _, encoded = endpoint.sent[-1].headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    name, _, secret = base64.b64decode(encoded).decode("ascii").partition(":")
    return unquote_plus(name), unquote_plus(secret)


# --- requests ---------------------------------------------------------------------------------------------------


async def test_the_request_on_the_wire() -> None:
    bodies: list[bytes] = []

    async def issue(visit: RawExchange) -> None:
        bodies.append(await visit.read_body())
        await visit.answer(json.dumps(granted("t1")).encode())

    with RawServer(issue) as server:
        from asdk.transports.aiohttp import AiohttpTransport

        transport = AiohttpTransport()
        credential = ClientCredentials(f"{server.url}/token", "app", "s3cret", scopes=["read", "write"])
        token = await source_of(credential, VirtualClock(auto=False)).get(transport.send)
        await transport.aclose()
    assert token.value.reveal() == "t1"
    head = server.heads[0].decode().lower()
    assert head.startswith("post /token http/1.1\r\n")
    assert "\r\ncontent-type: application/x-www-form-urlencoded\r\n" in head
    assert "\r\naccept: application/json\r\n" in head
    assert b"\r\nAuthorization: Basic " + base64.b64encode(b"app:s3cret") + b"\r\n" in server.heads[0]
    assert bodies == [b"grant_type=client_credentials&scope=read+write"]


CLIENT: dict[str, Any] = {"client_id": "app", "client_secret": "s3cret"}

REQUESTS: dict[str, tuple[Credential, bytes]] = {
    "client credentials": (ClientCredentials(URL, "app", "s3cret"), b"grant_type=client_credentials"),
    "client credentials in the body": (
        ClientCredentials(URL, "app", "s&cret", client_auth="body"),
        b"grant_type=client_credentials&client_id=app&client_secret=s%26cret",
    ),
    "audience and more": (
        ClientCredentials(URL, "app", "s3cret", audience="https://api", parameters={"resource": "a b"}),
        b"grant_type=client_credentials&audience=https%3A%2F%2Fapi&resource=a+b",
    ),
    "scopes in one string": (
        ClientCredentials(URL, "app", "s3cret", scopes="read  write"),
        b"grant_type=client_credentials&scope=read+write",
    ),
    "password": (
        PasswordGrant(URL, "ada@example.org", " pä&ss ", **CLIENT),
        b"grant_type=password&username=ada%40example.org&password=+p%C3%A4%26ss+",
    ),
    "password of a public client": (
        PasswordGrant(URL, "ada", "pass", client_id="app", scopes=["a"]),
        b"grant_type=password&username=ada&password=pass&scope=a&client_id=app",
    ),
    "password without a client": (
        PasswordGrant(URL, "ada", "pass"),
        b"grant_type=password&username=ada&password=pass",
    ),
    "refresh token": (RefreshToken(URL, "r+1"), b"grant_type=refresh_token&refresh_token=r%2B1"),
    "refresh token of a client": (
        RefreshToken(URL, "r1", **CLIENT, client_auth="body", scopes=["a", "b"]),
        b"grant_type=refresh_token&refresh_token=r1&scope=a+b&client_id=app&client_secret=s3cret",
    ),
}


AUTHORIZED = {"client credentials", "audience and more", "scopes in one string", "password"}


@pytest.mark.parametrize("name", REQUESTS)
async def test_the_form_of_each_grant(name: str) -> None:
    credential, body = REQUESTS[name]
    endpoint = Endpoint()
    await source_of(credential).get(endpoint.send)
    (sent,) = endpoint.sent
    assert (sent.method, sent.url, sent.content) == ("POST", URL, body)
    assert ("Authorization" in sent.headers) is (name in AUTHORIZED)


@pytest.mark.parametrize(
    ("client_id", "secret", "pair"),
    [
        ("app", "s3cret", "app:s3cret"),
        ("a:b", "c:d", "a%3Ab:c%3Ad"),
        ("my app", "p%20+/=", "my+app:p%2520%2B%2F%3D"),
        ("äpp", "pä€ß", "%C3%A4pp:p%C3%A4%E2%82%AC%C3%9F"),
    ],
)
async def test_id_and_secret_are_form_encoded_before_basic(client_id: str, secret: str, pair: str) -> None:
    endpoint = Endpoint()
    await source_of(ClientCredentials(URL, client_id, secret)).get(endpoint.send)
    expected = base64.b64encode(pair.encode()).decode()
    assert endpoint.sent[0].headers["Authorization"] == f"Basic {expected}"
    assert basic_of(endpoint) == (client_id, secret)


printable = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)


@given(client_id=printable, secret=printable)
def test_a_server_can_decode_any_id_and_secret(client_id: str, secret: str) -> None:
    endpoint = Endpoint()
    asyncio.run(ClientCredentials(URL, client_id, secret).fetch(endpoint.send))
    assert basic_of(endpoint) == (client_id, secret)


# --- responses ------------------------------------------------------------------------------------------------


def jwt(exp: object) -> str:
    def part(data: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part({'exp': exp})}.c2ln"


START = 1_750_000_000


@pytest.mark.parametrize(
    ("reply", "lifetime"),
    [
        ({"expires_in": 3600}, 3600),
        ({"expires_in": 3600.5}, 3600.5),
        ({"expires_in": "3600"}, 3600),
        ({"expires_in": "3600.0"}, 3600),
        ({}, None),
        ({"expires_in": None}, None),
        ({"expires_in": 0}, None),
        ({"expires_in": "0"}, None),
        ({"expires_in": -5}, None),
        ({"expires_in": "-5"}, None),
        ({"expires_in": 1e300}, None),
        ({"expires_in": 10**400}, None),
        ({"expires_in": "9" * 400}, None),
        ({"expires_in": True}, None),
        ({"expires_in": "soon"}, None),
        ({"expires_in": [3600]}, None),
        ({"expires_in": " 3600 "}, None),
        ({"expires_in": "٣٦٠٠"}, None),
        ({"expires": {"days": 1}}, 86400),
        ({"expires": {"days": 1, "hours": 2, "minutes": 3, "seconds": 4}}, 93784),
        ({"expires": {"days": -1}}, None),
        ({"expires": {"days": "1"}}, None),
        ({"expires": {"days": 10**400}}, None),
        ({"expires": {}}, None),
        ({"expires": "tomorrow"}, None),
        ({"access_token": jwt(START + 600)}, 600),
        ({"access_token": jwt(START + 600), "expires_in": 60}, 60),
        ({"access_token": jwt(START + 600), "expires_in": 0}, 600),
        ({"access_token": jwt(START - 600)}, None),
        ({"access_token": jwt(1e300)}, None),
        ({"access_token": jwt("later")}, None),
        ({"access_token": "a.b.c"}, None),
        ({"access_token": "not.a"}, None),
    ],
)
async def test_the_lifetime_is_read_from_every_known_field(reply: dict[str, Any], lifetime: float | None) -> None:
    content = json.dumps({"access_token": "t1", "token_type": "Bearer", **reply}).encode()
    endpoint = Endpoint(Reply(content=content))
    token = await source_of(ClientCredentials(URL, "app", "s3cret")).get(endpoint.send)
    assert token.lifetime == lifetime


@pytest.mark.parametrize(
    ("token_type", "header"),
    [
        ("Bearer", "Bearer t1"),
        ("bearer", "Bearer t1"),
        ("BEARER", "Bearer t1"),
        ("Bearer ", "Bearer t1"),
        (" bearer", "Bearer t1"),
        (None, "Bearer t1"),
        ("", "Bearer t1"),
        ("dpop", "DPoP t1"),
        ("mac", "MAC t1"),
        ("BASIC", "Basic t1"),
        *((other, "Bearer t1") for other in ("BearerToken", "jwt-bearer", "bot", "access_token", "JWT", "N_A", "hmac")),
        *((other, "Bearer t1") for other in ("Application Access Token", "line\r\nend", "x" * 99, "Bearer\u0000", "۳")),
        *((other, "Bearer t1") for other in (7, 0, True, ["Bearer"], {"type": "MAC"})),
    ],
)
async def test_the_token_type_is_a_known_scheme_or_bearer(token_type: object, header: str) -> None:
    endpoint = Endpoint({"access_token": "t1", "token_type": token_type})
    token = await source_of(ClientCredentials(URL, "app", "s3cret")).get(endpoint.send)
    assert token.headers["Authorization"] == header


@given(st.text() | st.from_regex(r"(?i)\s?(bearer|dpop|mac|basic|token)\s?", fullmatch=True))
def test_no_token_type_ends_a_call_or_reaches_the_header_as_it_is(token_type: str) -> None:
    endpoint = Endpoint({"access_token": "t1", "token_type": token_type})
    token = asyncio.run(ClientCredentials(URL, "app", "s3cret").fetch(endpoint.send))
    assert token.scheme in ("Bearer", "DPoP", "MAC", "Basic")


@pytest.mark.parametrize("token_type", ["Bearer", "mac", "Application Access Token", None])
@pytest.mark.parametrize(
    ("scheme", "header"), [("Bearer", "Bearer t1"), ("JWT", "JWT t1"), ("token", "token t1"), ("", "t1")]
)
async def test_the_scheme_of_the_credential_decides(token_type: str | None, scheme: str, header: str) -> None:
    for credential in (
        ClientCredentials(URL, "app", "s3cret", scheme=scheme),
        PasswordGrant(URL, "ada", "s3cret", scheme=scheme),
        RefreshToken(URL, "r0", scheme=scheme),
    ):
        endpoint = Endpoint(*[{"access_token": "t1", "token_type": token_type, "refresh_token": "r1"}] * 2)
        token = await source_of(credential).get(endpoint.send)
        assert token.headers["Authorization"] == header
        assert (await credential.refresh(token, endpoint.send)).headers["Authorization"] == header


@pytest.mark.parametrize("scheme", ["two words", "line\r\nend", " Bearer", "é", 7, "x" * 41])
def test_an_invalid_scheme_is_a_configuration_error(scheme: Any) -> None:
    with pytest.raises(ConfigurationError, match="scheme must be"):
        ClientCredentials(URL, "app", "s3cret", scheme=scheme)


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"access_token": ""},
        {"access_token": None, "refresh_token": "r1-secret"},
        {"access_token": 5},
        {"access_token": "two words and a line\r\nend"},
        {"access_token": "tökén"},
        {"access_token": " t1 "},
        {"token": "t1-secret"},
        ["access_token", "t1-secret"],
        "t1-secret",
    ],
)
async def test_a_response_without_a_token_is_temporary_and_not_quoted(reply: Any) -> None:
    endpoint = Endpoint(Reply(json=reply))
    source = source_of(ClientCredentials(URL, "app", "s3cret"))
    error = await failure_of(source.get(endpoint.send, within=0.1), TokenUnavailableError)
    assert "secret" not in str(error) + repr(vars(error))


# --- errors ---------------------------------------------------------------------------------------------------------

CODES: dict[str, type[TokenError]] = {
    # RFC 6749, section 5.2
    "invalid_request": TokenRefusedError,
    "invalid_client": TokenRefusedError,
    "invalid_grant": TokenRefusedError,
    "unauthorized_client": TokenRefusedError,
    "unsupported_grant_type": TokenRefusedError,
    "invalid_scope": TokenRefusedError,
    # section 4.1.2.1, which some send here
    "access_denied": TokenRefusedError,
    "unsupported_response_type": TokenRefusedError,
    "server_error": TokenUnavailableError,
    "temporarily_unavailable": TokenUnavailableError,
    # RFC 8628, section 3.5, and RFC 8707, section 2
    "slow_down": TokenUnavailableError,
    "invalid_target": TokenRefusedError,
}


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("code", CODES)
async def test_each_error_code_is_a_refusal_or_a_temporary_failure(code: str, status: int) -> None:
    endpoint = Endpoint(refusal(code, status))
    source = source_of(ClientCredentials(URL, "app", "s3cret"))
    error = await failure_of(source.get(endpoint.send, within=0.1), CODES[code])
    assert (error.code, error.status) == (code, status)
    assert f"({code}: because)" in str(error)


@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        (Reply(404, content=b"<html>no such page</html>"), "URL"),
        (Reply(405, json={"detail": "Method Not Allowed"}), "URL"),
        (Reply(307, headers={"Location": "https://elsewhere.example.org/?s=s3cret"}), "redirects"),
    ],
)
async def test_a_url_without_a_token_endpoint_gets_a_hint(reply: Reply, hint: str) -> None:
    source = source_of(ClientCredentials(URL, "app", "s3cret"), VirtualClock(auto=False))
    error = await failure_of(source.get(Endpoint(reply).send, within=0), TokenUnavailableError)
    assert hint in error.message
    assert "s3cret" not in str(error)


async def test_an_echoed_secret_is_redacted() -> None:
    for credential in (
        ClientCredentials(URL, "app", "client-4711"),
        PasswordGrant(URL, "ada", "client-4711"),
        RefreshToken(URL, "client-4711"),
    ):
        endpoint = Endpoint(Reply(400, json={"error": "invalid_request", "error_description": "not client-4711"}))
        error = await failure_of(source_of(credential).get(endpoint.send), TokenRefusedError)
        assert "4711" not in str(error)


# --- arguments --------------------------------------------------------------------------------------------

WRONG: dict[str, Callable[[], Credential]] = {
    "an invalid URL": lambda: ClientCredentials("token", "app", "s3cret"),
    "userinfo in the URL": lambda: ClientCredentials("https://a:b@id.example.org", "app", "s3cret"),
    "no client": lambda: ClientCredentials(URL, "", "s3cret"),
    "no secret": lambda: ClientCredentials(URL, "app", ""),
    "None": lambda: ClientCredentials(URL, "app", None),  # type: ignore[arg-type]
    "bytes": lambda: PasswordGrant(URL, "ada", b"s3cret"),  # type: ignore[arg-type]
    "a line break": lambda: ClientCredentials(URL, "app", "s3cret\n"),
    "a blank": lambda: RefreshToken(URL, " s3cret"),
    "a surrogate": lambda: PasswordGrant(URL, "ada", "s3cret\ud800"),
    "no user": lambda: PasswordGrant(URL, "", "s3cret"),
    "a secret without client": lambda: PasswordGrant(URL, "ada", "p", client_secret="s3cret"),
    "a scope with a quote": lambda: ClientCredentials(URL, "app", "s3cret", scopes=['a"b']),
    "a scope with a blank": lambda: ClientCredentials(URL, "app", "s3cret", scopes=["a b"]),
    "a reserved parameter": lambda: ClientCredentials(URL, "app", "s3cret", parameters={"grant_type": "x"}),
    "a number": lambda: ClientCredentials(URL, "app", "s3cret", parameters={"n": 5}),  # type: ignore[dict-item]
    "an unknown client_auth": lambda: ClientCredentials(URL, "app", "s3cret", client_auth="jwt"),  # type: ignore[arg-type]
    "an invalid device URL": lambda: DeviceCode(URL, "device", "app"),
    "no client of a device": lambda: DeviceCode(URL, URL, ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_constructor_rejects_an_invalid_argument(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        WRONG[name]()
    assert "s3cret" not in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_new_secret_of_a_callable_ends_the_cool_down(tmp_path: Path) -> None:
    path, clock = tmp_path / "secret", VirtualClock()
    path.write_text("old")
    endpoint = Endpoint(refusal("invalid_client", 401), granted("t1"))
    source = source_of(ClientCredentials(URL, "app", lambda: path.read_text(), client_auth="body"), clock)
    for _ in range(3):
        with pytest.raises(TokenRefusedError):
            await source.get(endpoint.send)
    path.write_text("new")
    await clock.sleep(1)
    assert (await source.get(endpoint.send)).value.reveal() == "t1"
    assert [form["client_secret"] for form in endpoint.forms] == ["old", "new"]


def broken() -> str:
    raise ValueError("the secret s3cret has a fault")


@pytest.mark.parametrize(
    ("look_up", "message"),
    [
        (
            lambda: Path("/nowhere/secret").read_text(),
            r"FileNotFoundError: No such file or directory \(/nowhere/secret\)",
        ),
        (lambda: os.environ["ASDK_NO_SUCH_SECRET"], "KeyError: 'ASDK_NO_SUCH_SECRET'"),
        (lambda: "", "client_secret"),
        (lambda: "s3cret\n", "client_secret"),
        (lambda: None, "TypeError"),
        (broken, "client_secret.*ValueError$"),
    ],
)
async def test_a_secret_that_is_not_available_is_a_configuration_error(look_up: Any, message: str) -> None:
    endpoint = Endpoint()
    source = source_of(ClientCredentials(URL, "app", look_up))
    error = await failure_of(source.get(endpoint.send), ConfigurationError)
    assert re.search(message, str(error))
    assert endpoint.sent == []
    assert "s3cret" not in str(error)


async def test_an_unsaved_token_is_saved_once_the_secret_is_available() -> None:
    class Full(MemoryTokenStore):
        full = True

        async def save(self, key: str, entry: TokenRecord) -> bool:
            if self.full:
                raise OSError(28, "No space left on device")
            return await super().save(key, entry)

    store, clock, secrets = Full(), VirtualClock(), ["s3cret"]
    source = source_of(ClientCredentials(URL, "app", lambda: secrets[0]), clock, store)
    endpoint = Endpoint()
    await source.get(endpoint.send)
    store.full = False
    secrets.clear()
    await clock.sleep(10)
    await source.drain(endpoint.send)
    secrets.append("s3cret")
    await clock.sleep(60)
    entry = await source.read_store()
    assert entry is not None
    assert entry.token is not None
    assert len(endpoint.sent) == 1


# --- identity ----------------------------------------------------------------------------------------------


def test_different_tokens_have_different_keys() -> None:
    different: list[Credential] = [
        ClientCredentials(URL, "app", "s3cret"),
        ClientCredentials(URL, "other", "s3cret"),
        ClientCredentials("https://other.example.org/token", "app", "s3cret"),
        ClientCredentials(URL, "app", "s3cret", scopes=["a"]),
        ClientCredentials(URL, "app", "s3cret", audience="x"),
        ClientCredentials(URL, "app", "s3cret", audience="y"),
        PasswordGrant(URL, "ada", "p", client_id="app"),
        PasswordGrant(URL, "bob", "p", client_id="app"),
        RefreshToken(URL, "r1", client_id="app"),
        RefreshToken(URL, "r2", client_id="app"),
        RefreshToken(URL, "r1", client_id="app", account="ada"),
        DeviceCode(URL, URL, "app", account="ada"),
    ]
    keys = [identity.key for credential in different if (identity := credential.identity) is not None]
    assert len(set(keys)) == len(different)


def test_a_changed_secret_changes_the_seed_but_not_the_key() -> None:
    pairs: list[tuple[Credential, Credential]] = [
        (ClientCredentials(URL, "app", "s3cret"), ClientCredentials(URL, "app", Secret("other"))),
        (PasswordGrant(URL, "ada", "p"), PasswordGrant(URL, "ada", "q")),
        (PasswordGrant(URL, "ada", "p", **CLIENT), PasswordGrant(URL, "ada", "p", client_id="app", client_secret="x")),
        (PasswordGrant(URL, "ada", "p", **CLIENT), PasswordGrant(URL, "ada", "q", **CLIENT)),
        (RefreshToken(URL, "r1", account="ada"), RefreshToken(URL, "r2", account="ada")),
    ]
    for one, other in pairs:
        assert one.identity is not None
        assert other.identity is not None
        assert one.identity.key == other.identity.key
        assert one.identity.seed != other.identity.seed
    assert pairs[1][0].identity is not None
    assert len(pairs[1][0].identity.seed or "") == 4, "a password could be guessed from more"


async def test_a_hundred_callers_make_one_request() -> None:
    endpoint = Endpoint(Reply(json=granted("t1"), delay=0.5))
    source = source_of(ClientCredentials(URL, "app", lambda: "s3cret"))
    tokens = await asyncio.gather(*(source.get(endpoint.send) for _ in range(100)))
    assert {token.value.reveal() for token in tokens} == {"t1"}
    assert len(endpoint.sent) == 1
