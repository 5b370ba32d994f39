from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from asdk import InvalidRequestError, ServerError
from asdk.clients.mgnify import MGnify
from asdk.clients.mgnify.models import PipelineVersion, Run
from asdk.middleware import ConcurrencyLimit
from asdk.sandbox import MGnifyServer, ServerFault
from tests.clients.mgnify.conftest import MakeClient
from tests.support.shared_clock import SharedClock


async def test_nothing_is_sent_until_something_is_fetched(visitor: MGnify, server: MGnifyServer) -> None:
    gut = visitor.studies.list(search="gut").filter(order="-accession", page_size=20)
    root = f"{server.api_url}/studies/?search=gut&order=-accession&page_size=20"
    assert gut.explain() == [f"{root}&page=1"]
    assert gut.explain(3) == [f"{root}&page={number}" for number in (1, 2, 3)]
    assert f"{root}&page=1" in repr(gut)
    assert visitor.private_studies.explain() == [f"{server.api_url}/my-data/studies/?page=1"]
    assert server.counters.total == 0


async def test_the_urls_it_explains_are_those_it_fetches(visitor: MGnify, server: MGnifyServer) -> None:
    soil = visitor.studies.list(biome_lineage="root:Environmental:Terrestrial:Soil", page_size=10)
    found = await soil.collect()
    fetched = [f"{server.url}{record.path}" for record in server.counters.recent]
    assert soil.explain(len(fetched)) == fetched
    assert len(fetched) == -(-len(found) // 10)
    assert len(found) == await soil.count() > 10


async def test_a_query_set_can_be_walked_counted_previewed_and_had_by_the_page(visitor: MGnify) -> None:
    studies = visitor.studies.list()
    assert await studies.count() == 230
    assert len([study async for study in studies]) == 230
    assert [len(page) async for page in studies.pages()] == [100, 100, 30]
    assert len(await studies.preview()) == 10
    assert "<table>" in (await studies.preview(3))._repr_html_()
    assert len(await studies.get(3)) == 30
    assert len(await studies.collect(limit=120)) == 120
    first = await studies.first()
    assert first is not None
    assert first.accession == "MGYS00000001"
    assert len(await studies.paginate(page=3).collect()) == 30


async def test_one_record_is_had_by_its_place(visitor: MGnify, server: MGnifyServer) -> None:
    studies = visitor.studies.list(order="-accession", page_size=200)
    everything = await studies.collect()
    assert [await studies[index] for index in (0, 99, 100, 229)] == [everything[index] for index in (0, 99, 100, 229)]
    with pytest.raises(IndexError, match=r"/studies/ has no record 230"):
        await studies[230]
    for index in (-1, slice(10)):
        with pytest.raises(InvalidRequestError, match="collect"):
            await studies[index]  # type: ignore[index]
    with pytest.raises(TypeError, match="not iterable"):
        iter(studies)


async def test_pages_are_numbered(visitor: MGnify) -> None:
    studies = visitor.studies.list()
    assert await studies.page(3) == await studies.get(3) == (await studies.collect())[200:]
    assert await studies.get() == await studies.page(1)


async def test_ids_are_what_records_go_by(visitor: MGnify) -> None:
    assert await visitor.studies.list().ids(limit=2) == ["MGYS00000001", "MGYS00000002"]
    assert (await visitor.genomes.list().ids(limit=1))[0].startswith("MGYG")
    assert await visitor.publications.list().ids(limit=1) == ["30000001"]
    assert await visitor.catalogues.list().ids() == ["human-gut-v2-0-2", "marine-v2-0"]
    assert await visitor.biomes.list().ids(limit=1) == ["root"]
    assert await visitor.studies.list(search="no such thing").ids() == []
    with pytest.raises(InvalidRequestError, match="no ids"):
        await visitor.analyses.typed_annotations("MGYA00000001", "pfams").ids()


async def test_a_query_set_becomes_a_data_frame(visitor: MGnify) -> None:
    studies = visitor.studies.list(order="accession")
    expected = await studies.ids(limit=120)
    for frame in (await studies.to_pandas(limit=120), (await studies.collect(limit=120)).to_pandas()):
        assert list(frame["accession"]) == expected
    polars = await studies.to_polars(limit=120)
    assert polars["accession"].to_list() == expected
    assert (await studies.to_polars()).height == 230


async def test_a_page_size_that_the_server_cuts_loses_nothing(visitor: MGnify) -> None:
    accessions = {study.accession async for study in visitor.studies.list(page_size=200)}
    assert len(accessions) == 230


async def test_a_page_past_the_end_is_empty(visitor: MGnify) -> None:
    assert await visitor.studies.list().get(99) == []
    assert await visitor.studies.list(search="no such thing").collect() == []
    assert await visitor.studies.list(search="no such thing").first() is None


async def test_a_failed_page_raises_and_is_never_skipped(visitor: MGnify, server: MGnifyServer) -> None:
    path = "/metagenomics/api/v2/studies/"
    rule = server.faults.add(ServerFault.status(503), path=path, after=1)
    seen: list[str] = []

    async def walk() -> None:
        async for study in visitor.studies.list():
            seen.append(study.accession)

    with pytest.raises(ServerError):
        await walk()
    assert len(seen) == 100
    server.faults.remove(rule)
    server.faults.add(ServerFault.status(429, retry_after=0.01), path=path, after=1, times=2)
    assert len(await visitor.studies.list().collect()) == 230


async def test_a_token_that_ends_in_the_middle_of_a_walk_loses_nothing(
    make_client: MakeClient, visitor: MGnify, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    everything = await visitor.runs.list().collect()
    server.counters.reset()
    owner = make_client(username="Webin-1001", password="sandbox-webin", clock=shared_clock.client)
    seen: list[Run] = []
    async for page in owner.runs.list().pages():
        seen += page
        server.invalidate_tokens()
        await shared_clock.advance(60)  # a token fetched after a 401 is kept for at least half a minute
    assert [run for run in seen if run in everything] == everything
    assert len(seen) > len(everything) > 300
    assert server.counters.by_status[401] >= 2 * 3


async def test_a_failed_page_is_fetched_again(visitor: MGnify, server: MGnifyServer) -> None:
    server.settings.failing_pages[2] = 503
    with pytest.raises(ServerError):
        await visitor.studies.list().collect()
    del server.settings.failing_pages[2]
    assert len(await visitor.studies.list().collect()) == 230


async def test_a_count_goes_the_way_of_every_call(owner: MGnify, server: MGnifyServer) -> None:
    assert await owner.private_studies.count() == 3
    assert await owner.studies.samples("MGYS00000231").count() > 0


async def test_one_bound_holds_for_all_sets(make_client: MakeClient, server: MGnifyServer) -> None:
    client = make_client(concurrency=ConcurrencyLimit(3))
    server.faults.add(ServerFault.delay(0.01))
    studies, samples = client.studies.list(page_size=20), client.samples.list(page_size=40)
    await asyncio.gather(studies.paginate().prefetch(5).collect(), samples.paginate().prefetch(5).collect())
    assert server.counters.max_in_flight == 3


def test_a_client_and_its_sets_work_in_one_event_loop_after_another(server: MGnifyServer, tmp_path: Path) -> None:
    client = MGnify(base_url=server.url, username="Webin-1001", password="sandbox-webin", page_cache=tmp_path)
    studies, mine = client.studies.list(), client.private_studies

    async def walk() -> tuple[int, int]:
        return len(await studies.collect()), len([study async for study in mine])

    assert [asyncio.run(walk()) for _ in range(3)] == [(230, 3)] * 3


async def test_details_of_a_set_are_fetched_side_by_side(visitor: MGnify) -> None:
    found = [
        outcome.value async for outcome in visitor.map(visitor.studies.get, await visitor.studies.list().ids(limit=20))
    ]
    assert [study.accession for study in found if study is not None] == await visitor.studies.list().ids(limit=20)


async def test_an_unknown_filter_is_refused_before_it_is_sent(visitor: MGnify, server: MGnifyServer) -> None:
    with pytest.raises(InvalidRequestError, match="has no filter title; it has search, biome_lineage"):
        visitor.studies.list().filter(title="x")
    assert server.counters.total == 0


async def test_a_misspelled_filter_is_rejected_before_a_plan_is_shown(visitor: MGnify) -> None:
    misspelt: dict[str, Any] = {"serch": "gut"}
    with pytest.raises(InvalidRequestError, match="/studies/ has no filter serch; it has search, biome_lineage"):
        visitor.studies.list(**misspelt)
    with pytest.raises(InvalidRequestError, match="has no filter search; it has page_size"):
        visitor.studies.samples("MGYS00000001", search="gut")  # type: ignore[call-arg]


async def test_filters_reach_the_server(visitor: MGnify) -> None:
    by_pipeline = visitor.studies.list(has_analyses_from_pipeline=PipelineVersion.V6)
    assert 0 < await by_pipeline.count() < 230
    cleared = by_pipeline.filter(has_analyses_from_pipeline=None)
    assert await cleared.count() == 230
    amplicons = await visitor.runs.list(has_experiment_type="AMPLI").collect()
    assert {run.experiment_type for run in amplicons} == {"Amplicon"}
    recent = visitor.publications.list(title="GUT", published_after=2015, order="published_year")
    years = [found.published_year for found in await recent.collect()]
    assert years
    assert all(year is not None and year >= 2015 for year in years)
    biomes = [biome.lineage for biome in await visitor.biomes.list(biome_lineage="root:Engineered").collect()]
    assert biomes == ["root:Engineered", "root:Engineered:Food production", "root:Engineered:Wastewater"]
    samples = [sample.sample_title for sample in await visitor.samples.list(search="lake", order="sample_title").get()]
    assert samples == sorted(title for title in samples if title is not None)
    marine = await visitor.catalogues.genomes("marine-v2-0", search="escherichia", order="-length").collect()
    assert [genome.length for genome in marine] == sorted((genome.length for genome in marine), reverse=True)


async def test_it_is_not_awaited_itself(visitor: MGnify) -> None:
    with pytest.raises(TypeError, match="cannot await"):
        await visitor.studies.list()
