from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from asdk import (
    BadRequestError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    PaginationError,
    RateLimitError,
    Retry,
    UnprocessableError,
)
from asdk.clients.bioepic import BioEPIC
from asdk.sandbox import BioEPICServer, ServerFault
from asdk.sandbox.bioepic import ListShape


async def test_all_pages_are_fetched(client: BioEPIC, server: BioEPICServer) -> None:
    records = await client.samples.list(page_size=100).collect()
    assert [record["id"] for record in records] == [f"bioepic:sample-{number:04d}" for number in range(1, 261)]
    assert server.counters.count("GET", "/api/{collection}") == 3


@pytest.mark.parametrize(("size", "requests"), [(130, 3), (0, 1), (100, 3), (20, 14)])
async def test_every_page_size_ends(client: BioEPIC, server: BioEPICServer, size: int, requests: int) -> None:
    assert len(await client.samples.list(page_size=size).collect()) == 260
    assert server.counters.count("GET", "/api/{collection}") == requests


async def test_filters_are_written_as_json(client: BioEPIC) -> None:
    for value in ("O'Brien Creek core 5", 'a "quoted" name', "Rhône delta sediment 2"):
        found = await client.samples.list(filter={"name": value}).collect()
        assert len(found) == (0 if '"' in value else 1)
    controls = await client.samples.list(filter={"is_control": True, "description": {"$ne": None}}).collect()
    assert controls
    assert all(record["is_control"] for record in controls)
    nothing = await client.samples.list(filter={"description": None}, fields=["description"]).collect()
    assert {record["description"] for record in nothing} == {None}
    as_text = '{"metadata.depth.value": {"$gt": 1.5}, "$or": [{"tags": "soil"}, {"tags": "root"}]}'
    deep = await client.samples.list(filter=as_text).collect()
    assert all(record["metadata"]["depth"]["value"] > 1.5 and record["tags"] for record in deep)


async def test_an_invalid_filter_is_not_sent(client: BioEPIC, server: BioEPICServer) -> None:
    for wanted in ("{'a': 1}", "[1]", "type: sample"):
        with pytest.raises(InvalidRequestError, match="JSON object"):
            client.samples.list(filter=wanted)
    for value in (object(), float("nan"), "half \ud83d"):
        with pytest.raises(InvalidRequestError, match="the filter cannot be encoded"):
            client.samples.list(filter={"a": value})
    assert server.counters.total == 0
    with pytest.raises(UnprocessableError, match="unknown operator"):
        await client.samples.list(filter={"$where": "true"}).first()


async def test_a_projection_leaves_the_rest_out(client: BioEPIC) -> None:
    record = await client.samples.list(fields=["name", " metadata.depth.unit"]).first()
    assert record == {
        "id": "bioepic:sample-0001",
        "name": "GC-MS (2009) blank 1",
        "metadata": {"depth": {"unit": "m"}},
    }


async def test_a_projection_may_be_one_text(client: BioEPIC, server: BioEPICServer) -> None:
    for fields in ("name, status", ["name", "status"], (name for name in ("name", "status"))):
        record = await client.samples.list(fields=fields).first()
        assert record is not None
        assert set(record) == {"id", "name", "status"}
    queries = {record.path.partition("?")[2] for record in server.counters.recent}
    assert "filter=&max_page_size=100&projection=name%2Cstatus" in queries


async def test_by_attribute(client: BioEPIC) -> None:
    some = await client.samples.by_attribute("name", "gc-ms (2009)").collect()
    assert len(some) == 52
    assert all("GC-MS (2009)" in record["name"] for record in some)
    (one,) = await client.samples.by_attribute("name", "Plain name 4", exact=True, fields=["name"]).collect()
    assert one == {"id": "bioepic:sample-0004", "name": "Plain name 4"}
    assert len(await client.samples.by_attribute("is_control", True).collect()) == 26
    assert await client.experiments.by_attribute("replicates", 3).collect()


async def test_one_record(client: BioEPIC, server: BioEPICServer) -> None:
    assert (await client.data_objects.get("bioepic:data-0007"))["type"] == "data_object"
    odd = "a/b?c#d e&f"
    server.add_record("notes", {"id": odd})
    assert await client.collection("notes").get(odd) == {"id": odd}
    with pytest.raises(NotFoundError, match="nope"):
        await client.samples.get("nope")
    with pytest.raises(BadRequestError, match="Unknown collection: nope"):
        await client.collection("nope").get("x")
    assert "samples" in repr(client.samples)


async def test_a_repeated_page_is_an_error(client: BioEPIC, server: BioEPICServer) -> None:
    server.settings.repeat_page_token = True
    with pytest.raises(PaginationError, match=r"page token .* twice"):
        await client.samples.list().collect()


