"""Bodies that may carry a new secret: which types have one, and what an error about them keeps."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

import pytest

from asdk import DecodeError, Secret, model
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify
from asdk.http.headers import Headers
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.models.secret_fields import has_secret_field
from asdk.testing import MemoryTransport, Reply

T = TypeVar("T")


@model
class Login:
    name: str
    token: Secret


@model
class Session:
    login: Login | None = None
    next: Session | None = None


@model
class Tree:
    name: str
    children: list[Tree]


@model
class Envelope(Generic[T]):
    data: T


class Pair(NamedTuple):
    name: str
    key: Secret


class Entry(TypedDict):
    key: Secret


@dataclass
class Card:
    keys: dict[str, Secret]


@pytest.mark.parametrize(
    "tp",
    [
        Secret,
        Login,
        Session,
        list[Login],
        dict[str, list[Session]],
        Login | None,
        Annotated[Tree | Login, "note"],
        Envelope[Login],
        Pair,
        Entry,
        Card,
        tuple[int, Secret],
    ],
)
def test_a_type_with_a_secret_at_any_depth_has_one(tp: Any) -> None:
    assert has_secret_field(tp)


@pytest.mark.parametrize("tp", [Tree, int, str, Any, None, list[Tree], dict[str, Any], Literal["a"], Envelope[Tree]])
def test_other_types_have_none(tp: Any) -> None:
    assert not has_secret_field(tp)


BROKEN = [
    b'{"name": "ada", "token": "CANARY-new',
    b'{"token": "CANARY-new"',
    b"CANARY-new",
    b"<html>CANARY-new</html>",
    b'{"token": "CANARY-new", "name": 1e999999}}',
    b'{"token": "CANARY-new\xff"}',
    '{"token": "CANARY-new"}'.encode("utf-16"),
]


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize("tp", [Login, list[Login], Session | None])
def test_an_error_about_a_reply_with_a_new_secret_keeps_no_body(body: bytes, tp: Any) -> None:
    response = Response(200, {}, body, request=Request("POST", "https://h/login", "/login", Headers()))
    with pytest.raises(DecodeError) as caught:
        response.decode(tp)
    shown = f"{caught.value} {vars(caught.value)} {caught.value.body!r} {pickle.dumps(caught.value)!r}"
    assert "CANARY" not in shown.replace("\\x00", "")
    with pytest.raises(DecodeError) as caught:
        Response(200, {}, BROKEN[0], request=response.request).decode(Tree)
    assert caught.value.body == BROKEN[0], "other types keep it"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.api_keys.create("ci"),
        lambda client: client.auth.login("ada", "open sesame"),
        lambda client: client.auth.refresh("refresh-0123456789"),
        lambda client: MGnify(base_url="https://h", transport=client._session.transport).auth.login("ada", "sesame"),
    ],
)
async def test_a_reply_that_breaks_off_does_not_show_its_secret(call: Any) -> None:
    body = b'{"key_id": "1", "api_key": "CANARY-new-key", "access_token": "CANARY-token", "token": "CANARY'
    server = MemoryTransport([Reply(content=body)])
    client = EdgeQuake(base_url="https://a.example", api_key="the-old-key-of-the-client", transport=server)
    with pytest.raises(DecodeError) as caught:
        await call(client)
    assert caught.value.body == b""
    assert b"CANARY" not in pickle.dumps(caught.value)
