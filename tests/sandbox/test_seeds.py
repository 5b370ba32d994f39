"""Tests of repeatable data: the same seed and time give the same ids, keys and records in all five APIs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from asdk.clients.bloomy import Bloomy
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import ManualClock, Sandbox
from tests.support.apis import APIS, Api

NOON = 1_780_000_000.0


async def _made_in_edgequake(client: EdgeQuake) -> object:
    uploaded = await client.documents.upload("Oslo is in Norway.", title="Oslo")
    return await client.documents.get(uploaded.document_id)


async def _made_in_bloomy(client: Bloomy) -> object:
    return await client.todo.create("Write it down", meeting_id=107)


#: The reply of a server to a request that creates data.
MADE: dict[str, Callable[[Any], Awaitable[object]]] = {
    "apala": lambda client: client.optimize_message([], "Hello", timezone="UTC", message_type=["linking_chirp"]),
    "bioepic": lambda client: client.samples.list().collect(),
    "bloomy": _made_in_bloomy,
    "edgequake": _made_in_edgequake,
    "mgnify": lambda client: client.studies.list(page_size=20).get(),
}


async def drawn(api: Api, seed: int) -> list[object]:
    """Return the data that the clients of a fresh sandbox see."""
    async with Sandbox(seed=seed, clock=ManualClock(NOON)) as sandbox:
        options = {"customer_id": sandbox.apala.credentials.customer_id} if api.name == "apala" else {}
        async with api.client(sandbox, **options) as client:
            return [
                getattr(api.server(sandbox), "credentials"),  # noqa: B009 - each server has its own kind
                await api.call(client),
                await MADE[api.name](client),
            ]


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
async def test_a_seed_draws_the_same_ids_and_records(api: Api) -> None:
    once = await drawn(api, 7)
    assert await drawn(api, 7) == once
    assert await drawn(api, 8) != once
