"""Wording of the errors that the Bloomy client raises itself. Other tests assert classes and facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from asdk import AsdkError
from asdk.clients.bloomy import Bloomy, Configuration
from asdk.testing import MemoryTransport


def client() -> Bloomy:
    return Bloomy("key", transport=MemoryTransport())


def construct(make: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def call() -> object:
        return make()

    return call


#: A call that sends nothing, and the message of its error.
MESSAGES: list[tuple[Callable[[], Awaitable[object]], str]] = [
    (
        construct(lambda: Bloomy("key", auth=None)),
        "auth cannot be combined with api_key, username or password; pass one of them",
    ),
    (
        construct(lambda: Bloomy(username="ada")),
        "password is missing: a login requires username and password; not found in BLOOMY_PASSWORD "
        "in the environment and in .env",
    ),
    (
        lambda: Configuration().configure_api_key(),
        "no user name and password in BLOOMY_USERNAME, BLOOMY_PASSWORD in the environment and in .env",
    ),
    (lambda: client().todo.list(1, meeting_id=2), "user_id and meeting_id cannot be combined; pass one of them"),
    (lambda: client().todo.update(1), "nothing to update: pass title= or due_date="),
    (lambda: client().issue.update(1), "nothing to update: pass title= or notes="),
    (lambda: client().goal.update(1, status="done"), "status must be one of on, off, complete, got 'done'"),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:40] for _, message in MESSAGES])
async def test_messages(call: Callable[[], Awaitable[object]], message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        await call()
    assert str(caught.value) == message
