"""Credentials that every request sends as they are: user name and password, and several keys."""

from __future__ import annotations

import base64
import pickle
from typing import Any

import pytest

from asdk import BadRequestError, BaseClient, ConfigurationError, InvalidRequestError, Secret
from asdk.auth import BasicAuth, Credential, FileTokenStore, HeaderKeys
from asdk.testing import MemoryTransport, Reply

URL = "https://api.example.org"


async def headers_of(credential: Credential, template: str = "/x", **options: Any) -> dict[str, str]:
    transport = MemoryTransport([Reply(json=1)])
    await BaseClient(base_url=URL, auth=credential, transport=transport).request("GET", template, **options)
    return {name.lower(): str(value) for name, value in transport.sent[0].headers.items()}


@pytest.mark.parametrize(
    ("username", "password"),
    [("Aladdin", "open sesame"), ("key-1234", ""), ("ä", "pä:ß"), ("a b", "  "), (Secret("u"), Secret("p"))],
)
async def test_user_name_and_password_are_sent_as_basic(username: Any, password: Any) -> None:
    pair = ":".join(part.reveal() if isinstance(part, Secret) else part for part in (username, password))
    sent = (await headers_of(BasicAuth(username, password)))["authorization"]
    assert sent == f"Basic {base64.b64encode(pair.encode()).decode()}"


async def test_the_example_of_rfc_7617_is_sent() -> None:
    sent = await headers_of(BasicAuth("Aladdin", "open sesame"))
    assert sent["authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize(
    ("username", "password"),
    [("", "p"), ("a:b", "p"), ("a\n", "p"), ("a", "p\r\nX: 1"), ("a\x00", ""), ("a", "\x7f"), ("\ud800", "p")],
)
def test_a_pair_that_cannot_be_sent_is_rejected(username: str, password: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        BasicAuth(username, password)
    assert "p\r" not in str(caught.value)


@pytest.mark.parametrize("pair", [("user-name-1", "s3cr3t-password-9"), ("sk_live_s3cr3t_key_99", "")])
async def test_an_echo_of_the_pair_is_hidden(pair: tuple[str, str]) -> None:
    shown = pair[1] or pair[0]
    echo = f"wrong: {shown}, {base64.b64encode(':'.join(pair).encode()).decode()}"
    transport = MemoryTransport([Reply(400, json={"message": echo})])
    with pytest.raises(BadRequestError) as caught:
        await BaseClient(base_url=URL, auth=BasicAuth(*pair), transport=transport).request("GET", "/x")
    assert shown not in f"{caught.value!r} {caught.value.body!r}"


KEYS: dict[str, str | Secret] = {"X-Client-Id": "client-id-1", "X-Client-Secret": Secret("s3cr3t-value-123")}


async def test_several_keys_are_sent_each_in_its_header() -> None:
    sent = await headers_of(HeaderKeys(KEYS))
    assert (sent["x-client-id"], sent["x-client-secret"]) == ("client-id-1", "s3cr3t-value-123")
    assert "authorization" not in sent


@pytest.mark.parametrize("credential", [HeaderKeys(KEYS), BasicAuth("user", "s3cr3t-value-123")])
async def test_another_origin_and_a_public_call_get_nothing(credential: Credential) -> None:
    for template, options in (("https://other.example.org/x", {}), ("/x", {"authenticate": False})):
        sent = await headers_of(credential, template, **options)
        assert sent.keys() & {"x-client-id", "x-client-secret", "authorization"} == set()


@pytest.mark.parametrize(
    "keys",
    [{}, None, "key", [("a", "b")], {"X-Key": ""}, {"X-Key": "a b"}, {"X-Key": "a\n"}, {"X Key": "a"}, {"": "a"}],
)
def test_keys_that_cannot_be_sent_are_rejected(keys: Any) -> None:
    with pytest.raises((ConfigurationError, InvalidRequestError)):
        HeaderKeys(keys)


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection"])
def test_keys_in_headers_of_the_connection_are_rejected(name: str) -> None:
    with pytest.raises((ConfigurationError, InvalidRequestError)):
        HeaderKeys({name: "key-1"})


@pytest.mark.parametrize("credential", [HeaderKeys(KEYS), BasicAuth("user", "s3cr3t-value-123")])
def test_neither_repr_nor_pickle_has_a_secret(credential: Credential, tmp_path: Any) -> None:
    assert "s3cr3t" not in f"{credential!r} {vars(credential)}"
    with pytest.raises(TypeError):
        pickle.dumps(credential)
    client = BaseClient(base_url=URL, auth=credential, token_store=FileTokenStore(tmp_path))
    assert "s3cr3t" not in repr(client)
