"""The token on a request, and the answer to a 401."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import attrs
import pytest

from asdk import (
    AuthenticationError,
    BaseClient,
    Signer,
    Token,
    TokenRefusedError,
    TokenSource,
    TokenUnavailableError,
)
from asdk.auth import Credential
from asdk.http.headers import Headers
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware import ConcurrencyLimit, RateLimit
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler


class Counting(Credential):
    """A credential that gives t1, t2, ... and records them."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    async def fetch(self, send: Handler) -> Token:
        self.fetched.append(f"t{len(self.fetched) + 1}")
        return Token(value=self.fetched[-1], lifetime=3600)


def accepts_only(*tokens: str) -> Callable[[Request], Reply]:
    def answer(request: Request) -> Reply:
        accepted = request.headers.get("Authorization") in {f"Bearer {token}" for token in tokens}
        return Reply(json={"ok": True}) if accepted else Reply(401, json={"error": "unauthorized"})

    return answer


def client_of(answer: Any, credential: Credential | TokenSource, **options: Any) -> tuple[BaseClient, MemoryTransport]:
    transport = MemoryTransport(answer)
    client = BaseClient(
        base_url="https://api.example.org", auth=credential, transport=transport, clock=VirtualClock(), **options
    )
    return client, transport


async def test_parallel_401s_cause_one_refresh() -> None:
    credential = Counting()
    client, _ = client_of(accepts_only("t2"), credential)
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(client.request, "GET", "/me")
    assert credential.fetched == ["t1", "t2"]


async def test_a_permanent_401_costs_two_requests_and_one_refresh() -> None:
    credential = Counting()
    client, transport = client_of(accepts_only(), credential)
    with pytest.raises(AuthenticationError) as caught:
        await client.request("GET", "/me")
    assert len(transport.sent) == 2
    assert credential.fetched == ["t1", "t2"]
    assert caught.value.attempts == 1
    for _ in range(50):
        with pytest.raises(AuthenticationError):
            await client.request("GET", "/me")
    assert credential.fetched == ["t1", "t2"]


class Brief(Counting):
    """A credential with tokens of one second."""

    async def fetch(self, send: Handler) -> Token:
        return attrs.evolve(await super().fetch(send), lifetime=1.0)


@pytest.mark.parametrize("options", [{}, {"concurrency": ConcurrencyLimit(1)}], ids=["no queue", "a queue"])
async def test_a_token_that_expired_on_the_way_counts_in_later_attempts_too(options: Any) -> None:
    replies = [Reply(401, delay=1.5), Reply(503), Reply(401, delay=1.5), Reply(json={"ok": True})]
    client, transport = client_of(replies, Brief(), **options)
    assert await client.request("GET", "/me") == {"ok": True}
    assert len(transport.sent) == 4
    replies = [Reply(401, delay=1.5), Reply(503), Reply(401), Reply(json={"ok": True})]
    client, transport = client_of(replies, Brief(), **options)
    with pytest.raises(AuthenticationError):  # this one was alive, and was rejected
        await client.request("GET", "/me")
    assert len(transport.sent) == 3


@pytest.mark.parametrize(("slow", "sent"), [(1, 2), (2, 3), (3, 4), (9, 4)])
async def test_a_token_that_expired_on_the_way_was_not_rejected(slow: int, sent: int) -> None:
    replies = [Reply(401, delay=1.5)] * slow + [Reply(json={"ok": True})] * 9
    client, transport = client_of(replies, Brief())
    if slow < sent:
        await client.request("GET", "/me")
    else:
        with pytest.raises(AuthenticationError):
            await client.request("GET", "/me")
    assert len(transport.sent) == sent
    assert len({str(one.headers["Authorization"]) for one in transport.sent}) == sent


async def test_a_resend_is_not_an_attempt_and_happens_once_a_call() -> None:
    credential = Counting()
    answers = iter([Reply(401), Reply(503), Reply(401), Reply(json=1)])
    client, transport = client_of(lambda request: next(answers), credential)
    with pytest.raises(AuthenticationError):
        await client.request("GET", "/me")
    assert len(transport.sent) == 3


