import io
import json
import tarfile
from typing import Any

import aiohttp
import pytest

from asdk.sandbox import ManualClock, MGnifyServer
from asdk.sandbox.mgnify.store.searches import sketch


@pytest.fixture
async def sequence(mgnify: MGnifyServer) -> str:
    """Return the sequence of a genome in the catalogue of the human gut."""
    return mgnify.inspect(lambda state: state.library.catalogues["human-gut-v2-0-2"].genomes[7].sequence)


async def test_a_fragment_finds_its_genome(visitor: aiohttp.ClientSession, sequence: str) -> None:
    async with visitor.post("genome-search/", json={"sequence": sequence[100:300], "max_results": 1}) as reply:
        (best,) = (await reply.json())["data"]["results"]
    assert best["mgnify"]["accession"] == best["cobs"]["genome"] == "MGYG000000008"
    assert (best["cobs"]["num_kmers"], best["cobs"]["percent_kmers_found"]) == (170, 100.0)


async def test_a_fragment_may_come_as_a_form_or_a_file(visitor: aiohttp.ClientSession, sequence: str) -> None:
    upload = aiohttp.FormData({"threshold": "0.9", "catalogues_filter": "marine-v2-0"})
    upload.add_field("sequence_file", f">query\n{sequence[:80]}\n{sequence[80:160]}\n".encode(), filename="query.fasta")
    for form in ({"sequence": sequence[:90]}, {"seq": sequence[:90], "kmer_size": "21"}, upload):
        async with visitor.post("genome-search/", data=form) as reply:
            assert reply.status == 200, await reply.text()
            results = (await reply.json())["data"]["results"]
        assert len(results) == (0 if form is upload else 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sequence": "ACGT"},
        {"sequence": "X" * 40},
        {"sequence": "A" * 40, "kmer_size": 0},
        {"sequence": "A" * 40, "threshold": "much"},
        {"sequence": "A" * 40, "catalogues_filter": ["nope"]},
    ],
)
async def test_an_invalid_fragment_is_a_400(visitor: aiohttp.ClientSession, body: dict[str, Any]) -> None:
    async with visitor.post("genome-search/", json=body) as reply:
        assert reply.status == 400
        assert isinstance((await reply.json())["detail"], str)


@pytest.mark.parametrize(("backend", "status"), [("failing", 502), ("down", 503)])
async def test_a_backend_in_trouble(
    mgnify: MGnifyServer, visitor: aiohttp.ClientSession, backend: str, status: int
) -> None:
    mgnify.settings.search_backend = backend
    async with visitor.post("genome-search/", json={"sequence": "ACGT" * 10}) as reply:
        assert reply.status == status


def signatures(*sequences: str) -> aiohttp.FormData:
    form = aiohttp.FormData([("mag_catalogues", "human-gut-v2-0-2"), ("mag_catalogues", "marine-v2-0")])
    for number, sequence in enumerate(sequences):
        data = json.dumps([{"signatures": [{"mins": sorted(sketch(sequence))}]}])
        form.add_field("file_uploaded", data.encode(), filename=f"{number}.sig", content_type="application/json")
    return form


async def test_a_gather_search_goes_from_the_queue_to_its_results(
    mgnify: MGnifyServer, visitor: aiohttp.ClientSession, clock: ManualClock, sequence: str
) -> None:
    mgnify.settings.search_time = 10
    async with visitor.post("genomes-search/gather/", data=signatures(sequence, "ACGT" * 20)) as reply:
        job = (await reply.json())["data"]
    assert (job["status"], len(job["children_ids"])) == ("QUEUED", 4)
    seen: list[str] = []
    for _ in range(3):
        async with visitor.get(job["status_url"]) as reply:
            status = (await reply.json())["data"]
        seen.append(status["status"])
        clock.advance(5)
    assert seen == ["QUEUED", "RUNNING", "SUCCESS"]
    found = [one for one in status["signatures"] if one.get("results_url")]
    assert [(one["filename"], one["catalogue"]) for one in found] == [("0.sig", "human-gut-v2-0-2")]
    async with visitor.get(found[0]["results_url"]) as reply:
        assert reply.content_disposition is not None
        assert reply.content_disposition.filename == f"{found[0]['job_id']}.csv"
        assert (await reply.text()).splitlines()[1].startswith("MGYG000000008,")
    async with visitor.get(status["results_url"]) as reply:
        with tarfile.open(fileobj=io.BytesIO(await reply.read())) as archive:
            assert sorted(archive.getnames()) == sorted(f"{child}.csv" for child in job["children_ids"])


async def test_invalid_gather_searches_are_rejected(visitor: aiohttp.ClientSession) -> None:
    broken = aiohttp.FormData({"mag_catalogues": "marine-v2-0"})
    broken.add_field("file_uploaded", b"not json", filename="a.sig")
    for form in (broken, {"mag_catalogues": "marine-v2-0"}):
        async with visitor.post("genomes-search/gather/", data=form) as reply:
            assert reply.status == 400
    for kind in ("status", "results"):
        async with visitor.get(f"genomes-search/{kind}/nope/") as reply:
            assert reply.status == 404
