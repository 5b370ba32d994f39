"""Types of the client's public API, checked by the type checkers. Not run."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from asdk import Paginator, Records
from asdk.clients.mgnify import MGnify, MGnifyConfig, QuerySet
from asdk.clients.mgnify.models import (
    AnnotationType,
    FragmentSearch,
    GatherStatus,
    PipelineVersion,
    SampleWithMetadata,
    Study,
    StudyDetail,
    TypedAnnotation,
)
from asdk.transfers.download import DownloadResult


async def results(client: MGnify) -> None:
    assert_type(client.studies.list(has_analyses_from_pipeline=PipelineVersion.V6), QuerySet[Study])
    assert_type(client.studies.list().filter(search="gut"), QuerySet[Study])
    assert_type(client.studies.samples("MGYS00000001").paginate(), Paginator[SampleWithMetadata])
    assert_type(client.private_studies, QuerySet[Study])
    assert_type(await client.private_studies.get(), Records[Study])
    assert_type(await client.studies.get("MGYS00000001"), StudyDetail)
    assert_type(await client.studies.list().first(), Study | None)
    assert_type(client.studies.list().explain(3), list[str])
    assert_type(await client.studies.list()[3], Study)
    assert_type(await client.studies.list().page(3), Records[Study])
    assert_type(await client.studies.list().ids(limit=3), list[str])
    assert_type([page async for page in client.studies.list().pages()], list[Records[Study]])
    assert_type(await client.auth.verify(), bool)
    accession = "MGYS00000001"
    assert_type(await client.files.read("https://files.test/a", refresh=lambda: client.studies.get(accession)), bytes)
    assert_type(await client.searches.fragment("ACGT"), FragmentSearch)
    assert_type(await client.searches.wait("job", within=60), GatherStatus)
    assert_type(await client.files.download("https://files.test/a", Path("a")), DownloadResult)
    async for annotation in client.analyses.typed_annotations("MGYA00000001", AnnotationType.PFAMS):
        assert_type(annotation, TypedAnnotation)


async def refused_statuses(client: MGnify) -> None:
    await client.studies.get("MGYS00000001", time_out=5)  # type: ignore[call-arg]
    client.studies.list(title="gut")  # type: ignore[call-arg]
    MGnify(user="Webin-1")  # type: ignore[call-arg]
    MGnifyConfig(username="Webin-1")  # type: ignore[call-arg]