async def test_the_resend_carries_the_new_token_and_the_same_body() -> None:
    client, transport = client_of(accepts_only("t2"), Counting())
    await client.request("POST", "/me", json={"a": 1})
    assert [sent.headers["Authorization"] for sent in transport.sent] == ["Bearer t1", "Bearer t2"]
    assert transport.sent[0].content == transport.sent[1].content == b'{"a":1}'


async def test_a_one_shot_body_is_not_resent_empty() -> None:
    async def once() -> AsyncIterator[bytes]:
        yield b"data"

    credential = Counting()
    client, transport = client_of(accepts_only("t2"), credential)
    with pytest.raises(AuthenticationError, match="cannot be sent again"):
        await client.request("POST", "/me", content=once())
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403),
        Reply(401, headers={"WWW-Authenticate": 'Bearer realm="x", error="insufficient_scope", scope="w"'}),
        Reply(401, headers={"WWW-Authenticate": 'Basic realm="x", Bearer scope="w" , Error = insufficient_scope'}),
        Reply(
            401,
            headers=[
                ("WWW-Authenticate", 'Basic realm="x"'),
                ("WWW-Authenticate", 'Bearer error="insufficient_scope"'),
            ],
        ),
    ],
)
async def test_an_answer_that_a_new_token_cannot_change_refreshes_nothing(reply: Reply) -> None:
    credential = Counting()
    client, transport = client_of(lambda request: reply, credential)
    with pytest.raises(Exception, match=str(reply.status)):
        await client.request("GET", "/me")
    assert credential.fetched == ["t1"]
    assert len(transport.sent) == 1


@pytest.mark.parametrize(
    "challenge", ['Bearer error="invalid_token"', 'Basic realm="error=insufficient_scope"', "insufficient_scope", "=,="]
)
async def test_other_challenges_than_insufficient_scope_refresh_the_token(challenge: str) -> None:
    credential = Counting()
    client, _ = client_of(lambda request: Reply(401, headers={"WWW-Authenticate": challenge}), credential)
    with pytest.raises(AuthenticationError):
        await client.request("GET", "/me")
    assert credential.fetched == ["t1", "t2"]


async def test_the_token_goes_to_the_clients_own_origin_only() -> None:
    client, transport = client_of(lambda request: Reply(json=1), Counting())
    for url in (
        "https://other.example.org/me",
        "http://api.example.org/me",
        "https://api.example.org:8443/me",
        "https://api.example.org.evil.com/me",
    ):
        await client.request("GET", url)
    await client.request("GET", "https://API.example.org:443/me")
    await client.request("GET", "/me")
    shown = ["Authorization" in sent.headers for sent in transport.sent]
    assert shown == [False, False, False, False, True, True]


async def test_a_public_operation_waits_for_no_token() -> None:
    credential = Counting()
    client, transport = client_of(lambda request: Reply(json=1), credential)
    await client.request("GET", "/health", authenticate=False)
    assert credential.fetched == []
    assert "Authorization" not in transport.sent[0].headers


async def test_a_token_error_names_the_call_and_is_never_retried() -> None:
    class Refused(Counting):
        async def fetch(self, send: Handler) -> Token:
            await super().fetch(send)
            raise TokenRefusedError("wrong password", status=401)

    credential = Refused()
    client, transport = client_of(lambda request: Reply(json=1), credential)
    with pytest.raises(TokenRefusedError) as caught:
        await client.request("GET", "/users/{id}", path_params={"id": 1})
    assert (caught.value.method, caught.value.template) == ("GET", "/users/{id}")
    assert credential.fetched == ["t1"]
    assert transport.sent == []


async def test_two_clients_share_the_token_of_one_source() -> None:
    credential = Counting()
    source = TokenSource(credential)
    for _ in range(2):
        client, _ = client_of(lambda request: Reply(json=1), source)
        await client.request("GET", "/me")
    assert credential.fetched == ["t1"]


async def test_two_sources_on_one_transport_never_swap_tokens() -> None:
    transport = MemoryTransport(lambda request: Reply(json=request.headers["Authorization"]))
    clients = []
    for name in ("alice", "bob"):

        class Own(Credential):
            value = name

            async def fetch(self, send: Handler) -> Token:
                return Token(value=self.value, lifetime=3600)

        clients.append(BaseClient(base_url="https://api.example.org", auth=Own(), transport=transport))
    for _ in range(10):
        assert await clients[0].request("GET", "/me") == "Bearer alice"
        assert await clients[1].request("GET", "/me") == "Bearer bob"


