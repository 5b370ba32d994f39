"""`BaseClient` for its users and subclasses: requests, errors, copies, settings."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import pickle
import weakref
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typing_extensions import Unpack

from asdk import (
    ApiKey,
    AuthenticationError,
    BadRequestError,
    BaseClient,
    BearerToken,
    ClientOptions,
    Config,
    ConfigurationError,
    ConflictError,
    DecodeError,
    GoneError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    Resource,
    ResponseLimits,
    Retry,
    Secret,
    ServerError,
    StatusError,
    StreamError,
    Tenant,
    Timeout,
    Token,
    TokenUnavailableError,
    UnprocessableError,
    field,
    model,
    tenant_scope,
)
from asdk.auth import Credential, MemoryTokenStore, NoCredential, TokenSource
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.http.urls import QueryStyle
from asdk.pagination import PageNumbers
from asdk.resources import resource
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler


@model
class User:
    id: int
    name: str
    email: str | None = None


class LockedError(StatusError):
    """The error of this API for a 423."""


class Users(Resource["Api"]):
    async def get(self, user_id: int) -> User:
        return await self._client.request("GET", "/users/{id}", path_params={"id": user_id}, model=User)


class Api(BaseClient):
    base_url = "https://api.example.org/v1"
    env_prefix = "TESTAPI"
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"base_url": ("TESTAPI_URL",), "api_key": ("LEGACY_KEY",)}
    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {"LOCKED": LockedError}
    users = resource(Users)

    def __init__(self, *, api_key: str | Secret | None = None, **options: Unpack[ClientOptions]) -> None:
        key = self.config_for(options).secret("api_key", api_key)
        if key is not None:
            options.setdefault("auth", ApiKey(key))
        super().__init__(**options)


def api(replies: Any = (), **options: Any) -> tuple[Api, MemoryTransport]:
    transport = MemoryTransport(replies)
    return Api(transport=transport, clock=VirtualClock(), **options), transport


def ok(request: Request) -> Reply:
    return Reply(json=None)


# --- requests ---------------------------------------------------------------------------------------------------------


async def test_a_resource_method_returns_a_typed_value() -> None:
    client, transport = api([Reply(json={"id": 5, "name": "Ada", "new": "ignored"})])
    assert await client.users.get(5) == User(id=5, name="Ada")
    (sent,) = transport.sent
    assert (sent.method, sent.url, sent.template) == ("GET", "https://api.example.org/v1/users/5", "/users/{id}")
    assert sent.headers["Accept"] == "application/json"
    assert sent.headers["User-Agent"].startswith("asdk/")


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("group/project", "/v1/users/group%2Fproject"),
        ("a/b?c#d", "/v1/users/a%2Fb%3Fc%23d"),
        ("ü ", "/v1/users/%C3%BC%20"),
    ],
)
async def test_a_path_value_cannot_leave_its_segment(value: str, path: str) -> None:
    client, transport = api(ok)
    await client.request("GET", "/users/{id}", path_params={"id": value})
    assert transport.sent[0].url == f"https://api.example.org{path}"


@pytest.mark.parametrize(
    ("template", "path_params"),
    [
        ("/users/{id", {"id": 1}),
        ("/users/id}", {}),
        ("/users/{}", {"": 1}),
        ("/users/{id}", {}),
        ("/users/{id}", {"id": 1, "more": 2}),
        ("/users/{id}", {"id": ""}),
        ("/users/{id}", {"id": None}),
        ("/users/{id}", {"id": ["a"]}),
        ("/users/{id}/{id}", {"id": 1}),
        ("users", {}),
        ("", {}),
        ("/users?x=1", {}),
        ("/a/../b", {}),
        ("/a\r\nX-Evil: 1", {}),
        ("ftp://api.example.org/x", {}),
        ("https://user:pass@api.example.org/x", {}),
        ("https://api.example.org\\@evil.com/x", {}),
        ("https://api.example.org/x\r\n", {}),
    ],
)
async def test_an_invalid_template_is_rejected_before_anything_is_sent(
    template: str, path_params: dict[str, Any]
) -> None:
    client, transport = api(ok)
    with pytest.raises(InvalidRequestError):
        await client.request("GET", template, path_params=path_params)
    assert transport.sent == []


def given(**options: Any) -> Callable[[], object]:
    return lambda: BaseClient(**{"base_url": "https://api.example.org", **options})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (given(clock=5), "clock must be a Clock, such as VirtualClock() of asdk.testing, got int"),
        (
            given(clock=VirtualClock),
            "clock must be a Clock, such as VirtualClock() of asdk.testing, got the class VirtualClock",
        ),
        (given(config={}), "config must be a Config, such as Config('PREFIX'), got dict"),
        (given(transport="aiohttp"), "transport must be a Transport, such as AiohttpTransport(), got str"),
        (
            given(transport=MemoryTransport),
            "transport must be a Transport, such as AiohttpTransport(), got the class MemoryTransport",
        ),
        (given(proxy=5), "proxy must be the URL of a proxy or None, got int"),
        (given(auth="token"), "auth must be a Credential or a TokenSource, got str"),
        (given(auth=Credential), "auth must be a Credential or a TokenSource, got the class Credential"),
        (
            given(base_url="http://api.example.org", auth=BearerToken("t-1234")),
            "base_url must be https for a client with auth, got http://api.example.org: the token would be readable on "
            "the way; or pass allow_insecure_auth=True",
        ),
        (
            given(auth=TokenSource(BearerToken("t-1234")), token_store=MemoryTokenStore()),
            "token_store must be left out beside a TokenSource, which has its own: pass it to the TokenSource, or pass "
            "a Credential as auth",
        ),
        (
            lambda: BaseClient(base_url="https://api.example.org").with_options(idempotency_key="one"),
            "idempotency_key must be True or None here, got str: one key for all calls would make them one; pass "
            "True, or a key per call",
        ),
        (
            lambda: BaseClient(base_url="https://api.example.org").build_request("G T", "/x"),
            "method must be an HTTP method, got 'G T'",
        ),
    ],
)
def test_messages(build: Callable[[], object], message: str) -> None:
    with pytest.raises((ConfigurationError, InvalidRequestError)) as caught:
        build()
    assert caught.value.message.replace("got a ", "got ") == message


async def test_a_client_may_add_to_a_status_error() -> None:
    class Strict(BaseClient):
        def status_error(self, response: Response) -> StatusError:
            error = super().status_error(response)
            return error.convert_to(NotFoundError, hint="look elsewhere") if response.status == 410 else error

    client = Strict(base_url="https://api.example.org", transport=MemoryTransport([Reply(410), Reply(410)]))
    with pytest.raises(NotFoundError, match=r"410 GET /x: .*; look elsewhere") as caught:
        await client.request("GET", "/x")
    assert caught.value.status == 410
    with pytest.raises(NotFoundError):
        async with client.stream("GET", "/x"):
            pass


def test_a_client_that_could_not_be_built_can_still_be_shown() -> None:
    half_built = BaseClient.__new__(BaseClient)  # as in the traceback of an `__init__` that failed
    assert repr(half_built) == "<BaseClient >"


async def test_a_client_is_shown_with_its_credential_and_what_differs_from_the_defaults() -> None:
    client = BaseClient(base_url="https://api.example.org/v1", transport=MemoryTransport([]))
    assert repr(client) == "<BaseClient https://api.example.org/v1>"
    copied = client.with_options(timeout=5, retry=Retry(attempts=7))
    shown = repr(copied)
    assert shown.startswith("<BaseClient https://api.example.org/v1, timeout=Timeout(total=5")
    assert "retry=Retry(attempts=7" in shown
    assert "tenant" not in shown
    assert "tenant=Tenant(tenant_id='acme'" in repr(client.with_options(tenant=Tenant("acme")))
    login = BaseClient(base_url="https://api.example.org", auth=ApiKey("s3cr3t-key", header="X-Key"))
    assert "auth=ApiKey(header='X-Key')" in repr(login)
    assert "s3cr3t" not in repr(login)


async def test_a_copy_for_another_server_is_shown_with_its_name() -> None:
    servers = {"files": "https://files.example.org"}
    client = BaseClient(base_url="https://api.example.org", servers=servers, transport=MemoryTransport([]))
    assert "server='files'" in repr(client.with_options(server="files"))


@pytest.mark.parametrize(
    ("given", "meant"),
    [("tiemout", "timeout"), ("parms", "params"), ("JSON", "json"), ("idempotent_key", "idempotency_key")],
)
async def test_a_misspelled_argument_of_a_call_is_named_with_the_one_that_was_meant(given: str, meant: str) -> None:
    transport = MemoryTransport([])
    client = BaseClient(base_url="https://api.example.org", transport=transport)
    arguments: Any = {given: 1}
    with pytest.raises(InvalidRequestError, match=f"{given}; did you mean '{meant}'"):
        await client.request("GET", "/x", **arguments)
    options: Any = {given: 1}
    with pytest.raises(ConfigurationError, match=given):
        BaseClient(base_url="https://api.example.org", **options)
    assert transport.sent == []


async def test_a_slash_more_or_less_at_the_end_of_the_base_url_does_not_matter() -> None:
    for base in ("https://api.example.org/v1", "https://api.example.org/v1/", "https://API.example.org:443/v1//"):
        client, transport = api(ok, base_url=base)
        await client.request("GET", "/x")
        assert transport.sent[0].url == "https://api.example.org/v1/x"


async def test_query_values_have_one_format_and_none_is_left_out() -> None:
    client, transport = api(ok)
    params = {"a": True, "b": None, "c": [1, "x y"], "d": "ä&=", "e": 1.5}
    await client.request("GET", "/x", params=params)
    assert transport.sent[0].url.partition("?")[2] == "a=true&c=1&c=x%20y&d=%C3%A4%26%3D&e=1.5"


async def test_an_api_may_write_its_query_differently() -> None:
    class Other(Api):
        query_style = QueryStyle(true="1", false="0", separator=",", list_suffix="[]")

    transport = MemoryTransport(ok)
    await Other(transport=transport).request("GET", "/x", params={"a": False, "b": [1, 2]})
    assert transport.sent[0].url.partition("?")[2] == "a=0&b%5B%5D=1%2C2"


async def test_json_takes_models_and_plain_data_and_none_is_null() -> None:
    @model(rename="camel")
    class New:
        first_name: str
        image: str | None = field(default=None, name="ImageURL")

    client, transport = api(ok)
    for body in (New(first_name="A"), {"x": [New(first_name="B", image="u")]}, None, [1, None]):
        await client.request("POST", "/x", json=body)
    assert [sent.json() for sent in transport.sent] == [
        {"firstName": "A", "ImageURL": None},
        {"x": [{"firstName": "B", "ImageURL": "u"}]},
        None,
        [1, None],
    ]
    assert {sent.headers["Content-Type"] for sent in transport.sent} == {"application/json"}


async def test_a_secret_in_a_body_is_opened_on_the_wire_only() -> None:
    client, transport = api(ok)
    await client.request("POST", "/login", json={"password": Secret("pa55word")})
    await client.request("POST", "/login", form={"password": Secret("pa55word"), "keep": None})
    assert transport.sent[0].json() == {"password": "pa55word"}
    assert transport.sent[1].content == b"password=pa55word"
    assert "pa55word" not in repr(transport.sent[0].request)


async def test_a_form_with_files_is_multipart_and_a_name_cannot_break_out() -> None:
    client, transport = api(ok)
    name = 'a"\r\nX-Evil: 1.txt'
    await client.request("POST", "/up", form={"kind": "x"}, files={"file": (name, b"data", "text/plain")})
    (sent,) = transport.sent
    boundary = sent.headers["Content-Type"].partition("boundary=")[2]
    parts = sent.content.split(f"--{boundary}".encode())
    assert len(parts) == 4
    assert b'filename="a%22%0D%0AX-Evil: 1.txt"' in parts[2]
    assert b"\r\nX-Evil" not in sent.content


async def test_a_request_has_one_body() -> None:
    client, transport = api(ok)
    for bodies in ({"json": 1, "form": {}}, {"json": None, "content": b"x"}, {"files": {}, "content": b"x"}):
        with pytest.raises(InvalidRequestError, match="one body"):
            await client.request("POST", "/x", **bodies)
    assert transport.sent == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "a\r\nX-Evil: 1"},
        {"X-A": "a\nb"},
        {"X-A": "\x00"},
        {"X-A": "ä"},
        {"X A": "a"},
        {"X-A:": "a"},
        {"": "a"},
        {"Content-Length": "0"},
        {"transfer-encoding": "chunked"},
        {"X-A": 5},
    ],
)
async def test_a_header_that_would_change_the_message_is_refused(headers: dict[str, Any]) -> None:
    client, transport = api(ok)
    with pytest.raises(InvalidRequestError):
        await client.request("GET", "/x", headers=headers)
    with pytest.raises(InvalidRequestError):
        client.with_options(headers=headers)
    assert transport.sent == []


async def test_headers_of_call_copy_and_client_are_merged_and_none_removes() -> None:
    client, transport = api(ok, headers={"X-One": "client", "X-Two": "client"})
    copied = client.with_options(headers={"x-two": "copy", "X-Three": "copy"})
    await copied.request("GET", "/x", headers={"X-THREE": "call", "Accept": None})
    sent = transport.sent[0].headers
    assert [sent.get(name) for name in ("X-One", "X-Two", "X-Three", "Accept")] == ["client", "copy", "call", None]


@pytest.mark.parametrize("method", ["GET\r\nX: 1", "", "GE T", "GÉT"])
async def test_an_invalid_method_is_rejected(method: str) -> None:
    client, transport = api(ok)
    with pytest.raises(InvalidRequestError):
        await client.request(method, "/x")
    assert transport.sent == []


async def test_an_unknown_argument_is_refused_by_its_name() -> None:
    client, transport = api(ok)
    with pytest.raises(InvalidRequestError, match="tiemout"):
        await client.request("GET", "/x", tiemout=5)  # type: ignore[call-overload]
    with pytest.raises(InvalidRequestError, match="tiemout"):
        client.with_options(tiemout=5)  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="tiemout"):
        Api(tiemout=5)  # type: ignore[call-arg]
    assert transport.sent == []


async def test_an_absolute_url_keeps_its_query_and_takes_more() -> None:
    client, transport = api(ok)
    await client.request("GET", "https://api.example.org/v1/next?page=2#top", params={"a": 1})
    assert transport.sent[0].url == "https://api.example.org/v1/next?page=2&a=1"
    assert transport.sent[0].template == "/v1/next"


# --- responses and errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\n", b"  \t"])
async def test_an_empty_body_is_none_without_a_model(body: bytes) -> None:
    client, _ = api([Reply(200, content=body)])
    assert await client.request("GET", "/things") is None


async def test_response_limits_are_an_option_of_client_copy_and_call() -> None:
    small, large = ResponseLimits(json_containers=1), ResponseLimits(json_containers=3)
    client, _ = api([Reply(json=[[], []])] * 3, response_limits=small)
    with pytest.raises(DecodeError, match="json_containers"):
        await client.request("GET", "/things")
    assert await client.request("GET", "/things", response_limits=large) == [[], []]
    assert await client.with_options(response_limits=large).request("GET", "/things") == [[], []]
    with pytest.raises(ConfigurationError, match="response_limits"):
        api([Reply()], response_limits=5)


async def test_model_left_out_returns_plain_data_and_none_reads_nothing() -> None:
    client, _ = api([Reply(json={"a": 1}), Reply(204), Reply(200, content=b"<html>"), Reply(204)])
    assert await client.request("GET", "/x") == {"a": 1}
    assert await client.request("DELETE", "/x") is None
    assert await client.request("DELETE", "/x", model=None) is None  # type: ignore[func-returns-value]
    assert await client.request("DELETE", "/x", model=None) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, GoneError),
        (418, StatusError),
        (422, UnprocessableError),
        (429, RateLimitError),
        (500, ServerError),
        (599, ServerError),
        (302, StatusError),
    ],
)
async def test_each_status_has_its_class_and_send_raises_for_none(status: int, kind: type[StatusError]) -> None:
    client, _ = api(lambda request: Reply(status), retry=None)
    with pytest.raises(StatusError) as caught:
        await client.request("GET", "/x")
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert (await client.send(client.build_request("GET", "/x"))).status == status


@pytest.mark.parametrize(
    ("option", "value"), [("retry", 3), ("tenant", "acme"), ("timeout", "3"), ("headers", ["X-Name"])]
)
async def test_an_option_of_another_type_is_refused_before_anything_is_sent(option: str, value: Any) -> None:
    given: Any = {option: value}
    with pytest.raises((ConfigurationError, InvalidRequestError), match=option):
        Api(**given)
    client, transport = api(lambda request: Reply(503))
    with pytest.raises(InvalidRequestError):
        client.with_options(**given)
    with pytest.raises(InvalidRequestError):
        await client.request("GET", "/x", **given)
    assert not transport.sent


async def test_a_query_that_is_text_is_refused() -> None:
    client, _ = api()
    words: Any = "a=1&b=2"
    with pytest.raises(InvalidRequestError, match="params must be a mapping"):
        await client.request("GET", "/x", params=words)


async def test_a_401_names_the_rejected_credentials_or_says_there_were_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def said(client: BaseClient, **arguments: Any) -> str:
        with pytest.raises(AuthenticationError) as caught:
            await client.request("GET", "/x", **arguments)
        assert caught.value.message == "No."  # the server's words alone
        return str(caught.value)

    denied = MemoryTransport(lambda request: Reply(401, json={"message": "No."}))
    anonymous = BaseClient(base_url="https://h", transport=denied)
    assert await said(anonymous) == "401 GET /x: No; the call carried no credentials"
    assert await said(anonymous, authenticate=False) == "401 GET /x: No."
    monkeypatch.setenv("LEGACY_KEY", "key-0123456789")
    assert await said(Api(transport=denied)) == "401 GET /x: No; check api_key (environment LEGACY_KEY)"
    given = BaseClient(base_url="https://h", transport=denied, auth=ApiKey("k"))
    assert await said(given) == "401 GET /x: No; check the credential"


async def test_a_401_for_a_new_token_says_so() -> None:
    class Numbered(Credential):
        fetched = 0

        async def fetch(self, send: Handler) -> Token:
            self.fetched += 1
            return Token(value=Secret(f"t{self.fetched}"), lifetime=3600)

    denied = MemoryTransport(lambda request: Reply(401, json={"message": "No."}))
    clock = VirtualClock()
    client = BaseClient(base_url="https://h", transport=denied, auth=Numbered(), clock=clock)
    with pytest.raises(AuthenticationError):
        await client.request("GET", "/x")
    await clock.sleep(60)  # a younger token is not refreshed for a 401
    with pytest.raises(AuthenticationError, match="a refreshed token was rejected as well") as caught:
        await client.request("GET", "/x")
    assert pickle.loads(pickle.dumps(caught.value)).hint == "a refreshed token was rejected as well"


async def test_an_error_of_a_call_names_it_once() -> None:
    client = BaseClient(base_url="https://h", transport=MemoryTransport([]), auth=NoCredential("no key"))
    with pytest.raises(ConfigurationError) as caught:
        await client.request("GET", "/x")
    assert str(caught.value) == "GET /x: no key"


async def test_an_error_message_stands_alone_and_the_error_has_the_facts() -> None:
    problem = {"type": "about:blank", "title": "Not here", "detail": "no such user", "status": 404, "code": "NO_USER"}
    headers = {"X-Request-Id": "8f3c", "Content-Type": "application/problem+json; charset=utf-8", "Retry-After": "5"}
    client, _ = api([Reply(404, content=json.dumps(problem).encode(), headers=headers)])
    with pytest.raises(NotFoundError) as caught:
        await client.users.get(7)
    error = caught.value
    assert str(error) == "404 GET /users/{id}: no such user (request 8f3c)"
    assert (error.method, error.template, error.status, error.code) == ("GET", "/users/{id}", 404, "NO_USER")
    assert (error.request_id, error.retry_after, error.attempts) == ("8f3c", 5.0, 1)
    assert error.problem == error.data == problem
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (NotFoundError, str(error), vars(error))
    assert not error.retryable


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": "invalid", "message": "bad name"}, "invalid", "bad name"),
        ({"error": {"code": "E1", "message": "nested"}}, "E1", "nested"),
        ({"detail": [{"loc": ["query", "page"], "msg": "must be positive"}]}, None, "query.page: must be positive"),
        ({"Message": "ASP style"}, None, "ASP style"),
        ({"error": "only_code"}, "only_code", "only_code"),
        ({"detail": "Not found."}, None, "Not found."),
        ([1, 2], None, "Bad Request"),
        ("plain", None, "plain"),
        ({}, None, "Bad Request"),
    ],
)
async def test_code_and_message_are_read_in_common_formats(body: object, code: str | None, message: str) -> None:
    client, _ = api([Reply(400, json=body)])
    with pytest.raises(BadRequestError) as caught:
        await client.request("GET", "/x")
    assert (caught.value.code, caught.value.message) == (code, message)


async def test_an_error_code_of_the_api_has_its_own_class() -> None:
    client, _ = api([Reply(423, json={"code": "LOCKED", "message": "try later"})])
    with pytest.raises(LockedError):
        await client.request("GET", "/x")


async def test_a_page_of_html_is_an_error_of_one_line() -> None:
    client, _ = api([Reply(500, content=b"<!doctype html><html>" + b"x" * 200_000)], retry=None)
    with pytest.raises(ServerError) as caught:
        await client.request("GET", "/x")
    assert str(caught.value) == "500 GET /x: Internal Server Error"
    assert len(caught.value.body) == 65536


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"<html>", None),
        (b"", None),
        (b'{"id": 1', None),
        (b'{"id": "1", "name": "a"}', "id"),
        (b'{"name": "a"}', "id"),
        (b"[]", ""),
        (b'{"id": 1, "name": null}', "name"),
    ],
)
async def test_a_body_that_does_not_match_the_model_names_the_field(content: bytes, path: str | None) -> None:
    client, _ = api([Reply(200, content=content, headers={"X-Request-Id": "r"})])
    with pytest.raises(DecodeError) as caught:
        await client.users.get(1)
    error = caught.value
    assert (error.path, error.template, error.request_id, error.status) == (path, "/users/{id}", "r", 200)
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_a_server_that_echoes_a_secret_does_not_get_it_into_the_error() -> None:
    def echo(request: Request) -> Reply:
        assert isinstance(request.body, bytes)
        return Reply(400, json={"message": f"{request.headers['X-API-Key']} and {request.body.decode()}"})

    client, _ = api(echo, api_key="key-0123456789")
    with pytest.raises(BadRequestError) as caught:
        await client.request("POST", "/x", json={"password": Secret("pa55word!")})
    everything = f"{caught.value} {vars(caught.value)}"
    assert "key-0123456789" not in everything
    assert "pa55word!" not in everything


async def test_a_stream_is_read_in_pieces_and_not_by_accident() -> None:
    client, _ = api(lambda request: Reply(200, content=[b"a", b"b"]))
    async with client.stream("GET", "/x") as response:
        with pytest.raises(StreamError, match="has not been read"):
            _ = response.content
        assert [chunk async for chunk in response.iter_bytes()] == [b"a", b"b"]
    async with client.stream("GET", "/x") as response:
        assert await response.read() == response.content == b"ab"
    async with client.stream("GET", "/x") as response:
        ended: list[int] = []
        response.on_close(lambda: ended.append(1))
    assert ended == [1]
    with pytest.raises(StreamError, match="closed"):
        await response.read()


async def test_a_bad_status_of_a_stream_is_an_error_with_its_body() -> None:
    client, _ = api([Reply(404, json={"message": "gone fishing"})])
    with pytest.raises(NotFoundError, match="gone fishing"):
        async with client.stream("GET", "/x"):
            pytest.fail("the block must not run")


# --- time -------------------------------------------------------------------------------------------------------------


async def test_timeout_takes_a_number_an_object_or_none() -> None:
    client, _ = api(ok, timeout=7)
    assert client.build_request("GET", "/x").options.timeout == Timeout(total=7)
    assert client.build_request("GET", "/x", timeout=None).options.timeout == Timeout(None, None, None, None)
    given = Timeout(total=1, attempt=2, connect=3, idle=4)
    assert client.with_options(timeout=given).build_request("GET", "/x").options.timeout == given
    for bad in (0, -1, float("nan"), float("inf"), "5"):
        with pytest.raises(InvalidRequestError):
            client.with_options(timeout=bad)  # type: ignore[arg-type]


# --- copies and settings ----------------------------------------------------------------------------------------------


async def test_a_copy_shares_everything_but_what_it_changes() -> None:
    client, transport = api(ok, api_key="key-1234")
    quick = client.with_options(timeout=1, retry=None)
    assert type(quick) is Api
    await quick.users._client.request("GET", "/x")
    assert transport.sent[0].request.options.retry is None
    assert client.build_request("GET", "/x").options.retry == Retry()
    assert quick.build_request("GET", "/x").options.timeout.total == 1


async def test_a_transport_of_the_user_is_not_closed() -> None:
    client, transport = api(ok)
    await client.aclose()
    assert not transport.is_closed


def test_a_forgotten_client_is_collected_with_its_last_reference() -> None:
    gc.collect()
    gc.disable()
    try:
        transport = MemoryTransport(
            [Reply(json=1), Reply(404), Reply(503), Reply(503), Reply(503), Reply(200, content=b"x")]
        )
        client: Api | None = Api(transport=transport, api_key="key-1234", clock=VirtualClock())

        async def use(client: Api) -> None:
            await client.request("GET", "/x")
            for _ in range(2):
                with pytest.raises(StatusError):
                    await client.request("GET", "/x")
            with pytest.raises(DecodeError):
                await client.request("GET", "/x", model=User)

        assert client is not None
        asyncio.run(use(client))
        session = weakref.ref(client._session)
        client = None
        assert session() is None
    finally:
        gc.enable()


def test_settings_come_from_argument_environment_file_or_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Api().base_url == "https://api.example.org/v1"
    Path(".env").write_text("TESTAPI_BASE_URL=https://file.example.org\nUNKNOWN=1\n")
    assert Api().base_url == "https://file.example.org"
    monkeypatch.setenv("TESTAPI_URL", "https://alias.example.org")
    assert Api().base_url == "https://alias.example.org"
    monkeypatch.setenv("TESTAPI_BASE_URL", "https://env.example.org")
    assert Api().base_url == "https://env.example.org"
    assert Api(base_url="https://argument.example.org").base_url == "https://argument.example.org"
    assert Api.from_env(environ={}, dotenv=None).base_url == "https://api.example.org/v1"
    assert (
        Api.from_env(environ={"TESTAPI_TIMEOUT": "3"}, dotenv=None).build_request("GET", "/x").options.timeout.total
        == 3
    )


def test_explain_shows_the_source_of_each_setting_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEGACY_KEY", "key-0123456789")
    client = Api()
    assert "api_key = ******** (environment LEGACY_KEY)" in client.config.explain()
    assert "base_url = https://api.example.org/v1 (default)" in client.config.explain()
    assert "timeout = 60 (default)" in client.config.explain()
    for shown in (repr(client), repr(client.config), str(vars(client)), client.config.explain()):
        assert "key-0123456789" not in shown


@pytest.mark.parametrize("key", ["", " key", "key ", "key\n", "a key", "schlüssel", "\tkey"])
def test_a_malformed_key_is_rejected_with_its_source(key: str) -> None:
    with pytest.raises(ConfigurationError, match="api_key"):
        Api(api_key=key)
    if key:
        with pytest.raises(ConfigurationError, match="TESTAPI_API_KEY"):
            Api.from_env(environ={"TESTAPI_API_KEY": key}, dotenv=None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.org",
        "ftp://api.example.org",
        "https://",
        "https://u:p@api.example.org",
        "https://a b.org",
        "https://api.example.org?x=1",
        "https://api.example.org#x",
        "https://api.example.org\\x",
        "https://api.exa\nmple.org",
    ],
)
def test_an_invalid_base_url_is_rejected(url: str) -> None:
    class NoDefault(BaseClient):
        pass

    with pytest.raises(ConfigurationError):
        NoDefault(base_url=url)


def test_a_token_over_plain_http_is_rejected_except_on_loopback() -> None:
    for url in ("http://api.example.org", "http://10.0.0.1:8080", "http://localhost.evil.com"):
        with pytest.raises(ConfigurationError, match="base_url"):
            Api(base_url=url, api_key="key-1234")
        Api(base_url=url, api_key="key-1234", allow_insecure_auth=True)
        Api(base_url=url)
    for url in ("http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:1", "https://api.example.org"):
        Api(base_url=url, api_key="key-1234")


async def test_a_secret_in_a_body_goes_over_plain_http_only_on_purpose() -> None:
    transport = MemoryTransport(ok)
    for client in (
        Api(transport=transport, base_url="http://api.example.org"),
        Api(transport=transport),
    ):
        with pytest.raises(InvalidRequestError, match="plain http"):
            await client.request("POST", "http://api.example.org/login", json={"password": Secret("pa55word")})
    assert transport.sent == []
    allowed = Api(transport=transport, base_url="http://api.example.org", allow_insecure_auth=True)
    await allowed.request("POST", "/login", form={"password": Secret("pa55word")})


@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_an_invalid_setting_is_a_configuration_error_with_its_source(value: float) -> None:
    with pytest.raises(ConfigurationError, match=r"timeout \(argument\)"):
        Api(timeout=value)
    with pytest.raises(ConfigurationError, match="environment TESTAPI_TIMEOUT"):
        Api.from_env(environ={"TESTAPI_TIMEOUT": str(value)}, dotenv=None)


async def test_a_paginator_that_is_awaited_is_the_whole_list() -> None:
    client, transport = api([Reply(json={"items": items}) for items in ([1, 2], [3], [])])
    assert await client.paginate("/x", strategy=PageNumbers()) == [1, 2, 3]
    assert len(transport.sent) == 3


def test_the_repr_of_a_model_leaves_out_none() -> None:
    assert repr(User(id=1, name="Ada")) == "User(id=1, name='Ada')"


async def test_a_missing_credential_is_reported_before_anything_is_sent() -> None:
    client, transport = api(ok, auth=NoCredential("looked for TESTAPI_API_KEY in the environment and in .env"))
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="TESTAPI_API_KEY"):
            await client.request("GET", "/x")
    assert transport.sent == []
    await client.request("GET", "/health", authenticate=False)


def test_auth_takes_a_credential_or_a_source_and_nothing_else() -> None:
    Api(auth=BearerToken("t-1234"))
    Api(auth=TokenSource(BearerToken("t-1234")))
    Api(auth=None)
    for bad in ("token", Credential, object()):
        with pytest.raises(ConfigurationError, match="auth must be"):
            Api(auth=bad)  # type: ignore[arg-type]


def test_no_object_shows_a_secret() -> None:
    secret = "pa55word-0123456789"
    client, _ = api(ok, api_key=secret)
    token = asyncio.run(client.get_token())
    request = client.build_request(
        "POST", "/x", json={"p": Secret(secret)}, headers={"Authorization": f"Bearer {secret}"}
    )
    shown: list[object] = [client, vars(client), token, vars(token), token.headers, request, request.headers]
    shown += [
        ApiKey(secret),
        vars(ApiKey(secret)),
        BearerToken(secret),
        client.token_source,
        client.config,
        Secret(secret),
    ]
    for thing in shown:
        assert secret not in f"{thing!r} {thing!s} {thing}"
    for thing in (token, Secret(secret), token.headers["X-API-Key"]):
        with pytest.raises(TypeError):
            pickle.dumps(thing)
    assert copy.deepcopy(Secret(secret)) == Secret(secret)


def test_a_config_without_prefix_takes_nothing_from_the_environment() -> None:
    assert Config(environ={"BASE_URL": "https://evil.example.org"}, dotenv=None).get("base_url") is None


class Expiring(Credential):
    """A credential that gives t1, t2, ..., each after a second, by login or by refresh."""

    rotates_refresh_tokens = False

    def __init__(self, clock: VirtualClock) -> None:
        self.clock, self.asked = clock, list[str]()

    async def fetch(self, send: Handler) -> Token:
        return await self._next("login")

    async def refresh(self, token: Token, send: Handler) -> Token:
        return await self._next("refresh")

    async def _next(self, how: str) -> Token:
        self.asked.append(how)
        await self.clock.sleep(1)
        return Token(value=f"t{len(self.asked)}", lifetime=3600, refresh_token="r")


async def test_get_token_gets_refreshes_or_logs_in() -> None:
    clock = VirtualClock()
    credential = Expiring(clock)
    client = BaseClient(base_url="https://api.example.org", auth=credential, transport=MemoryTransport(), clock=clock)
    values = [(await client.get_token(**how)).value.reveal() for how in ({}, {}, {"refresh": True}, {"login": True})]
    assert values == ["t1", "t1", "t2", "t3"]
    assert credential.asked == ["login", "refresh", "login"]


async def test_get_token_waits_no_longer_than_its_timeout() -> None:
    clock = VirtualClock()
    client = BaseClient(
        base_url="https://api.example.org", auth=Expiring(clock), transport=MemoryTransport(), clock=clock
    )
    with pytest.raises(TokenUnavailableError):
        await client.get_token(timeout=0.5)
    assert clock.monotonic() == pytest.approx(0.5)
    assert (await client.get_token(timeout=None)).value.reveal() == "t1"


async def test_default_headers_give_way_to_the_clients_and_the_calls() -> None:
    class Defaults(BaseClient):
        base_url = "https://api.example.org"
        default_headers: ClassVar[Mapping[str, str]] = {"X-A": "class", "X-B": "class", "X-C": "class"}

    client = Defaults(headers={"X-B": "client"})
    headers = client.build_request("GET", "/x", headers={"X-C": "call"}).headers
    assert [headers[name] for name in ("X-A", "X-B", "X-C")] == ["class", "client", "call"]


def test_the_current_tenant_is_of_the_copy_the_scope_or_the_client() -> None:
    client = BaseClient(base_url="https://api.example.org", tenant=Tenant("a"))
    with tenant_scope(Tenant("b")):
        assert client.current_tenant == Tenant("b")
        assert client.with_options(tenant=Tenant("c")).current_tenant == Tenant("c")
    assert client.current_tenant == Tenant("a")


@model
class Price:
    amount: Decimal
    note: Any = None


async def test_the_decimals_of_a_page_are_exact() -> None:
    body = b'{"items": [{"amount": 12345678901234567.89, "note": 1.5}], "total": 1}'
    client, _ = api([Reply(content=body)])
    pages = client.paginate("/prices", strategy=PageNumbers(items="items", total="total"), model=Price)
    (price,) = [item async for item in pages]
    assert price == Price(amount=Decimal("12345678901234567.89"), note=1.5)
    assert type(price.note) is float