@pytest.mark.parametrize("ahead", [0, 1])
async def test_iteration_continues_after_a_lost_reply_to_a_page_token(
    client: BioEPIC, server: BioEPICServer, ahead: int
) -> None:
    everything = await client.samples.list(page_size=0).collect()
    for fault in (ServerFault.lose_reply(), ServerFault.status(502, after_handler=True), ServerFault.cut()):
        for wanted in (None, {"is_control": False}):
            server.counters.reset()
            rule = server.faults.add(fault, path="/api/{collection}", after=1, every=2)
            found = await client.samples.list(filter=wanted, page_size=50).prefetch(ahead).collect()
            assert found == [record for record in everything if wanted is None or not record["is_control"]]
            assert rule.met >= 2
            assert server.counters.by_status[400] >= 2
            server.faults.clear()


async def test_iteration_ends_if_ids_are_not_in_order(client: BioEPIC, server: BioEPICServer) -> None:
    for number in (1, 2, 3, 4):
        server.add_record("odd", {"id": number, "name": "x"})
    assert len(await client.collection("odd").list(page_size=2).collect()) == 4
    server.faults.add(ServerFault.lose_reply(), path="/api/{collection}", after=1, times=1)
    with pytest.raises(BadRequestError, match="Bad page_token"):
        await client.collection("odd").list(page_size=2).collect()


async def test_iteration_resumes_in_the_middle_of_a_page(client: BioEPIC) -> None:
    walk = client.samples.list(page_size=50)
    seen: list[str] = []
    async for record in walk:
        seen.append(record["id"])
        if len(seen) == 70:
            break
    rest = await client.samples.list(page_size=50).resume(walk.cursor).collect()
    assert seen + [record["id"] for record in rest] == [f"bioepic:sample-{number:04d}" for number in range(1, 261)]


@pytest.mark.parametrize(("limit", "spent"), [(40, 1), (50, 2)], ids=["between pages", "in a page"])
async def test_iteration_resumes_after_a_lost_reply_to_a_page_token(
    client: BioEPIC, server: BioEPICServer, limit: int, spent: int
) -> None:
    wanted = {"is_control": False}
    everything = await client.samples.list(filter=wanted, page_size=0).collect()
    server.faults.add(ServerFault.lose_reply(), path="/api/{collection}", after=1, times=1)
    walk = client.samples.list(filter=wanted, page_size=20)
    seen = await walk.collect(limit=limit)  # the second page came by a filter, and the third by a token of that query
    rest = await client.samples.list(filter=wanted, page_size=20).resume(walk.cursor).collect()
    assert seen + rest == everything
    assert server.counters.by_status[400] == spent


@pytest.mark.parametrize(
    "changes",
    [{"filter": "{}"}, {"filter": None}, {"projection": "secret"}, {"max_page_size": 0}, {"after": {"$ne": 1}}],
    ids=repr,
)
async def test_a_forged_cursor_does_not_change_the_query(client: BioEPIC, changes: dict[str, Any]) -> None:
    walk = client.samples.list(filter={"is_control": False}, page_size=20)
    await walk.collect(limit=30)
    parts = json.loads(base64.urlsafe_b64decode(walk.cursor + "=="))
    parts[2] |= changes
    forged = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
    with pytest.raises(InvalidRequestError, match="cursor"):
        walk.resume(forged)


@pytest.mark.parametrize("shape", [ListShape.RESOURCES, ListShape.MISSING, ListShape.NULL, ListShape.ARRAY])
async def test_an_unexpected_envelope_is_an_error(client: BioEPIC, server: BioEPICServer, shape: ListShape) -> None:
    server.settings.list_shape = shape
    with pytest.raises(DecodeError, match="results"):
        await client.samples.list().collect()


async def test_iteration_waits_for_a_429_and_continues(client: BioEPIC, server: BioEPICServer) -> None:
    server.faults.add(ServerFault.status(429, retry_after=0.01), path="/api/{collection}", after=1, times=1)
    assert len(await client.samples.list(page_size=100).collect()) == 260
    server.faults.add(ServerFault.status(429, retry_after=0.01), path="/api/{collection}")
    with pytest.raises(RateLimitError):
        await client.samples.list(retry=Retry(attempts=2, base_delay=0.01)).collect()


async def test_malformed_json_is_a_decode_error(client: BioEPIC, server: BioEPICServer) -> None:
    server.faults.add(ServerFault.status(200, html="<h1>hello</h1>"), path="/api/{collection}")
    with pytest.raises(DecodeError):
        await client.samples.list().first()
