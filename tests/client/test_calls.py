"""Facts of a response beside its value, errors in an API's own format, entity tags, and deprecations."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from asdk import (
    BadRequestError,
    BaseClient,
    ConfigurationError,
    ConflictError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    NotModifiedError,
    PreconditionFailedError,
    ResponseInfo,
    Retry,
    Secret,
    StatusError,
    TypedResponse,
    model,
)
from asdk.middleware import CacheMiddleware
from asdk.models import JsonValue
from asdk.pagination import Offset
from asdk.testing import MemoryTransport, Reply, VirtualClock

URL = "https://api.example.org"


@model
class Item:
    id: int


def client_of(*replies: Reply, kind: type[BaseClient] = BaseClient, **options: Any) -> BaseClient:
    return kind(base_url=URL, transport=MemoryTransport(list(replies)), clock=VirtualClock(), **options)


# --- TypedResponse and on_response -----------------------------------------------------------------------------------


async def test_a_typed_response_has_the_value_and_the_facts() -> None:
    client = client_of(Reply(503), Reply(201, json={"id": 1}, headers={"X-Request-Id": "r1", "X-Total": "9"}))
    response = await client.request("PUT", "/items/1", json={}, model=TypedResponse[Item])
    assert response.value == Item(id=1)
    assert (response.status, response.request_id, response.attempts) == (201, "r1", 2)
    assert response.headers["X-Total"] == "9"


@pytest.mark.parametrize(
    ("tp", "reply", "value"),
    [
        (TypedResponse[list[Item]], Reply(json=[{"id": 1}]), [Item(id=1)]),
        (TypedResponse[Item | None], Reply(204), None),
        (TypedResponse[str], Reply(content=b"text", headers={"Content-Type": "text/plain"}), "text"),
        (TypedResponse[bytes], Reply(content=b"\x00"), b"\x00"),
        (TypedResponse[Any], Reply(json={"a": 1}), {"a": 1}),
        (TypedResponse[dict[str, int]], Reply(json={"a": 1}), {"a": 1}),
    ],
)
async def test_a_typed_response_takes_any_type_of_body(tp: Any, reply: Reply, value: object) -> None:
    assert (await client_of(reply).request("GET", "/x", model=tp)).value == value


async def test_a_typed_response_of_another_shape_is_a_decode_error_with_facts() -> None:
    client = client_of(Reply(json={"id": "x"}, headers={"X-Request-Id": "r1"}))
    with pytest.raises(DecodeError) as caught:
        await client.request("GET", "/x", model=TypedResponse[Item])
    assert (caught.value.path, caught.value.request_id) == ("id", "r1")


@pytest.mark.parametrize("tp", [TypedResponse, list[TypedResponse[Item]]])
async def test_a_typed_response_elsewhere_is_rejected(tp: Any) -> None:
    with pytest.raises((ConfigurationError, DecodeError)):
        await client_of(Reply(json=[{"id": 1}])).request("GET", "/x", model=tp)


async def test_on_response_gets_the_facts_of_each_call() -> None:
    infos: list[ResponseInfo] = []
    client = client_of(Reply(503), Reply(json={"id": 1}), Reply(404), on_response=infos.append)
    assert await client.request("GET", "/x", model=Item) == Item(id=1)
    with pytest.raises(NotFoundError):
        await client.request("GET", "/x")
    assert [(info.status, info.attempts) for info in infos] == [(200, 2), (404, 1)]


async def test_on_response_of_a_call_or_a_copy_replaces_that_of_the_client() -> None:
    of_client: list[ResponseInfo] = []
    of_call: list[ResponseInfo] = []
    client = client_of(*[Reply(json=1)] * 3, on_response=of_client.append)
    await client.request("GET", "/x", on_response=of_call.append)
    await client.with_options(on_response=of_call.append).request("GET", "/x")
    await client.request("GET", "/x", on_response=None)
    assert (len(of_client), len(of_call)) == (0, 2)


async def test_on_response_gets_each_page_and_the_head_of_a_stream() -> None:
    infos: list[ResponseInfo] = []
    pages = [Reply(json={"items": [1, 2], "count": 3}), Reply(json={"items": [3], "count": 3})]
    events = Reply(content=b"data: 1\n\n", headers={"Content-Type": "text/event-stream", "X-Request-Id": "s"})
    client = client_of(*pages, events, on_response=infos.append)
    assert await client.paginate("/x", strategy=Offset(total="count")) == [1, 2, 3]
    async with client.events("GET", "/events") as stream:
        assert [event.data async for event in stream] == ["1"]
    assert [info.request_id for info in infos] == [None, None, "s"]


async def test_an_error_of_on_response_reaches_the_caller_and_closes_a_stream() -> None:
    def fail(info: ResponseInfo) -> None:
        raise LookupError("mine")

    events = Reply(content=b"data: 1\n\n", headers={"Content-Type": "text/event-stream"})
    client = client_of(Reply(json=1), events, on_response=fail)
    with pytest.raises(LookupError, match="mine"):
        await client.request("GET", "/x")
    with pytest.raises(LookupError, match="mine"):
        async with client.events("GET", "/events"):
            pass


@pytest.mark.parametrize("callback", [3, "print", [print]])
async def test_an_on_response_that_cannot_be_called_is_rejected(callback: Any) -> None:
    with pytest.raises(InvalidRequestError, match="on_response"):
        await client_of(Reply(json=1)).request("GET", "/x", on_response=callback)
    with pytest.raises(ConfigurationError, match="on_response"):
        client_of(on_response=callback)


async def test_calls_of_many_tasks_get_their_own_facts() -> None:
    def answer(request: Any) -> Reply:
        return Reply(json=1, headers={"X-Request-Id": request.url.rpartition("/")[2]})

    client = BaseClient(base_url=URL, transport=MemoryTransport(answer))

    async def one(number: int) -> str | None:
        response = await client.request("GET", "/{n}", path_params={"n": number}, model=TypedResponse[int])
        return response.request_id

    assert await asyncio.gather(*map(one, range(50))) == [str(number) for number in range(50)]


# --- an API's own errors ---------------------------------------------------------------------------------------------


class Dialect(BaseClient):
    error_message_path = "failures.0.text"
    error_code_path = "failures.0.nr"
    error_when = "failures"
    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {"409": ConflictError}
    request_id_headers = ("X-Trace", "X-Other")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"failures": [{"text": "too long", "nr": "E7"}]}, "E7", "too long"),
        ({"failures": [{"text": "too long", "nr": 12}]}, "12", "too long"),
        ({"failures": [{"nr": True}]}, None, "Bad Request"),
        ({"failures": [], "message": "elsewhere", "code": "c"}, "c", "elsewhere"),
        ({"failures": {"text": 1}}, None, "Bad Request"),
        ([1], None, "Bad Request"),
        ("text", None, "text"),
        (None, None, "Bad Request"),
    ],
)
async def test_an_error_is_read_at_the_paths_of_the_api(body: Any, code: str | None, message: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        await client_of(Reply(400, json=body), kind=Dialect).request("GET", "/x")
    assert (caught.value.code, caught.value.message) == (code, message)


async def test_an_error_under_200_is_raised_with_its_class() -> None:
    failed = {"failures": [{"text": "taken", "nr": 409}], "data": None}
    client = client_of(Reply(json=failed, headers={"X-Trace": "t1"}), kind=Dialect)
    with pytest.raises(ConflictError) as caught:
        await client.request("POST", "/graphql", json={"query": "..."}, model=Item)
    assert (caught.value.status, caught.value.request_id, caught.value.message) == (200, "t1", "taken")


@pytest.mark.parametrize("failures", [None, False, [], {}, ""])
async def test_an_empty_error_member_is_no_error(failures: Any) -> None:
    client = client_of(Reply(json={"failures": failures, "id": 1}), kind=Dialect)
    assert await client.request("GET", "/x", model=Item) == Item(id=1)


@pytest.mark.parametrize("failures", [0, "no", [None], {"a": None}, True])
async def test_any_other_error_member_is_an_error(failures: Any) -> None:
    client = client_of(Reply(json={"failures": failures}), kind=Dialect)
    with pytest.raises(StatusError):
        await client.request("GET", "/x")


async def test_an_error_under_200_ends_a_pagination() -> None:
    client = client_of(Reply(json={"failures": ["x"], "items": []}), kind=Dialect)
    with pytest.raises(StatusError):
        await client.paginate("/x", strategy=Offset(items="items"))


@pytest.mark.parametrize("reply", [Reply(content=b"<p>", headers={"Content-Type": "text/html"}), Reply(204)])
async def test_a_body_that_is_not_json_is_not_searched_for_an_error(reply: Reply) -> None:
    assert await client_of(reply, kind=Dialect).request("GET", "/x", model=bytes) in (b"<p>", b"")


async def test_request_ids_are_read_from_the_headers_of_the_api_in_order() -> None:
    replies = [Reply(404, headers={"X-Request-Id": "no", "X-Other": "2", "X-Trace": "1"}), Reply(404)]
    client = client_of(*replies, kind=Dialect)
    found = []
    for _ in replies:
        with pytest.raises(NotFoundError) as caught:
            await client.request("GET", "/x")
        found.append(caught.value.request_id)
    assert found == ["1", None]


@model
class Failure:
    text: str


@model
class Failures:
    failures: list[Failure]


async def test_an_error_decodes_its_body_to_a_model() -> None:
    client = client_of(Reply(400, json={"failures": [{"text": "a"}]}), Reply(400, content=b"<p>"), Reply(400, json=[]))
    errors = []
    for _ in range(3):
        with pytest.raises(BadRequestError) as caught:
            await client.request("GET", "/x")
        errors.append(caught.value)
    assert errors[0].decode(Failures) == Failures(failures=[Failure(text="a")])
    for error in errors[1:]:
        with pytest.raises(DecodeError):
            error.decode(Failures)


async def test_an_error_body_with_a_secret_is_not_decoded() -> None:
    client = client_of(Reply(400, json={"failures": [{"text": "s3cr3t-value-123"}]}))
    with pytest.raises(BadRequestError) as caught:
        await client.request("POST", "/x", json={"key": Secret("s3cr3t-value-123")})
    with pytest.raises(DecodeError) as refused:
        caught.value.decode(Failures)
    assert "s3cr3t-value-123" not in repr(refused.value)


def test_a_converted_error_takes_another_message() -> None:
    error = BadRequestError("one", status=400, code="c")
    converted = error.convert_to(ConflictError, message="two", hint="three")
    assert (str(converted), converted.code, converted.args) == ("400: two; three", "c", ("two",))
    assert str(error.convert_to(ConflictError)) == "400: one"


def test_the_data_of_describe_error_has_a_type() -> None:
    class Api(BaseClient):
        def describe_error(self, data: JsonValue) -> tuple[str | None, str | None]:
            return None, data["oops"] if isinstance(data, dict) and isinstance(data["oops"], str) else None

    assert client_of(kind=Api).describe_error({"oops": "x"}) == (None, "x")


# --- entity tags -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ['"abc"', 'W/"abc"', '""', "*", '"a", W/"b"', '"a\'b{}"'])
async def test_an_entity_tag_is_sent(tag: str) -> None:
    transport = MemoryTransport([Reply(json=1)])
    await BaseClient(base_url=URL, transport=transport).request("PUT", "/x", json=1, if_match=tag, if_none_match=tag)
    headers = transport.sent[0].headers
    assert (headers["If-Match"], headers["If-None-Match"]) == (tag, tag)


@pytest.mark.parametrize("tag", ["abc", "", '"a', 'a"', 'w/"a"', '"a""b"', '"a\nb"', '"ä"', 7, b'"a"', ["a"]])
@pytest.mark.parametrize("option", ["if_match", "if_none_match"])
async def test_something_else_than_an_entity_tag_is_rejected(option: str, tag: Any) -> None:
    transport = MemoryTransport([])
    client = BaseClient(base_url=URL, transport=transport)
    options: Any = {option: tag}
    with pytest.raises(InvalidRequestError, match=f"{option} must be an entity tag"):
        await client.request("GET", "/x", **options)
    with pytest.raises(InvalidRequestError, match="call"):
        client.with_options(**options)
    assert transport.sent == []


async def test_a_conditional_call_raises_its_own_errors() -> None:
    client = client_of(Reply(412), Reply(304, headers={"ETag": '"a"'}), retry=Retry(attempts=3))
    with pytest.raises(PreconditionFailedError):
        await client.request("PUT", "/x", json=1, if_match='"a"')
    with pytest.raises(NotModifiedError):
        await client.request("GET", "/x", if_none_match='"a"', headers={"X-Own": "1"})


async def test_a_cache_leaves_a_conditional_call_alone() -> None:
    pytest.importorskip("hishel")
    cached = {"ETag": '"a"', "Cache-Control": "max-age=60"}
    client = client_of(Reply(json=1, headers=cached), Reply(304), middleware=[CacheMiddleware()])
    assert await client.request("GET", "/x") == 1
    with pytest.raises(NotModifiedError):
        await client.request("GET", "/x", if_none_match='"a"')


# --- deprecations ----------------------------------------------------------------------------------------------------


@pytest.fixture
def warned() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Deprecation": "@1688169599"}, "GET /x is deprecated since 2023-06-30"),
        ({"Deprecation": "true"}, "GET /x is deprecated"),
        ({"Deprecation": "Sun, 11 Nov 2018 23:59:59 GMT"}, "GET /x is deprecated since 2018-11-11"),
        ({"Sunset": "Sat, 31 Dec 2050 23:59:59 GMT"}, "GET /x will be removed on 2050-12-31"),
        (
            {"Deprecation": "@99999999999999999999", "Sunset": "soon"},
            "GET /x is deprecated and will be removed on soon",
        ),
        ({"Deprecation": "@999999999999"}, "GET /x is deprecated"),
    ],
)
async def test_a_deprecated_operation_warns_once(
    headers: dict[str, str], words: str, warned: list[warnings.WarningMessage]
) -> None:
    client = client_of(*[Reply(json=1, headers=headers)] * 3)
    await client.request("GET", "/x")
    await client.with_options(timeout=5).request("GET", "/x")
    await client.send(client.build_request("GET", "/x"))
    assert [(str(warning.message), warning.category) for warning in warned] == [(words, DeprecationWarning)]
    assert warned[0].filename == __file__


async def test_each_operation_warns(warned: list[warnings.WarningMessage]) -> None:
    old = Reply(json=1, headers={"Deprecation": "true"})
    client = client_of(old, old, Reply(json=1))
    for path in ("/x", "/y", "/z"):
        await client.request("GET", path)
    assert len(warned) == 2


async def test_a_warning_shows_no_secret(warned: list[warnings.WarningMessage]) -> None:
    client = client_of(Reply(json=1, headers={"Sunset": "at s3cr3t-value-123\x1b[0m"}))
    await client.request("POST", "/x", json={"key": Secret("s3cr3t-value-123")})
    assert "s3cr3t-value-123" not in str(warned[0].message)
