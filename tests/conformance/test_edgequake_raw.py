"""The vendor's raw calls, unmodified, for the operations of the contract that its package has nothing better for.

Each gives the same as ours: what it brings as plain data, read by our decoder, is what our method brings.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import attrs
import pytest

from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import (
    Artifact,
    FoundContexts,
    FoundDocuments,
    Job,
    LoginResult,
    PdfProgress,
    ReanalyzedDocument,
    RetrievedContext,
)
from asdk.models.decoding import decoder_for
from asdk.sandbox import EdgeQuakeServer, Sandbox

edgequake = pytest.importorskip("edgequake", reason="the vendor's package edgequake-sdk is not installed")
from tests.conformance.test_edgequake_vendor import settle  # noqa: E402

pytestmark = pytest.mark.anyio
TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo. ![The office](office.png)"
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> Iterator[EdgeQuakeServer]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox.edgequake


@pytest.fixture
def known(server: EdgeQuakeServer) -> dict[str, Any]:
    credentials = server.credentials
    return {
        "base_url": server.url,
        "api_key": credentials.api_key,
        "tenant_id": credentials.tenant_id,
        "workspace_id": credentials.workspace_id,
    }


@pytest.fixture(params=["EdgeQuake", "AsyncEdgeQuake"])
async def raw(request: pytest.FixtureRequest, known: dict[str, Any]) -> AsyncIterator[Any]:
    client = getattr(edgequake, request.param)(**known)
    yield client.operations
    await settle(client.close())


@pytest.fixture
async def ours(known: dict[str, Any]) -> AsyncIterator[EdgeQuake]:
    async with EdgeQuake(**known) as client:
        yield client


def read(kind: Any, data: Any) -> Any:
    return decoder_for(kind).from_data(data)


async def test_contexts(raw: Any, ours: EdgeQuake) -> None:
    made = await ours.documents.upload(TEXT)
    asked: dict[str, Any] = {"query": "Acme Labs", "content_granularity": "debug"}
    theirs = read(RetrievedContext, await settle(raw.retrieve_query_context(body=asked)))
    found = await ours.contexts.retrieve(**asked)
    assert attrs.evolve(theirs, retrieval_id=found.retrieval_id) == found
    again = read(RetrievedContext, await settle(raw.fetch_query_context(theirs.retrieval_id)))
    assert again == await ours.contexts.get(theirs.retrieval_id)
    short = read(FoundContexts, await settle(raw.search_query_context(body={"query": "Acme Labs"})))
    found_by_us = await ours.contexts.search("Acme Labs")
    assert [one.title for one in short.results] == [one.title for one in found_by_us.results]
    artifact = await settle(raw.get_context_artifact("document", made.document_id, query={"include_content": "true"}))
    assert read(Artifact, artifact) == await ours.contexts.artifact("document", made.document_id, include_content=True)


async def test_documents(raw: Any, ours: EdgeQuake) -> None:
    made = await ours.documents.upload(TEXT, title="Notes")
    read_again = await settle(raw.reanalyze_multimodal(made.document_id, body={"reindex": False}))
    assert read(ReanalyzedDocument, read_again) == await ours.documents.reanalyze(made.document_id, reindex=False)
    found = await settle(raw.search_documents(query={"q": "notes"}))
    assert read(FoundDocuments, found) == await ours.documents.search(query="notes")
    pdf = await ours.pdf.upload(("a.pdf", PDF), track_id="mine")
    assert pdf.track_id == "mine"
    async with ours.pdf.stream_progress("mine") as events:
        progress = [event async for event in events]
    theirs = await settle(raw.get_pdf_progress_stream("mine"))
    assert [read(PdfProgress, json.loads(event)) for event in theirs] == progress


async def test_jobs(raw: Any, ours: EdgeQuake, known: dict[str, Any]) -> None:
    workspace = known["workspace_id"]
    assert await settle(raw.list_workspace_job_catalog(workspace)) == await ours.jobs.catalog(workspace)
    made = read(Job, await settle(raw.create_workspace_job(workspace, body={"job_type": "rebuild_embeddings"})))
    assert read(Job, await settle(raw.get_workspace_job(workspace, made.job_id))) == await ours.jobs.get(
        workspace, made.job_id
    )
    listed = (await settle(raw.list_workspace_jobs(workspace)))["jobs"]
    assert [read(Job, job) for job in listed] == await ours.jobs.list(workspace)
    assert (await settle(raw.cancel_workspace_job(workspace, made.job_id)))["status"] == "cancelled"


async def test_a_login_at_an_identity_provider(raw: Any, ours: EdgeQuake) -> None:
    state = (await ours.auth.oidc_login()).partition("state=")[2].partition("&")[0]
    login = read(LoginResult, await settle(raw.oidc_callback(query={"code": "user", "state": state})))
    assert login.user.username == "user"
    assert "OK" in str(await settle(raw.liveness_check()))
