"""Wording of the errors that the MGnify client raises itself. Other tests assert classes and facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from asdk import AsdkError
from asdk.clients.mgnify import MGnify, PageCache
from asdk.testing import MemoryTransport


def client() -> MGnify:
    return MGnify(transport=MemoryTransport())


def construct(make: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def call() -> object:
        return make()

    return call


#: A call that sends nothing, and the message of its error.
MESSAGES: list[tuple[Callable[[], Awaitable[object]], str]] = [
    (
        construct(lambda: MGnify(auth=None, username="a")),
        "auth cannot be combined with username, password or auth_token; pass one of them",
    ),
    (
        construct(lambda: MGnify(username="a")),
        "password is missing: a login requires username and password; not found in MGNIFY_PASSWORD,"
        " MG_PASSWORD, mg_password in the environment and in .env",
    ),
    (construct(lambda: PageCache("pages", lifetime=0)), "lifetime must be a positive number of seconds, got 0"),
    (
        construct(lambda: client().private_studies[-1]),
        "the index of a query set must be an integer from 0, got -1; use collect(limit=...) for several",
    ),
    (
        construct(lambda: client().private_studies.filter(colour="red")),
        "/my-data/studies/ has no filter colour; it has page_size",
    ),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:40] for _, message in MESSAGES])
async def test_messages(call: Callable[[], Awaitable[object]], message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        await call()
    assert str(caught.value) == message
