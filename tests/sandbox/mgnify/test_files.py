import gzip
from typing import Any

import aiohttp
import pytest
from yarl import URL

from asdk.sandbox import ManualClock, MGnifyServer


async def download_entry(session: aiohttp.ClientSession, path: str, number: int = 0) -> dict[str, Any]:
    async with session.get(path) as reply:
        found: dict[str, Any] = (await reply.json())["downloads"][number]
        return found


async def fetch(url: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(URL(url, encoded=True), headers=headers) as reply,
    ):
        return reply.status, await reply.read(), {name.lower(): value for name, value in reply.headers.items()}


async def test_a_public_file_has_its_stated_size(visitor: aiohttp.ClientSession) -> None:
    entry = await download_entry(visitor, "analyses/MGYA00000001")
    status, body, headers = await fetch(entry["url"])
    assert (status, len(body)) == (200, entry["file_size_bytes"])
    assert "content-encoding" not in headers
    assert gzip.decompress(body).startswith(b"; MGYA00000001_reads.fasta.gz\n>seq0\n")
    assert "parent_identifier" not in entry
    assert (await fetch(entry["index_files"][0]["url"]))[0] == 200


async def test_parts_of_a_file(visitor: aiohttp.ClientSession) -> None:
    entry = await download_entry(visitor, "genomes/MGYG000000001")
    _, whole, headers = await fetch(entry["url"])
    status, part, said = await fetch(entry["url"], Range="bytes=10-19")
    assert (status, part, said["content-range"]) == (206, whole[10:20], f"bytes 10-19/{len(whole)}")
    assert (await fetch(entry["url"], Range=f"bytes={len(whole) - 3}-"))[1] == whole[-3:]
    assert (await fetch(entry["url"], Range=f"bytes={len(whole)}-"))[0] == 416
    assert (await fetch(entry["url"], **{"Range": "bytes=5-", "If-Range": headers["etag"]}))[0] == 206
    assert (await fetch(entry["url"], **{"Range": "bytes=5-", "If-Range": '"old"'}))[0] == 200


async def test_a_host_without_parts(mgnify: MGnifyServer, visitor: aiohttp.ClientSession) -> None:
    mgnify.settings.accept_ranges = False
    entry = await download_entry(visitor, "genomes/MGYG000000001", 1)
    status, _, headers = await fetch(entry["url"], Range="bytes=10-19")
    assert status == 200
    assert "accept-ranges" not in headers


async def test_a_private_file_opens_by_its_link_for_an_hour(owner: aiohttp.ClientSession, clock: ManualClock) -> None:
    entry = await download_entry(owner, "studies/MGYS00000231")
    assert (await fetch(entry["url"]))[0] == 200
    assert (await fetch(entry["url"].partition("?")[0]))[0] == 403
    assert (await fetch(entry["url"][:-1] + ("0" if entry["url"][-1] != "0" else "1")))[0] == 403
    clock.advance(3601)
    assert (await fetch(entry["url"]))[0] == 403
    assert (await fetch((await download_entry(owner, "studies/MGYS00000231"))["url"]))[0] == 200


@pytest.mark.parametrize("path", ["MGYS00000001/nope.tsv", "nope/MGYS00000001_taxonomy_summary.tsv", "MGYG1/x.fna"])
async def test_a_file_that_is_not_there(mgnify: MGnifyServer, path: str) -> None:
    root = "/pub/databases/metagenomics/mgnify_results"
    assert (await fetch(f"{mgnify.url}{root}/{path}"))[0] == 404


async def test_the_file_host_can_be_another_origin(mgnify: MGnifyServer, visitor: aiohttp.ClientSession) -> None:
    mgnify.settings.files_host = "localhost"
    entry = await download_entry(visitor, "studies/MGYS00000001")
    assert URL(entry["url"]).host == "localhost"
    assert URL(entry["url"]).port == URL(mgnify.url).port
