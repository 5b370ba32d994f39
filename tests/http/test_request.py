"""`Request`: what a call is on its way down."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest

from asdk.http.bodies import FactoryBody, IteratorBody
from asdk.http.headers import Headers
from asdk.http.request import CallState, Request
from asdk.secret import MASK, Secret
from asdk.testing.clock import VirtualClock


def make(**options: Any) -> Request:
    return Request("GET", "https://h/users/5?key=s3cr3t", "/users/{id}", options.pop("headers", Headers()), **options)


def test_an_id_is_made_once_and_no_two_are_the_same() -> None:
    request = make()
    assert request.id == request.id
    assert len({make().id for _ in range(1000)} | {request.id}) == 1001


def test_ids_of_many_threads_differ() -> None:
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
def test_a_forked_child_gives_other_ids() -> None:
    output = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True).stdout
    parent, child = output.split()
    assert parent.partition("-")[0] != child.partition("-")[0]


def test_a_request_can_be_sent_again_if_its_body_can() -> None:
    async def chunks() -> Any:
        yield b""

    assert make().replayable
    assert make(body=b"x").replayable
    assert make(body=FactoryBody(chunks)).replayable
    assert not make(body=IteratorBody([b"x"])).replayable


def test_the_time_that_remains_is_counted_on_the_calls_own_clock() -> None:
    clock = VirtualClock()
    assert make(clock=clock).remaining() is None
    assert make(clock=clock, state=CallState(deadline=clock.monotonic() + 5)).remaining() == 5
    assert make(clock=clock, state=CallState(deadline=clock.monotonic() - 1)).remaining() == -1


def test_what_a_request_carried_is_scrubbed_from_an_echo() -> None:
    headers = Headers({"Authorization": "Bearer t0k3n-value", "X-Trace": "visible"})
    request = make(headers=headers, secrets=[Secret('pa"ss')])
    echo = r'you sent Bearer t0k3n-value, t0k3n-value, visible, {"password": "pa\"ss"} and pa"ss'
    assert request.redact(echo) == f'you sent {MASK}, {MASK}, visible, {{"password": "{MASK}"}} and {MASK}'
    assert request.redact(echo.encode()) == request.redact(echo).encode()


def test_a_request_shows_no_more_than_its_template() -> None:
    request = make(headers=Headers({"Authorization": "Bearer s3cr3t"}), body=b"s3cr3t", secrets=[Secret("s3cr3t")])
    assert repr(request) == "<Request GET /users/{id}>"
    assert f"{request}" == "<Request GET /users/{id}>"


def test_requests_are_told_apart_by_what_they_are() -> None:
    assert make() != make()
