"""Signers: what they see, when they are called, and for which requests."""

from __future__ import annotations

import asyncio
import hashlib
import io
import pickle
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from asdk import (
    ApiKey,
    BaseClient,
    ConfigurationError,
    Retry,
    Secret,
    Signer,
    Tenant,
    TenantHeaders,
    Token,
    TokenUnavailableError,
    Upload,
)
from asdk.auth import Credential
from asdk.http.request import Request
from asdk.middleware import RateLimit
from asdk.testing import MemoryTransport, Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.servers import RawExchange, RawServer
from tests.support.servers import client_of as loopback_client

URL = "https://api.example.org"


class Recorder(Signer):
    """Records each call of `prepare` and `sign` with what it saw."""

    def __init__(self) -> None:
        self.prepared: list[str] = []
        self.signed: list[tuple[str | None, dict[str, str]]] = []

    async def prepare(self, request: Request) -> None:
        await asyncio.sleep(0)
        digest = await request.body_digest()
        request.headers["X-Digest"] = "none" if digest is None else digest.hex()
        self.prepared.append(request.method)

    def sign(self, request: Request, token: Token | None) -> None:
        shown = None if token is None else token.value.reveal()
        self.signed.append((shown, {name.lower(): str(value) for name, value in request.headers.multi_items()}))
        request.headers["X-Signature"] = f"{len(self.signed)} over {shown}"


class Counting(Credential):
    """A credential that gives t1, t2, ..."""

    count = 0

    async def fetch(self, send: Handler) -> Token:
        self.count += 1
        return Token(value=f"t{self.count}", lifetime=3600)


def client_of(answer: Any, signer: Signer, **options: Any) -> tuple[BaseClient, MemoryTransport]:
    transport = MemoryTransport(answer)
    client = BaseClient(base_url=URL, signer=signer, transport=transport, clock=VirtualClock(), **options)
    return client, transport


async def test_a_signer_sees_token_tenant_headers_and_body_of_the_request() -> None:
    class Api(BaseClient):
        tenant_headers = TenantHeaders(tenant="X-Tenant")

    signer, transport = Recorder(), MemoryTransport([Reply(json=1)])
    client = Api(base_url=URL, signer=signer, auth=ApiKey("key", header="X-Key"), transport=transport)
    await client.request("POST", "/x", json={"a": 1}, headers={"X-Own": "1"}, tenant=Tenant("acme"))
    [(token, headers)] = signer.signed
    assert token == "key"
    assert headers.items() >= {"x-key": "key", "x-tenant": "acme", "x-own": "1"}.items()
    assert headers["content-type"] == "application/json"
    assert headers["x-digest"] == hashlib.sha256(b'{"a":1}').hexdigest()
    assert transport.sent[0].headers["X-Signature"] == "1 over key"


async def test_a_client_without_a_credential_signs_too() -> None:
    signer = Recorder()
    client, _ = client_of([Reply(json=1)], signer)
    await client.request("GET", "/x")
    assert [token for token, _ in signer.signed] == [None]


async def test_each_attempt_is_prepared_and_signed() -> None:
    signer = Recorder()
    client, transport = client_of([Reply(503), Reply(503), Reply(json=1)], signer, retry=Retry(attempts=3))
    await client.request("GET", "/x")
    assert len(signer.prepared) == len(signer.signed) == 3
    assert [sent.headers["X-Signature"] for sent in transport.sent] == [f"{n} over None" for n in (1, 2, 3)]


async def test_a_resend_after_a_401_is_prepared_and_signed_with_the_new_token() -> None:
    signer = Recorder()
    client, transport = client_of([Reply(401), Reply(json=1)], signer, auth=Counting())
    await client.request("POST", "/x", json=1)
    assert signer.prepared == ["POST", "POST"]
    assert [sent.headers["X-Signature"] for sent in transport.sent] == ["1 over t1", "2 over t2"]


async def test_a_redirect_is_signed_for_its_own_url() -> None:
    signer = Recorder()
    client, transport = client_of([Reply(303, headers={"Location": "/y"}), Reply(json=1)], signer)
    await client.request("POST", "/x", json=1)
    assert signer.prepared == ["POST", "GET"]
    assert transport.sent[1].headers["X-Digest"] == hashlib.sha256(b"").hexdigest()
    assert transport.sent[1].headers["X-Signature"] == "2 over None"


@pytest.mark.parametrize("template", ["https://other.example.org/x", "http://api.example.org/x"])
async def test_a_request_to_another_origin_is_not_signed(template: str) -> None:
    signer = Recorder()
    client, transport = client_of([Reply(json=1)], signer)
    await client.request("GET", template)
    assert (signer.prepared, signer.signed) == ([], [])
    assert "X-Signature" not in transport.sent[0].headers


