"""Tests of faults on the way to each of the five APIs: the error is typed, and its message is one line."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator

import pytest

from asdk import (
    AsdkError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DecodeError,
    GoneError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StatusError,
    Timeout,
    TokenRefusedError,
    TokenUnavailableError,
    TransportError,
    UnprocessableError,
)
from asdk.sandbox import Sandbox, ServerFault
from tests.support.apis import APIS, TOKEN_PATHS, Api, token_requests

STATUSES: list[tuple[int, type[StatusError]]] = [
    (400, BadRequestError),
    (403, PermissionDeniedError),
    (404, NotFoundError),
    (409, ConflictError),
    (410, GoneError),
    (422, UnprocessableError),
    (429, RateLimitError),
    (500, ServerError),
    (502, ServerError),
    (503, ServerError),
]
BREAKS: dict[str, tuple[ServerFault, type[AsdkError]]] = {
    "closed": (ServerFault.drop(), TransportError),
    "reset": (ServerFault.drop(reset=True), TransportError),
    "a lost reply": (ServerFault.lose_reply(), TransportError),
    "half a body": (ServerFault.cut(), ProtocolError),
    "half a body, reset": (ServerFault.cut(reset=True), ProtocolError),
    "silence": (ServerFault.delay(0.4), RequestTimeoutError),
    "silence in the body": (ServerFault.stall(0.4, after=2), RequestTimeoutError),
    "half a document": (ServerFault.malformed(), DecodeError),
    "a page of a proxy": (ServerFault.status(200, html="<h1>Log in to the network</h1>"), DecodeError),
    "another kind of document": (ServerFault.status(200, json="hello"), DecodeError),
}
SECRETS = ("sandbox-admin", "sandbox-webin", "sandbox-ada")
SHORT = Timeout(total=3, attempt=0.1, idle=0.1)

each_api = pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    for server in running.servers:
        server.faults.clear()
        server.counters.reset()


def checked(error: AsdkError) -> AsdkError:
    """Return the error after checking it: one line, no secret, no foreign cause, picklable."""
    line = str(error)
    assert line.strip()
    assert "\n" not in line
    assert error.__cause__ is error.__context__ is None
    assert not any(secret in "".join(traceback.format_exception(error)) for secret in SECRETS)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), line)
    return error


@each_api
@pytest.mark.parametrize(("status", "kind"), STATUSES)
async def test_each_status_is_an_error_of_its_own(
    api: Api, sandbox: Sandbox, status: int, kind: type[StatusError]
) -> None:
    api.server(sandbox).faults.add(ServerFault.status(status, retry_after=7), path=api.route)
    async with api.client(sandbox, retry=None) as client:
        with pytest.raises(kind) as caught:
            await api.call(client)
    error = checked(caught.value)
    assert isinstance(error, StatusError)
    assert (error.status, error.retry_after) == (status, 7)
    assert str(error).startswith(f"{status} GET /")


@each_api
@pytest.mark.parametrize(("fault", "kind"), BREAKS.values(), ids=BREAKS)
async def test_each_break_is_an_error_of_its_own(
    api: Api, sandbox: Sandbox, fault: ServerFault, kind: type[AsdkError]
) -> None:
    server = api.server(sandbox)
    async with api.client(sandbox, retry=None) as client:
        assert await api.call(client)
        server.counters.reset()
        server.faults.add(fault, path=api.route)
        with pytest.raises(kind) as caught:
            await api.call(client.with_options(timeout=SHORT) if kind is RequestTimeoutError else client)
        assert "GET /" in str(checked(caught.value))
        assert token_requests(server) == 0, "the token had no part in it"
        server.faults.clear()
        assert await api.call(client)


@each_api
async def test_a_lasting_401_is_raised_after_one_new_token(api: Api, sandbox: Sandbox) -> None:
    server = api.server(sandbox)
    server.faults.add(ServerFault.status(401), path=api.route)
    async with api.client(sandbox, retry=None) as client:
        for _ in range(5):
            with pytest.raises(AuthenticationError) as caught:
                await api.call(client)
            checked(caught.value)
    assert token_requests(server) <= 2


@each_api
@pytest.mark.parametrize("fault", [fault for fault, _ in BREAKS.values()], ids=BREAKS)
async def test_a_failing_token_endpoint_is_not_a_rejected_login(api: Api, sandbox: Sandbox, fault: ServerFault) -> None:
    server = api.server(sandbox)
    for path in TOKEN_PATHS[api.name]:
        server.faults.add(fault, path=path)
    async with api.client(sandbox, timeout=0.4) as client:
        with pytest.raises(TokenUnavailableError) as caught:
            await api.call(client)
        assert "GET /" in str(checked(caught.value)), "it says which call it was needed for"
    assert token_requests(server) == 1, "the deadline allows no second one"
    assert server.counters.count("GET", api.route) == 0


@each_api
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_the_retry_after_of_a_token_endpoint_is_reported(api: Api, sandbox: Sandbox, status: int) -> None:
    server = api.server(sandbox)
    server.faults.add(ServerFault.status(status, retry_after=30), path=TOKEN_PATHS[api.name][0])
    async with api.client(sandbox, timeout=10) as client:
        for _ in range(3):
            with pytest.raises(TokenUnavailableError) as caught:
                await api.call(client)
            assert 25 < (checked(caught.value).retry_after or 0) <= 30
    assert token_requests(server) == 1


@each_api
@pytest.mark.parametrize("status", [400, 401, 403, 423])
async def test_a_rejected_login_is_remembered(api: Api, sandbox: Sandbox, status: int) -> None:
    server = api.server(sandbox)
    server.faults.add(ServerFault.status(status), path=TOKEN_PATHS[api.name][0])
    async with api.client(sandbox) as client:
        for _ in range(3):
            with pytest.raises(TokenRefusedError) as caught:
                await api.call(client)
            assert checked(caught.value).status == status
    assert token_requests(server) == 1
