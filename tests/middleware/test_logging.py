"""One log record per call, with facts and without secrets."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

import pytest

from asdk import BaseClient, BearerToken, NotFoundError, ProtocolError, Tenant, TenantHeaders
from asdk.http.request import Request
from asdk.redaction import contains_secret
from asdk.testing import DISCONNECTED, MemoryTransport, Reply


class Api(BaseClient):
    base_url = "https://api.example.org"
    tenant_headers = TenantHeaders(tenant="X-Tenant-ID")


async def test_a_call_is_one_record_with_its_facts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "asdk")
    reply = Reply(json={"a": 1}, headers={"X-Request-Id": "r-1", "Set-Cookie": "session=secret"})
    client = Api(transport=MemoryTransport([reply]), tenant=Tenant("t"))
    await client.request("GET", "/users/{id}", path_params={"id": "secret-id"}, params={"q": "secret-query"})
    (record,) = caplog.records
    facts = record.__dict__["asdk"]
    assert record.name == "asdk"
    assert (facts["method"], facts["template"], facts["status"], facts["attempts"]) == ("GET", "/users/{id}", 200, 1)
    assert (facts["bytes"], facts["request_id"], facts["tenant"]) == (7, "r-1", "t/-/-")
    assert facts["ms"] >= 0
    assert "secret" not in caplog.text + str(record.__dict__)


async def test_a_failed_call_is_a_record_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "asdk")
    client = Api(transport=MemoryTransport([Reply(404), Reply(error=DISCONNECTED)]), retry=None)
    with pytest.raises(NotFoundError):
        await client.request("GET", "/x")
    with pytest.raises(ProtocolError):
        await client.request("GET", "/x")
    facts = [record.__dict__["asdk"] for record in caplog.records]
    assert [(fact["status"], fact["error"]) for fact in facts] == [(404, None), (None, "ProtocolError")]


async def test_no_secret_is_logged_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = "bearer-0123456789"

    def echo(request: Request) -> Reply:
        return Reply(400, json={"message": f"bad token {token}"}, headers={"X-Echo": token})

    client = Api(transport=MemoryTransport(echo), auth=BearerToken(token))
    with pytest.raises(Exception, match="hidden") as caught:
        await client.request("POST", "/x", json={"password": token})
    everything = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert token not in everything
    assert token not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


async def test_nothing_is_built_while_the_level_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdk.http.request._counter", iter(()))  # reading an id would raise
    await Api(transport=MemoryTransport([Reply(json=1)])).request("GET", "/x")


ECHOED_IN = ["X-Request-Id", "Content-Type", "Content-Encoding", "Retry-After", "Server", "Date"]


@pytest.mark.parametrize("name", ECHOED_IN)
@pytest.mark.parametrize("encode", [str, quote, str.upper, lambda text: b64encode(text.encode()).decode()])
async def test_an_echo_in_a_logged_header_is_hidden(
    name: str, encode: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = "bearer+0123456789/="
    client = Api(
        transport=MemoryTransport([Reply(content=b"{}", headers={name: f"a {encode(token)}"})]), auth=BearerToken(token)
    )
    await client.request("GET", "/x")
    (record,) = [record for record in caplog.records if record.name == "asdk"]
    assert not contains_secret(caplog.text + str(record.__dict__), [token])
    assert record.__dict__["asdk"]["headers" if name != "X-Request-Id" else "request_id"]


async def test_a_logged_header_is_one_line_of_bounded_length(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "asdk")
    reply = Reply(content=b"{}", headers={"Server": "a\x9b2J\x1bb\u202ec" + "x" * 1000, "Retry-After": "5"})
    await Api(transport=MemoryTransport([reply])).request("GET", "/x")
    assert caplog.records[0].__dict__["asdk"]["headers"] == {"Server": "a 2J bc" + "x" * 193, "Retry-After": "5"}