async def test_a_redirect_to_another_origin_takes_no_signature_along() -> None:
    signer = Recorder()
    elsewhere = Reply(302, headers={"Location": "https://other.example.org/y"})
    client, transport = client_of([elsewhere, Reply(json=1)], signer, follow_redirects="any")
    await client.request("GET", "/x")
    assert ["X-Signature" in sent.headers for sent in transport.sent] == [True, False]
    assert ["X-Digest" in sent.headers for sent in transport.sent] == [True, False]


async def test_another_server_of_the_api_is_signed() -> None:
    signer = Recorder()
    client, _ = client_of([Reply(json=1)], signer, servers={"files": "https://files.example.org"})
    await client.request("GET", "/x", server="files")
    assert len(signer.signed) == 1


async def test_a_public_call_is_not_signed() -> None:
    signer = Recorder()
    client, _ = client_of([Reply(json=1)], signer)
    await client.request("GET", "/x", authenticate=False)
    assert (signer.prepared, signer.signed) == ([], [])


async def test_copies_of_a_client_sign_too() -> None:
    signer = Recorder()
    client, _ = client_of([Reply(json=1)], signer)
    await client.with_options(timeout=5).request("GET", "/x")
    assert len(signer.signed) == 1


async def test_a_signer_that_cannot_sign_sends_nothing_and_returns_the_permit() -> None:
    class NoKey(Signer):
        ready = False

        def sign(self, request: Request, token: Token | None) -> None:
            if not self.ready:
                raise TokenUnavailableError("no key to sign with")

    signer = NoKey()
    client, transport = client_of(lambda request: Reply(json=1), signer, rate_limit=RateLimit(0.001))
    for _ in range(3):
        with pytest.raises(TokenUnavailableError, match="no key"):
            await client.request("GET", "/x")
    assert transport.sent == []
    signer.ready = True
    assert await client.request("GET", "/x") == 1


async def test_a_call_canceled_in_prepare_sends_nothing() -> None:
    started = asyncio.Event()

    class Slow(Signer):
        async def prepare(self, request: Request) -> None:
            started.set()
            await asyncio.Event().wait()

    client, transport = client_of([Reply(json=1)], Slow())
    call = asyncio.create_task(client.request("GET", "/x"))
    await started.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert transport.sent == []


def test_a_client_whose_signer_was_given_in_code_does_not_pickle() -> None:
    client = BaseClient(base_url=URL, signer=Recorder())
    with pytest.raises(ConfigurationError, match="signer was given in code"):
        pickle.dumps(client)


@pytest.mark.parametrize("signer", [Recorder, lambda request: None, "key", object()])
def test_something_else_than_a_signer_is_rejected(signer: Any) -> None:
    with pytest.raises(ConfigurationError, match="signer must be a Signer"):
        BaseClient(base_url=URL, signer=signer)


async def test_a_signer_without_sign_fails_before_anything_is_sent() -> None:
    client, transport = client_of([Reply(json=1)], Signer())
    with pytest.raises(NotImplementedError):
        await client.request("GET", "/x")
    assert transport.sent == []


async def test_the_body_that_arrives_has_the_digest_that_was_signed(tmp_path: Path) -> None:
    path = tmp_path / "f.bin"
    path.write_bytes(b"x" * 200_000)
    arrived: list[tuple[bytes, bytes]] = []

    async def receive(exchange: RawExchange) -> None:
        digest = next(line[10:] for line in exchange.head.split(b"\r\n") if line.startswith(b"X-Digest: "))
        arrived.append((digest, hashlib.sha256(await exchange.read_body()).hexdigest().encode()))
        await exchange.answer()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    progress: list[int] = []
    bodies: list[dict[str, Any]] = [
        {"json": {"a": [1, "ä", None]}},
        {"form": {"a": "b c", "k": Secret("s3cret-value")}},
        {"content": path},
        {"content": io.BytesIO(b"abc")},
        {"content": pieces},
        {"files": {"f": path, "g": ("n", b"12")}, "form": {"a": "1"}},
        {"files": {"f": Upload(path, progress=lambda sent, total: progress.append(sent))}},
        {"content": Upload(b"abc")},
        {},
    ]
    with RawServer(receive) as server:
        async with loopback_client(server, signer=Recorder()) as client:
            for body in bodies:
                await client.request("POST", "/x", **body)
    assert len(arrived) == len(bodies)
    assert [signed for signed, _ in arrived] == [received for _, received in arrived]
    assert progress.count(0) == 1, "the reading for the digest is no progress"
    assert progress[-1] == 200_000


async def test_an_iterator_has_no_digest_and_is_sent_whole() -> None:
    signer = Recorder()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"

    client, transport = client_of([Reply(json=1)], signer)
    await client.request("POST", "/x", content=pieces())
    assert signer.signed[0][1]["x-digest"] == "none"
    assert len(transport.sent) == 1


async def test_an_unknown_digest_is_rejected() -> None:
    client, _ = client_of([], Recorder())
    with pytest.raises(ValueError, match="md6"):
        await client.build_request("GET", "/x").body_digest("md6")
