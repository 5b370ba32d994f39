"""The names by which a sandbox may be addressed: a page whose name resolves to 127.0.0.1 reads nothing."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Sequence

import pytest

from asdk.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox


def status_of(
    sandbox: Sandbox, hosts: Sequence[str], path: str = "/health", server: str = "edgequake"
) -> tuple[int, bytes]:
    port = int(getattr(sandbox, server).url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("GET", path, skip_host=True)
    for host in hosts:
        connection.putheader("Host", host.replace("PORT", str(port)))
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, body


LOOPBACK = ["127.0.0.1:PORT", "127.0.0.1", "127.8.9.1", "localhost:PORT", "LOCALHOST", "localhost.", "api.localhost:1"]
LOOPBACK += ["[::1]:PORT", "[::1]", "[0:0:0:0:0:0:0:1]:80"]

FOREIGN = [
    "evil.example",
    "evil.example:PORT",
    "localhost.evil.example",
    "127.0.0.1.evil.example:PORT",
    "evil-localhost",
]
FOREIGN += ["10.0.0.5", "192.168.0.1:PORT", "[fe80::1]", "", "127.0.0.1:PORT@evil.example", "evil.example:127.0.0.1"]
FOREIGN += ["localhost,evil.example", "127.0.0.1 evil.example", "0.0.0.0:PORT", "[::]"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_a_loopback_name_is_served(sandbox: Sandbox, host: str) -> None:
    assert status_of(sandbox, [host])[0] == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_any_other_name_gets_a_421_without_data(sandbox: Sandbox, host: str) -> None:
    status, body = status_of(sandbox, [host])
    assert status in (400, 421)
    assert b"healthy" not in body
    assert status_of(sandbox, [host], "/unknown")[0] in (400, 421)


@pytest.mark.parametrize("server", ["edgequake", "mgnify", "apala", "bloomy", "bioepic"])
def test_each_server_checks_the_host(sandbox: Sandbox, server: str) -> None:
    assert status_of(sandbox, ["evil.example"], "/", server)[0] == 421
    assert status_of(sandbox, ["localhost"], "/", server)[0] != 421


def test_a_refused_request_reaches_no_handler_and_no_fault(sandbox: Sandbox) -> None:
    sandbox.edgequake.counters.reset()
    assert status_of(sandbox, ["evil.example"])[0] == 421
    assert sandbox.edgequake.counters.by_status == {421: 1}


def test_of_several_host_fields_each_counts(sandbox: Sandbox) -> None:
    assert status_of(sandbox, ["localhost", "evil.example"])[0] in (400, 421)


def test_a_name_that_was_given_is_served() -> None:
    with Sandbox.in_thread(allowed_hosts=["Sandbox.Test"]) as sandbox:
        assert [status_of(sandbox, [host])[0] for host in ("sandbox.test:PORT", "SANDBOX.test.", "localhost")] == [
            200
        ] * 3
        assert status_of(sandbox, ["other.test"])[0] == 421


def test_a_server_on_all_addresses_is_reached_by_addresses_but_not_by_names() -> None:
    with Sandbox.in_thread(host="0.0.0.0") as sandbox:
        assert [status_of(sandbox, [host])[0] for host in ("10.0.0.5:PORT", "[fe80::1]", "localhost")] == [200] * 3
        assert status_of(sandbox, ["evil.example"])[0] == 421
