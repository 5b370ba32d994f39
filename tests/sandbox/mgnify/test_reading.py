from typing import Any

import aiohttp
import pytest

from asdk.sandbox import MGnifyServer, Sandbox, ServerFault


async def get(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(path) as reply:
        assert reply.status == 200, await reply.text()
        return await reply.json()


@pytest.mark.parametrize(
    "path",
    [
        "studies/",
        "studies/MGYS00000001/analyses/",
        "studies/MGYS00000001/publications/",
        "studies/MGYS00000001/samples/",
        "samples/",
        "samples/SAMEA1000001/runs/",
        "samples/ERS500001/assemblies/",
        "runs/",
        "runs/ERR3000001/analyses/",
        "runs/ERR3000001/assemblies/",
        "assemblies/",
        "assemblies/ERZ700001/genome-links",
        "assemblies/ERZ700001/additional-contained-genomes",
        "assemblies/ERZ700001/analyses",
        "analyses/",
        "analyses/MGYA00000001/annotations/taxonomies__ssu",
        "publications/",
        "genomes/",
        "genomes/catalogues/",
        "genomes/catalogues/marine-v2-0/genomes/",
        "biomes/",
        "super-studies/",
    ],
)
async def test_every_list_has_a_count_and_items(visitor: aiohttp.ClientSession, path: str) -> None:
    body = await get(visitor, path)
    assert set(body) == {"count", "items"}
    assert len(body["items"]) == min(body["count"], 100) > 0
    assert await get(visitor, f"{path}?page=99999") == {"count": body["count"], "items": []}


@pytest.mark.parametrize(
    ("path", "key", "more"),
    [
        ("studies/MGYS00000001", "accession", {"first_accession", "downloads", "metadata"}),
        ("samples/SAMEA1000001", "accession", {"studies", "metadata"}),
        ("runs/ERR3000001", "accession", {"sample", "study"}),
        ("assemblies/ERZ700001", "accession", {"run_accession", "status"}),
        ("analyses/MGYA00000001", "accession", {"downloads", "read_run", "quality_control_summary"}),
        ("publications/30000001", "pubmed_id", {"studies"}),
        ("genomes/MGYG000000001", "accession", {"catalogue", "downloads", "trnas"}),
        ("genomes/catalogues/marine-v2-0", "catalogue_id", {"biome", "downloads", "genome_count"}),
        ("super-studies/ocean-survey", "slug", {"flagship_studies", "genome_catalogues"}),
    ],
)
async def test_details_have_more_members_than_lists(
    visitor: aiohttp.ClientSession, path: str, key: str, more: set[str]
) -> None:
    body = await get(visitor, path)
    assert str(body[key]) in path
    assert more <= set(body)


async def test_annotations_and_lookups(visitor: aiohttp.ClientSession) -> None:
    assert await get(visitor, "studies/insdc/PRJEB20002") == {"accession": "MGYS00000002"}
    found = (await get(visitor, "analyses/MGYA00000001/annotations"))["annotations"]
    assert len(found["taxonomies"]["ssu"]) == 3
    assert len(found["pfams"]) == 120
    assert set(await get(visitor, "genomes/MGYG000000001/annotations")) == {"accession", "annotations"}
    assert set(await get(visitor, "publications/30000001/annotations")) == {"sample_processing", "other"}


async def test_a_page_is_silently_cut_at_a_hundred(visitor: aiohttp.ClientSession) -> None:
    for query, size in {"": 100, "?page_size=200": 100, "?page_size=20": 20, "?page=3&page_size=500": 30}.items():
        body = await get(visitor, f"studies/{query}")
        assert (body["count"], len(body["items"])) == (230, size)


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("studies/?page=0", "page", "greater_than_equal"),
        ("studies/?page_size=-1", "page_size", "greater_than_equal"),
        ("studies/?page=one", "page", "int_parsing"),
        ("studies/?order=title", "order", "literal_error"),
        ("studies/?has_analyses_from_pipeline=V9", "has_analyses_from_pipeline", "literal_error"),
        ("runs/?has_experiment_type=NOPE", "has_experiment_type", "literal_error"),
        ("biomes/?max_depth=0", "max_depth", "greater_than_equal"),
        ("publications/?published_after=x", "published_after", "int_parsing"),
    ],
)
async def test_a_bad_query_is_a_422_with_a_list(
    visitor: aiohttp.ClientSession, path: str, name: str, kind: str
) -> None:
    async with visitor.get(path) as reply:
        assert reply.status == 422
        (problem,) = (await reply.json())["detail"]
        assert (problem["loc"], problem["type"]) == (["query", name], kind)


