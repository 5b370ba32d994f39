"""The vendor's own packages, unmodified, against the sandbox; and beside them our client: equal results from one state.

Two versions, since neither can do all: 0.1.3 logs in, 0.3.0 reads. What our client leaves at the server's names is
compared key by key; a key that only one side has is passed over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import attrs
import pytest

from asdk.clients.mgnify import MGnify
from asdk.clients.mgnify.models import StudyDetail
from asdk.sandbox import MGnifyServer, Sandbox
from tests.conformance import vendors

SLIDING = "/metagenomics/api/v2/auth/sliding"
USERNAME, PASSWORD = "Webin-1001", "sandbox-webin"


async def detail_of(mgnify: MGnify, index: int) -> StudyDetail:
    return await mgnify.studies.get((await mgnify.studies.list()[index]).accession)


#: What `mgnipy_read` writes under each name, and how our client reads it.
READS: dict[str, Callable[[MGnify], Awaitable[Any]]] = {
    "studies": lambda mgnify: mgnify.studies.list().get(),
    "samples": lambda mgnify: mgnify.samples.list().get(),
    "runs": lambda mgnify: mgnify.runs.list().get(),
    "assemblies": lambda mgnify: mgnify.assemblies.list().get(),
    "analyses": lambda mgnify: mgnify.analyses.list().get(),
    "publications": lambda mgnify: mgnify.publications.list().get(),
    "genomes": lambda mgnify: mgnify.genomes.list().get(),
    "catalogues": lambda mgnify: mgnify.catalogues.list().get(),
    "biomes": lambda mgnify: mgnify.biomes.list().get(),
    "study": lambda mgnify: mgnify.studies.get("MGYS00000001"),
    "study.samples": lambda mgnify: mgnify.studies.samples("MGYS00000001").collect(),
    "study.analyses": lambda mgnify: mgnify.studies.analyses("MGYS00000001").collect(),
    "study.publications": lambda mgnify: mgnify.studies.publications("MGYS00000001").collect(),
    "sample": lambda mgnify: mgnify.samples.get("SAMEA1000001"),
    "sample.runs": lambda mgnify: mgnify.samples.runs("SAMEA1000001").collect(),
    "sample.assemblies": lambda mgnify: mgnify.samples.assemblies("SAMEA1000001").collect(),
    "run": lambda mgnify: mgnify.runs.get("ERR3000001"),
    "run.analyses": lambda mgnify: mgnify.runs.analyses("ERR3000001").collect(),
    "run.assemblies": lambda mgnify: mgnify.runs.assemblies("ERR3000001").collect(),
    "assembly": lambda mgnify: mgnify.assemblies.get("ERZ700001"),
    "assembly.genomes": lambda mgnify: mgnify.assemblies.genomes("ERZ700001").collect(),
    "assembly.analyses": lambda mgnify: mgnify.assemblies.analyses("ERZ700001").collect(),
    "analysis": lambda mgnify: mgnify.analyses.get("MGYA00000001"),
    "publication": lambda mgnify: mgnify.publications.get(30000001),
    "genome": lambda mgnify: mgnify.genomes.get("MGYG000000001"),
    "catalogue": lambda mgnify: mgnify.catalogues.get("marine-v2-0"),
    "private_studies": lambda mgnify: mgnify.private_studies.get(),
    "studies.filter": lambda mgnify: mgnify.studies.list(search="gut", order="-accession", page_size=20).get(2),
    "studies.get_all": lambda mgnify: mgnify.studies.list(search="gut", page_size=10).collect(),
    "studies[1]": lambda mgnify: detail_of(mgnify, 1),
}


@pytest.fixture
def server() -> Iterator[MGnifyServer]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox.mgnify


def plain(value: Any) -> Any:
    """A value as the wire has it."""
    if attrs.has(type(value)):
        return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def assert_equal(theirs: Any, ours: Any, place: str) -> int:
    """Compare all that both sides have, and say how many values that were."""
    if isinstance(theirs, list) and isinstance(ours, list):
        assert len(theirs) == len(ours), place
        return sum(assert_equal(one, other, place) for one, other in zip(theirs, ours, strict=True))
    if isinstance(theirs, dict) and isinstance(ours, dict):
        shared = theirs.keys() & ours.keys()
        return sum(assert_equal(theirs[name], ours[name], f"{place}.{name}") for name in shared)
    assert theirs == ours, place
    return 1


async def test_equal_results_from_one_state(server: MGnifyServer, tmp_path: Path) -> None:
    environ = {"BASE_URL": f"{server.url}/", "AUTH_TOKEN": server.issue_token(), "CACHE_DIR": str(tmp_path / "cache")}
    theirs = await vendors.run("mgnipy==0.3.0", "mgnipy_read.py", tmp_path, environ)
    assert theirs.keys() == READS.keys()
    async with MGnify(base_url=server.url, username=USERNAME, password=PASSWORD) as client:
        for name, read in READS.items():
            found = plain(await read(client))
            compared = assert_equal(theirs[name], found if isinstance(found, list) else [found], name)
            assert compared >= 2 * len(theirs[name]) > 0, name


async def test_the_vendor_logs_in_and_both_read_the_same_private_studies(server: MGnifyServer, tmp_path: Path) -> None:
    known = {"MG_USER": USERNAME, "MG_PASSWORD": PASSWORD}
    environ = {"BASE_URL": f"{server.url}/", "CACHE_DIR": str(tmp_path / "cache"), **known}
    theirs = await vendors.run("mgnipy==0.1.3", "mgnipy_login.py", tmp_path, environ)
    assert "error" not in theirs
    assert server.counters.count("POST", SLIDING) == 1
    assert server.counters.count("POST", f"{SLIDING}/refresh") >= 1
    async with MGnify(base_url=server.url, auth_token=theirs["second"]) as client:
        assert await client.auth.verify(theirs["first"])
        assert assert_equal(theirs["studies"], plain(await client.private_studies.get()), "private studies") > 10


async def test_a_wrong_password_stops_the_vendor_too(server: MGnifyServer, tmp_path: Path) -> None:
    environ = {
        "BASE_URL": f"{server.url}/",
        "CACHE_DIR": str(tmp_path / "cache"),
        "MG_USER": USERNAME,
        "MG_PASSWORD": "nope",
    }
    theirs = await vendors.run("mgnipy==0.1.3", "mgnipy_login.py", tmp_path, environ)
    assert "error" in theirs
    assert set(server.counters.by_status) == {401}
