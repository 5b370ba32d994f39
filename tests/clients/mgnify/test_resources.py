"""Tests of the operations against the sandbox; `tests/contracts/test_mgnify.py` calls each of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable
from pathlib import Path

import attrs
import pytest

from asdk import (
    BadRequestError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    Retry,
    ServerError,
    TransportError,
)
from asdk.clients.mgnify import MGnify
from asdk.clients.mgnify.models import AnalysisDetail, CatalogueType, DownloadFile, FileType, GenomeType, JobStatus
from asdk.sandbox import MGnifyServer, ServerFault
from asdk.sandbox.mgnify.store.searches import sketch
from asdk.testing import VirtualClock
from tests.clients.mgnify.conftest import MakeClient
from tests.support.shared_clock import SharedClock


async def test_the_fields_of_the_models(visitor: MGnify) -> None:
    study = await visitor.studies.get("MGYS00000001")
    assert study.biome is not None
    assert study.updated_at.tzinfo is not None
    assert study.downloads[0].file_type is FileType.TSV
    analysis = await visitor.analyses.get("MGYA00000002")
    assert analysis.run is None
    assert analysis.assembly is not None
    sample = await visitor.samples.get("ERS500001")
    assert sample.studies[0].accession == "MGYS00000001"
    genome = await visitor.genomes.get("MGYG000000001", catalogue_id="marine-v2-0")
    assert genome.type in (GenomeType.MAG, GenomeType.ISOLATE)
    assert genome.catalogue is not None
    assert genome.catalogue.catalogue_type is CatalogueType.PROKARYOTES
    assert len(await visitor.analyses.typed_annotations("MGYA00000001", "pfams").collect()) == 120
    found = await visitor.publications.annotations(30000001)
    assert found.sample_processing[0].annotations[0].mentions[0].tags[0].name == "PowerSoil"


async def test_missing_records_are_not_found(visitor: MGnify) -> None:
    with pytest.raises(NotFoundError, match=r"404 GET /genomes/\{accession\}: Not Found"):
        await visitor.genomes.get("MGYG000000001", catalogue_id="soil")
    with pytest.raises(NotFoundError):
        await visitor.studies.get("biomes/soil")
    with pytest.raises(NotFoundError, match=r"404 GET /no-such-path/: Not Found \(HTML page\)"):
        await visitor.request("GET", "/no-such-path/")


async def test_a_fragment_search(visitor: MGnify, server: MGnifyServer) -> None:
    sequence = server.inspect(lambda state: state.library.catalogues["human-gut-v2-0-2"].genomes[7].sequence)
    found = await visitor.searches.fragment(sequence[:200], max_results=1, threshold=0.9)
    assert [(match.mgnify.accession, match.cobs.percent_kmers_found) for match in found.results] == [
        ("MGYG000000008", 100.0)
    ]
    fasta = f">query\n{sequence[:200]}\n".encode()
    by_file = await visitor.searches.fragment_file(
        ("query.fasta", fasta), catalogues=["human-gut-v2-0-2"], kmer_size=21
    )
    assert by_file.results[0].mgnify == found.results[0].mgnify
    assert not (await visitor.searches.fragment(sequence[:200], catalogues=["marine-v2-0"])).results
    with pytest.raises(BadRequestError, match="other letters"):
        await visitor.searches.fragment("X" * 50)
    server.settings.search_backend = "down"
    with pytest.raises(ServerError, match="cannot be reached"):
        await visitor.searches.fragment(sequence[:200])


async def test_a_search_is_repeated_like_a_get(visitor: MGnify, server: MGnifyServer) -> None:
    server.faults.add(ServerFault.status(503), path="*/genome-search/", times=1)
    assert (await visitor.searches.fragment("ACGT" * 20)).results == []


async def test_a_search_by_signatures(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock, tmp_path: Path
) -> None:
    server.settings.search_time = 30
    client = make_client(clock=VirtualClock())
    sequence = server.inspect(lambda state: state.library.catalogues["human-gut-v2-0-2"].genomes[7].sequence)
    signature = json.dumps([{"signatures": [{"mins": sorted(sketch(sequence))}]}]).encode()
    catalogues = ["human-gut-v2-0-2", "marine-v2-0"]
    job = await client.searches.gather([("a.sig", signature), ("b.sig", signature)], catalogues)
    assert job.status is JobStatus.QUEUED
    assert job.signatures_received == ["a.sig", "b.sig"]
    assert len(job.children_ids or []) == 4
    assert (await client.searches.status(job.job_id)).signatures[0].position_in_queue == 1
    with pytest.raises(DeadlineExceededError, match="QUEUED"):
        await client.searches.wait(job.job_id, within=12)
    with pytest.raises(NotFoundError):
        await client.searches.results(job.job_id)
    shared_clock.server.advance(31)
    ended = await client.searches.wait(job.job_id)
    assert ended.status is JobStatus.SUCCESS
    archive = await client.searches.results(job.job_id)
    assert gzip.decompress(archive)
    done = await client.files.download(ended.results_url or "", tmp_path / "results.tgz")
    assert done.path.read_bytes()[10:] == archive[10:]  # after the header, which contains the time of compression
    (first, *_) = (one for one in ended.signatures if one.result is not None)
    assert (await client.searches.results(first.job_id)).startswith(b"name,overlap\nMGYG000000008,")
    with pytest.raises(BadRequestError, match="not a signature"):
        await client.searches.gather([b"nothing"], catalogues)


@pytest.mark.parametrize(
    "ending",
    [{"status": "SUCCESS"}, {"status": "FAILURE"}, {"status": "REVOKED"}, {"status": "X", "results_url": "/r"}],
)
async def test_a_search_ends_under_each_final_status(
    visitor: MGnify, server: MGnifyServer, ending: dict[str, str]
) -> None:
    for status in ({"status": "PENDING"}, {"status": "RETRY", "signatures": []}, ending):
        free = {"worker_status": {"queue": 3}, "signatures": [{"job_id": "b", "status": "STARTED", "result": [1]}]}
        reply = {"data": {"group_id": "a", **free, **status}}
        server.faults.add(ServerFault.status(200, json=reply), path="*/status/*", times=1)
    asked_before = server.counters.total
    found = await visitor.searches.wait("a", interval=0.001)
    assert (found.status, found.is_final) == (ending["status"], True)
    assert server.counters.total - asked_before == 3


async def test_a_status_may_say_little(visitor: MGnify, server: MGnifyServer) -> None:
    server.faults.add(ServerFault.status(200, json={"data": {"group_id": "a", "status": "QUEUED"}}), path="*/status/*")
    assert (await visitor.searches.status("a")).signatures == []


async def test_files_are_read_without_a_token(owner: MGnify, server: MGnifyServer, shared_clock: SharedClock) -> None:
    analysis = await owner.analyses.get("MGYA00000001")
    assert analysis.downloads is not None
    packed = analysis.downloads[0]
    data = await owner.files.read(packed)
    assert len(data) == packed.file_size_bytes
    assert gzip.decompress(data).startswith(b"; MGYA00000001")
    async with owner.files.stream(packed) as response:
        assert b"".join([chunk async for chunk in response.iter_bytes()]) == data
    assert packed.index_files is not None
    assert await owner.files.read(packed.index_files[0])
    private = (await owner.studies.get("MGYS00000231")).downloads[0]
    assert await owner.files.read(private)
    assert all("authorization" not in record.headers for record in server.counters.recent if "/pub/" in record.path)
    shared_clock.server.advance(3601)
    with pytest.raises(PermissionDeniedError):
        await owner.files.read(private)


async def test_a_broken_download_resumes_on_another_origin_without_a_token(
    owner: MGnify, server: MGnifyServer, tmp_path: Path
) -> None:
    server.settings.files_host = "localhost"
    entry = (await owner.analyses.get("MGYA00000001")).downloads
    assert entry is not None
    whole = await owner.files.read(entry[0])
    server.faults.add(ServerFault.cut(after=5_000), path="/pub/*", times=1)
    seen: list[tuple[int, int | None]] = []
    (tmp_path / "here").mkdir()
    done = await owner.files.download(
        entry[0], tmp_path / "here", progress=lambda *figures: seen.append(figures), retry=Retry(base_delay=0.01)
    )
    assert done.path == tmp_path / "here" / "MGYA00000001_reads.fasta.gz"
    assert done.path.read_bytes() == whole
    assert seen[-1] == (len(whole), len(whole))
    fetched = [record for record in server.counters.recent if record.path.startswith("/pub/")]
    assert fetched[-1].headers["range"] == "bytes=5000-"
    assert all("authorization" not in record.headers for record in fetched)
    named = await owner.files.download(str(entry[0].url), tmp_path / "named.gz")
    assert named.path.read_bytes() == whole


async def test_a_cancelled_download_resumes_later(owner: MGnify, server: MGnifyServer, tmp_path: Path) -> None:
    await owner.private_studies.get()  # there is a token that could be sent
    (entry, *_) = (await owner.analyses.get("MGYA00000001")).downloads or []
    server.faults.add(ServerFault.cut(after=5_000), path="/pub/*", times=1)
    with pytest.raises(TransportError):
        await owner.files.download(entry, tmp_path / "a.gz", retry=None)
    done = await owner.files.download(entry, tmp_path / "a.gz")
    assert (done.resumed_from, done.size) == (5_000, entry.file_size_bytes)
    assert all("authorization" not in record.headers for record in server.counters.recent if "/pub/" in record.path)


async def test_an_expired_link_is_replaced_and_the_download_resumes(
    owner: MGnify, server: MGnifyServer, shared_clock: SharedClock, tmp_path: Path
) -> None:
    private = await owner.studies.analyses("MGYS00000231").first()
    assert private is not None
    (entry, *_) = (await owner.analyses.get(private.accession)).downloads or []
    whole = await owner.files.read(entry)
    server.faults.add(ServerFault.cut(after=5_000), path="/pub/*", times=1)
    with pytest.raises(TransportError):
        await owner.files.download(entry, tmp_path / "a.gz", retry=None)
    shared_clock.server.advance(3601)
    with pytest.raises(PermissionDeniedError, match=r"expires after an hour: fetch its record again, or pass refresh="):
        await owner.files.download(entry, tmp_path / "a.gz")

    def refresh() -> Awaitable[AnalysisDetail]:
        return owner.analyses.get(private.accession)

    done = await owner.files.download(entry, tmp_path / "a.gz", refresh=refresh)
    assert (done.resumed_from, done.size) == (5_000, len(whole))
    assert done.path.read_bytes() == whole
    assert await owner.files.read(entry, refresh=refresh) == whole
    assert entry.index_files is not None
    assert await owner.files.read(entry.index_files[0], refresh=refresh)
    async with owner.files.stream(str(entry.url), refresh=refresh) as response:
        assert await response.read() == whole
    assert all("authorization" not in record.headers for record in server.counters.recent if "/pub/" in record.path)


async def test_links_to_one_file_differ_only_in_their_signatures(
    visitor: MGnify, server: MGnifyServer, tmp_path: Path
) -> None:
    (entry, *_) = (await visitor.analyses.get("MGYA00000001")).downloads or []
    place = tmp_path / "a.gz"
    server.faults.add(ServerFault.cut(after=5_000), path="/pub/*", times=1)
    with pytest.raises(TransportError):
        await visitor.files.download(f"{entry.url}?v=1&expires=1&token=a", place, retry=None)
    assert (await visitor.files.download(f"{entry.url}?v=2&expires=1&token=a", place)).resumed_from == 0
    server.faults.add(ServerFault.cut(after=5_000), path="/pub/*", times=1)
    with pytest.raises(TransportError):
        await visitor.files.download(f"{entry.url}?v=2&expires=1&token=a", place, retry=None)
    done = await visitor.files.download(f"{entry.url}?token=c&expires=3&v=2", place)
    assert done.resumed_from == 5_000


async def test_a_reloaded_record_must_contain_the_file(
    owner: MGnify, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    (entry,) = (await owner.studies.get("MGYS00000231")).downloads
    shared_clock.server.advance(3601)
    with pytest.raises(InvalidRequestError, match="does not contain this file"):
        await owner.files.read(entry, refresh=lambda: owner.studies.get("MGYS00000232"))
    server.faults.add(ServerFault.status(403), path="/pub/*")
    with pytest.raises(PermissionDeniedError):
        await owner.files.read(entry, refresh=lambda: owner.studies.get("MGYS00000231"))


async def test_a_download_cannot_leave_its_folder(visitor: MGnify, server: MGnifyServer, tmp_path: Path) -> None:
    (entry,) = (await visitor.studies.get("MGYS00000001")).downloads
    escaping = attrs.evolve(entry, alias="../escape.tsv")  # type: ignore[misc]
    for file in (escaping, str(entry.url)):
        with pytest.raises(InvalidRequestError, match="full path"):
            await visitor.files.download(file, tmp_path)
    server.faults.add(ServerFault.status(403), path="/pub/*")
    with pytest.raises(PermissionDeniedError):
        await visitor.files.download(entry, tmp_path)
    assert not (tmp_path / entry.alias).exists()


async def test_a_file_without_a_url(visitor: MGnify) -> None:
    nowhere = DownloadFile(
        alias="a",
        file_type=FileType.TSV,
        download_type="Other",  # type: ignore[arg-type]
        short_description="",
        long_description="",
    )
    with pytest.raises(InvalidRequestError, match="no URL"):
        await visitor.files.read(nowhere)