async def test_bad_path_parameters_are_422_too(visitor: aiohttp.ClientSession) -> None:
    for path in ("analyses/MGYA00000001/annotations/nope", "publications/nope"):
        async with visitor.get(path) as reply:
            assert (reply.status, (await reply.json())["detail"][0]["loc"][0]) == (422, "path")


async def test_filters_and_orders(visitor: aiohttp.ClientSession) -> None:
    marine = await get(visitor, "studies/?biome_lineage=root:Environmental:Aquatic&order=-accession")
    assert marine["items"]
    assert all(item["biome"]["lineage"].startswith("root:Environmental:Aquatic") for item in marine["items"])
    accessions = [item["accession"] for item in marine["items"]]
    assert accessions == sorted(accessions, reverse=True)
    gut = await get(visitor, "studies/?search=GUT")
    assert all("gut" in item["title"] for item in gut["items"])
    assert (await get(visitor, "studies/?search=mgys00000007"))["count"] == 1
    assert (await get(visitor, "studies/?order=&unknown=1"))["count"] == 230
    assert 0 < (await get(visitor, "studies/?has_analyses_from_pipeline=V6"))["count"] < 230
    runs = await get(visitor, "runs/?has_experiment_type=AMPLI")
    assert {item["experiment_type"] for item in runs["items"]} == {"Amplicon"}
    titles = [item["sample_title"] for item in (await get(visitor, "samples/?order=-sample_title"))["items"]]
    assert titles == sorted(titles, reverse=True)
    last = await get(visitor, "samples/?order=sample_title&page=5")
    assert last["items"][-1]["sample_title"] is None
    years = await get(visitor, "publications/?published_after=2015&published_before=2016&order=published_year")
    assert {item["published_year"] for item in years["items"]} == {2015, 2016}
    lengths = [item["length"] for item in (await get(visitor, "genomes/?order=length&search=roseburia"))["items"]]
    assert lengths == sorted(lengths)
    assert {len(item["lineage"].split(":")) for item in (await get(visitor, "biomes/?max_depth=2"))["items"]} == {1, 2}


async def test_a_genome_of_two_catalogues_is_told_apart_by_the_query(visitor: aiohttp.ClientSession) -> None:
    for catalogue in ("human-gut-v2-0-2", "marine-v2-0"):
        body = await get(visitor, f"genomes/MGYG000000001?catalogue_id={catalogue}")
        assert body["catalogue"]["catalogue_id"] == catalogue
    async with visitor.get("genomes/MGYG000000001?catalogue_id=soil") as reply:
        assert reply.status == 404


async def test_an_unknown_path_is_html_and_a_wrong_method_lists_others(visitor: aiohttp.ClientSession) -> None:
    for path in ("nothing/", "studies", "assemblies/ERZ700001/analyses/"):
        async with visitor.get(path) as reply:
            assert (reply.status, reply.content_type) == (404, "text/html")
    async with visitor.post("studies/") as reply:
        assert (reply.status, reply.headers["Allow"]) == (405, "GET")


async def test_faults_speak_as_the_server_does(mgnify: MGnifyServer, visitor: aiohttp.ClientSession) -> None:
    mgnify.faults.add(ServerFault.status(429, retry_after=7), times=1)
    async with visitor.get("studies/") as reply:
        assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
        assert await reply.json() == {"detail": "Too many requests."}
    mgnify.faults.add(ServerFault.status(401), times=1)
    async with visitor.get("studies/") as reply:
        assert (await reply.json())["code"] == "token_not_valid"
    mgnify.faults.add(ServerFault.status(503), path="*/studies/", after=1, times=1)
    for status in (200, 503, 200):
        async with visitor.get("studies/") as reply:
            assert reply.status == status


async def test_a_page_can_be_broken_by_its_number(mgnify: MGnifyServer, visitor: aiohttp.ClientSession) -> None:
    mgnify.settings.failing_pages = {2: 503, 3: 429}
    for page, status in ((3, 429), (2, 503), (1, 200)):
        async with visitor.get(f"studies/?page={page}") as reply:
            assert reply.status == status
            assert isinstance(await reply.json(), dict)


async def test_the_life_of_all_tokens_can_be_set_at_once() -> None:
    sandbox = Sandbox(token_lifetime=2.0)
    assert sandbox.mgnify.settings.token_lifetime == sandbox.bioepic.settings.token_lifetime == 2.0


async def test_the_same_seed_gives_the_same_data(visitor: aiohttp.ClientSession) -> None:
    here = await get(visitor, "samples/")
    for seed, same in ((0, True), (1, False)):
        async with Sandbox(seed=seed) as other, aiohttp.ClientSession(f"{other.mgnify.api_url}/") as session:
            assert (await get(session, "samples/") == here) is same