# --- on_send -----------------------------------------------------------------------------------------------------


class TokenSigner(Signer):
    """Signs the token that is sent."""

    def sign(self, request: Request, token: Token | None) -> None:
        assert token is not None
        request.headers["X-Signature"] = token.value.reveal()[::-1]


class TwoConnections(MemoryTransport):
    """A transport with a queue, which runs the steps again after the wait."""

    def __init__(self, replies: Any) -> None:
        super().__init__(replies)
        self._free = asyncio.Semaphore(2)

    async def send(self, request: Request) -> Response:
        async with self._free:
            for step in request.on_send:
                step(request)
            return await super().send(request)


class Recorded(Credential):
    """A credential with tokens of two seconds, which records their expiry."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.expiry: dict[str, float] = {}

    async def fetch(self, send: Handler) -> Token:
        token = Token(value=f"t{len(self.expiry) + 1}", lifetime=2)
        self.expiry[f"Bearer {token.value.reveal()}"] = self.clock.monotonic() + 2
        await self.clock.sleep(0.1)
        return token


@pytest.mark.parametrize("limited", [False, True], ids=["no rate limit", "a rate limit"])
@pytest.mark.parametrize("queue", ["transport", "concurrency"])
async def test_the_token_that_is_sent_is_alive_and_is_the_one_signed(queue: str, limited: bool) -> None:
    clock = VirtualClock()
    credential = Recorded(clock)
    right: list[bool] = []

    def answer(request: Request) -> Reply:
        token = str(request.headers["Authorization"])
        alive = clock.monotonic() < credential.expiry[token]
        right.append(alive and request.headers["X-Signature"] == token.removeprefix("Bearer ")[::-1])
        return Reply(json=1, delay=0.45)

    options: dict[str, Any] = {"rate_limit": RateLimit(10)} if limited else {}
    if queue == "concurrency":
        options["concurrency"] = ConcurrencyLimit(2)
    transport = TwoConnections(answer) if queue == "transport" else MemoryTransport(answer)
    url = "https://api.example.org"
    client = BaseClient(
        base_url=url, auth=credential, signer=TokenSigner(), transport=transport, clock=clock, timeout=None, **options
    )
    calls = [asyncio.create_task(client.request("GET", "/x")) for _ in range(40)]
    assert await asyncio.gather(*calls) == [1] * 40
    assert right == [True] * 40
    assert len(credential.expiry) > 3


async def test_no_step_runs_for_another_origin() -> None:
    client = BaseClient(base_url="https://api.example.org", auth=Counting(), transport=MemoryTransport())
    assert len(client.build_request("GET", "/x").on_send) == 1
    assert client.build_request("GET", "https://other.example.org/x").on_send == ()
    assert client.build_request("GET", "/x").copy().on_send == client.build_request("GET", "/x").on_send


async def test_a_token_error_of_another_step_fails_the_call_at_once() -> None:
    def refuse(request: Request) -> None:
        raise TokenUnavailableError("no key to sign with")

    credential = Counting()
    client, transport = client_of(lambda request: Reply(json=1), credential, rate_limit=RateLimit(0.001))
    for _ in range(3):  # each returns its permit
        request = client.build_request("GET", "/x")
        request.on_send = (*request.on_send, refuse)
        with pytest.raises(TokenUnavailableError, match="no key"):
            await client.send(request)
    assert await client.request("GET", "/x") == 1
    assert (credential.fetched, len(transport.sent)) == (["t1"], 1)


async def test_a_request_that_no_client_built_gets_the_token_too() -> None:
    client, transport = client_of(lambda request: Reply(json=1), Counting())
    await client.send(Request("GET", "https://api.example.org/x", "/x", Headers(), clock=client.clock))
    await client.send(Request("GET", "https://other.org/x", "/x", Headers(), same_origin=False, clock=client.clock))
    assert ["Authorization" in sent.headers for sent in transport.sent] == [True, False]
