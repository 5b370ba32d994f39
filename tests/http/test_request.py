"""`Request` and `CallState`."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any, cast

import attrs
import pytest

from asdk.http.bodies import FactoryBody, IteratorBody
from asdk.http.headers import Headers
from asdk.http.options import Options, Tenant
from asdk.http.request import CallState, Request
from asdk.secret import MaskedStr, Secret
from asdk.testing.clock import VirtualClock


def make(**options: Any) -> Request:
    return Request("GET", "https://h/users/5?key=s3cr3t", "/users/{id}", options.pop("headers", Headers()), **options)


def test_each_request_has_one_unique_id() -> None:
    request = make()
    assert request.id == request.id
    assert len({make().id for _ in range(1000)} | {request.id}) == 1001


def test_ids_are_unique_across_threads() -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.extend(make().id for _ in range(100))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 800


FORK = """
import os
from asdk.http.headers import Headers
from asdk.http.request import Request

def new():
    return Request("GET", "https://h/", "/", Headers()).id

new()
reader, writer = os.pipe()
if os.fork() == 0:
    os.write(writer, new().encode())
    os._exit(0)
os.wait()
print(new(), os.read(reader, 100).decode())
"""


@pytest.mark.skipif(not hasattr(sys, "getdlopenflags"), reason="only where processes fork")
def test_ids_are_unique_across_forks() -> None:
    output = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True).stdout
    parent, child = output.split()
    assert parent.partition("-")[0] != child.partition("-")[0]


def test_a_request_is_replayable_if_its_body_is() -> None:
    async def chunks() -> Any:
        yield b""

    assert make().replayable
    assert make(body=b"x").replayable
    assert make(body=FactoryBody(chunks)).replayable
    assert not make(body=IteratorBody([b"x"])).replayable


def test_the_remaining_time_is_measured_by_the_clock_of_the_call() -> None:
    clock = VirtualClock()
    assert make(clock=clock).remaining() is None
    assert make(clock=clock, state=CallState(deadline=clock.monotonic() + 5)).remaining() == 5
    assert make(clock=clock, state=CallState(deadline=clock.monotonic() - 1)).remaining() == -1


def test_a_request_knows_every_secret_that_its_call_sent() -> None:
    fields = {"Authorization": "Bearer t0k3n-value", "X-Trace": "visible", "X-Key": Secret("k3y-of-the-user")}
    request = make(headers=Headers(cast("Any", fields)), secrets=[Secret('pa"ss')])
    request.state.proxy_authorization = MaskedStr("Basic dXNlcjpwcjB4eQ==")
    assert {"t0k3n-value", "k3y-of-the-user", 'pa"ss', "dXNlcjpwcjB4eQ==", "pr0xy"} <= set(request.sent_secrets())
    assert "visible" not in request.sent_secrets()


@pytest.mark.parametrize("name", ["X-Auth-Token", "Private-Token", "Api-Key", "DPoP", "X-Anything"])
def test_a_header_of_the_user_is_a_secret(name: str) -> None:
    assert make(headers=Headers({name: "k3y-of-the-user"})).sent_secrets() == ["k3y-of-the-user"]


def test_headers_of_asdk_and_plain_values_are_not_secrets() -> None:
    options = Options(tenant=Tenant("ten4nt-0123456789", user_id="us3r-0123456789"), idempotency_key="0f3a-4711-abcd")
    fields = {
        "Accept": "application/vnd.api+json;v=2",
        "Content-Type": "multipart/form-data; boundary=0123456789abcdef",
        "User-Agent": "asdk/0.1 Python/3.13",
        "If-None-Match": '"etag-0123456789"',
        "Idempotency-Key": "0f3a-4711-abcd",
        "X-Request-Id": "request-0123456789",
        "X-Tenant": "ten4nt-0123456789",
        "X-User": "us3r-0123456789",
        "X-Version": "2022-11-28",
        "X-Mode": "production",
        "X-Short": "a1b2",
    }
    assert make(headers=Headers(fields), options=options).sent_secrets() == []


def test_a_request_knows_the_secrets_of_the_requests_before_it() -> None:
    request = make(headers=Headers({"Authorization": "Bearer rejected-token"}))
    request.remember_secrets()
    request.headers["Authorization"] = "Bearer next-token"
    assert {"rejected-token", "next-token"} <= set(request.next_attempt().sent_secrets())
    assert "rejected" not in f"{request.state}"


def test_the_fields_of_a_request_that_may_contain_secrets_are_not_shown() -> None:
    """Tools such as rich show the fields of an attrs class, whatever its ``__repr__``."""
    shown = {field.name for field in attrs.fields(Request) if field.repr}
    assert shown.isdisjoint({"url", "headers", "body"})


def test_the_repr_of_a_request_shows_only_method_and_template() -> None:
    request = make(headers=Headers({"Authorization": "Bearer s3cr3t"}), body=b"s3cr3t", secrets=[Secret("s3cr3t")])
    assert repr(request) == "<Request GET /users/{id}>"
    assert f"{request}" == "<Request GET /users/{id}>"


def test_requests_compare_by_identity() -> None:
    assert make() != make()


def test_the_next_attempt_shares_the_state_and_has_its_own_headers() -> None:
    request = make(headers=Headers({"A": "1"}), body=b"x", stream=True, idempotent=True, secrets=[Secret("s")])
    following = request.next_attempt()
    following.headers["A"] = "2"
    following.url = "https://other/"
    assert (request.headers["A"], request.url) == ("1", "https://h/users/5?key=s3cr3t")
    assert following.state is request.state
    assert following.id == request.id
    assert (following.body, following.stream, following.idempotent) == (b"x", True, True)
    assert following.secrets is request.secrets


def test_a_copy_is_a_call_of_its_own() -> None:
    request = make(state=CallState(attempts=3))
    assert request.copy().state is not request.state
    assert request.copy().state.attempts == 1
