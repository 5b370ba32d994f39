"""Wording of the errors that the EdgeQuake client raises itself. Other tests assert classes and facts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from asdk import AsdkError, Tenant
from asdk.clients.edgequake import EdgeQuake
from asdk.testing import MemoryTransport


def client() -> EdgeQuake:
    return EdgeQuake(api_key="key", transport=MemoryTransport())


def construct(make: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def call() -> object:
        return make()

    return call


#: A call that sends nothing, and the message of its error.
MESSAGES: list[tuple[Callable[[], Awaitable[object]], str]] = [
    (
        construct(lambda: EdgeQuake(tenant=Tenant("t"), tenant_id="t")),
        "tenant cannot be combined with tenant_id, workspace_id or user_id; pass one of them",
    ),
    (
        construct(lambda: EdgeQuake(api_key="key", auth=None)),
        "auth cannot be combined with api_key, jwt, username or password; pass one of them",
    ),
    (
        construct(lambda: EdgeQuake(username="ada")),
        "password is missing: a login requires username and password; not found in "
        "EDGEQUAKE_PASSWORD in the environment and in .env",
    ),
    (
        lambda: client().auth.login(password="x"),  # type: ignore[call-overload]
        "login requires password and exactly one of username and email",
    ),
]


@pytest.mark.parametrize(("call", "message"), MESSAGES, ids=[message[:40] for _, message in MESSAGES])
async def test_messages(call: Callable[[], Awaitable[object]], message: str) -> None:
    with pytest.raises(AsdkError) as caught:
        await call()
    assert str(caught.value) == message
