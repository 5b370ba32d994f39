import json
from typing import Any

import aiohttp
import pytest
from yarl import URL

from asdk.sandbox import BioEPICServer, ServerFault
from asdk.sandbox.bioepic import ListShape


async def get(session: aiohttp.ClientSession, path: str, status: int = 200, /, **query: object) -> Any:
    async with session.get(path, params={name: str(value) for name, value in query.items()}) as reply:
        assert reply.status == status, await reply.text()
        return await reply.json()


async def walk(session: aiohttp.ClientSession, **query: object) -> list[int]:
    """Return the sizes of the pages."""
    sizes: list[int] = []
    token = ""
    while True:
        body = await get(session, "api/samples", **query, page_token=token)
        sizes.append(len(body["results"]))
        if "next_page_token" not in body:
            return sizes
        token = body["next_page_token"]


async def test_pages_in_the_order_of_ids(session: aiohttp.ClientSession) -> None:
    assert await walk(session, max_page_size=100) == [100, 100, 60]
    assert await walk(session, max_page_size=0) == [260]
    body = await get(session, "api/samples", filter="", projection="")
    assert len(body["results"]) == 20
    assert [record["id"] for record in body["results"]] == [f"bioepic:sample-{number:04d}" for number in range(1, 21)]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("/api/samples?filter=&max_page_size=100&projection=", 100),
        ("/api/samples?filter=%7B%22type%22%3A%20%22a%20b/c%22%7D&max_page_size=1&projection=id,name", 0),
        ("/api/samples?filter=%7B%22type%22%3A%20%22sample%22%7D&max_page_size=2&projection=id,%20name", 2),
    ],
)
async def test_request_lines_of_the_vendors_package(bioepic: BioEPICServer, line: str, count: int) -> None:
    async with aiohttp.ClientSession() as session, session.get(URL(bioepic.url + line, encoded=True)) as reply:
        assert len((await reply.json())["results"]) == count
    assert bioepic.counters.recent[-1].path == line


async def test_a_full_last_page_names_an_empty_one(session: aiohttp.ClientSession) -> None:
    assert await walk(session, max_page_size=130) == [130, 130, 0]


async def test_a_page_token_is_good_once_and_for_its_query(
    session: aiohttp.ClientSession, bioepic: BioEPICServer
) -> None:
    token = (await get(session, "api/samples"))["next_page_token"]
    assert (await get(session, "api/samples", page_token=token))["results"][0]["id"] == "bioepic:sample-0021"
    for bad in (token, "nope"):
        assert await get(session, "api/samples", 400, page_token=bad) == {"detail": "Bad page_token"}
    token = (await get(session, "api/samples"))["next_page_token"]
    assert await get(session, "api/experiments", 400, page_token=token) == {"detail": "Bad page_token"}
    bioepic.settings.repeat_page_token = True
    token = (await get(session, "api/samples"))["next_page_token"]
    for _ in range(2):
        assert (await get(session, "api/samples", page_token=token))["next_page_token"] == token


async def test_filters_and_projections(session: aiohttp.ClientSession) -> None:
    wanted = json.dumps({"name": {"$regex": "o'brien", "$options": "i"}, "is_control": True})
    body = await get(session, "api/samples", filter=wanted, projection="name, metadata.depth.value")
    assert body["results"]
    for record in body["results"]:
        assert set(record) == {"id", "name", "metadata"}
        assert set(record["metadata"]) == {"depth"}
        assert "O'Brien" in record["name"]


@pytest.mark.parametrize("wanted", ["[1]", "nope", "{'a': 1}", '{"$where": 1}'])
async def test_an_invalid_filter_is_a_422(session: aiohttp.ClientSession, wanted: str) -> None:
    assert "filter" in (await get(session, "api/samples", 422, filter=wanted))["detail"]


async def test_refusals(session: aiohttp.ClientSession) -> None:
    assert "nope" in (await get(session, "api/nope", 400))["detail"]
    assert "nope" in (await get(session, "api/samples/nope", 404))["detail"]
    assert "max_page_size" in (await get(session, "api/samples", 422, max_page_size=-1))["detail"]
    assert await get(session, "nope", 404) == {"detail": "Not Found"}
    async with session.delete("api/samples") as reply:
        assert (reply.status, reply.headers["Allow"]) == (405, "GET")


async def test_one_record_comes_bare(session: aiohttp.ClientSession, bioepic: BioEPICServer) -> None:
    record = await get(session, "api/samples/bioepic:sample-0010")
    assert (record["id"], record["is_control"]) == ("bioepic:sample-0010", True)
    bioepic.add_record("notes", {"id": "odd/id", "text": "x"})
    assert (await get(session, "api/notes/odd%2Fid"))["text"] == "x"


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        (ListShape.RESOURCES, {"resources", "next_page_token"}),
        (ListShape.MISSING, {"next_page_token"}),
        (ListShape.NULL, {"results", "next_page_token"}),
    ],
)
async def test_odd_shapes(
    session: aiohttp.ClientSession, bioepic: BioEPICServer, shape: ListShape, seen: set[str]
) -> None:
    bioepic.settings.list_shape = shape
    assert set(await get(session, "api/samples")) == seen


async def test_a_bare_list(session: aiohttp.ClientSession, bioepic: BioEPICServer) -> None:
    bioepic.settings.list_shape = ListShape.ARRAY
    assert len(await get(session, "api/samples")) == 20


async def test_faults_speak_as_the_server_does(session: aiohttp.ClientSession, bioepic: BioEPICServer) -> None:
    for status in (401, 429, 500):
        bioepic.faults.add(ServerFault.status(status, retry_after=2), times=1)
        async with session.get("api/samples") as reply:
            assert (reply.status, reply.headers["Retry-After"]) == (status, "2")
            assert isinstance((await reply.json())["detail"], str)
