"""Every operation of EdgeQuake's API, called once through our client, and each reply of the sandbox held against its
published shape.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import ParsedPdf, ParseJob
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.resources import Resource
from asdk.sandbox import EdgeQuakeServer, EdgeQuakeSettings, Sandbox
from asdk.sandbox.edgequake.settings import DEFAULT_TENANT_ID, DEFAULT_USER_ID, DEFAULT_WORKSPACE_ID
from asdk.streaming.streams import EventStream
from asdk.transports.base import Handler
from tests.clients.edgequake.test_contract import OPERATIONS
from tests.contracts.operations import OperationCoverage, operations
from tests.support.edgequake_schemas import problems

T = TypeVar("T")
TENANT, WORKSPACE = DEFAULT_TENANT_ID, DEFAULT_WORKSPACE_ID
TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Charles Babbage.) Tj ET\n%%EOF"


class Witness:
    """Keeps the last response that was not a stream."""

    last: Response | None = None

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        response = await call_next(request)
        self.last = None if request.stream else response
        return response


class ShapedCoverage(OperationCoverage):
    """A cover that looks at each reply too: no member too many, none missing, each of its type."""

    def __init__(self, server: EdgeQuakeServer, witness: Witness) -> None:
        super().__init__(server, "edgequake")
        self._witness = witness

    async def __call__(self, method: str, call: Awaitable[T]) -> T:
        result = await super().__call__(method, call)
        shape, response = OPERATIONS.get(method), self._witness.last
        if shape is None or response is None or shape.reply == "location":
            return result
        assert response.status in shape.statuses
        if shape.reply == "":
            assert response.content == b""
        else:
            assert problems(shape.schema, response.json(), strict=True) == [], method
        return result


async def test_every_operation_can_be_called(tmp_path: Path) -> None:
    async with Sandbox(edgequake=EdgeQuakeSettings(strict=True)) as sandbox:
        server = sandbox.edgequake
        async with EdgeQuake(
            base_url=server.url,
            username="admin",
            password="sandbox-admin",
            tenant_id=TENANT,
            workspace_id=WORKSPACE,
            user_id=DEFAULT_USER_ID,
            middleware=[witness := Witness()],
        ) as client:
            cover = ShapedCoverage(server, witness)
            await accounts(cover, client)
            await documents(cover, client, server)
            await pdf_files(cover, client, server, tmp_path)
            await questions(cover, client)
            await graph(cover, client)
            await conversations(cover, client)
            await work(cover, client, server)
            await workspaces(cover, client)
            await the_server(cover, client)
            assert cover.missing() == []


def test_the_client_has_no_operation_that_is_not_listed() -> None:
    client = EdgeQuake(auth=None)
    operations_of_resources = {
        f"{name}.{method}"
        for name, attribute in inspect.getmembers(client)
        if isinstance(attribute, Resource)
        for method in dir(type(attribute))
        if not method.startswith("_")
    }
    listed = {operation.method for operation in operations("edgequake")}
    assert operations_of_resources == {method for method in listed if "." in method}


async def events_of(stream: EventStream[T]) -> list[T]:
    async with stream as events:
        return [event async for event in events]


async def accounts(cover: OperationCoverage, client: EdgeQuake) -> None:
    login = await cover("auth.login", client.auth.login("admin", "sandbox-admin"))
    await cover("auth.refresh", client.auth.refresh(login.refresh_token))
    assert (await cover("auth.me", client.auth.me())).user_id == login.user.user_id
    await cover("auth.logout", client.auth.logout(login.refresh_token))
    address = urlsplit(await cover("auth.oidc_login", client.auth.oidc_login()))
    state = parse_qs(address.query)["state"][0]
    await cover("auth.oidc_callback", client.auth.oidc_callback("user", state))
    ada = await cover("users.create", client.users.create("ada", email="ada@example.org", password="pw"))
    assert ada in await cover("users.list", client.users.list().collect())
    assert await cover("users.get", client.users.get(ada.user_id)) == ada
    await cover("users.update", client.users.update(ada.user_id, is_active=False))
    await cover("users.delete", client.users.delete(ada.user_id))
    key = await cover("api_keys.create", client.api_keys.create("laptop", scopes=["read"]))
    assert key.key_id in [one.key_id for one in await cover("api_keys.list", client.api_keys.list().collect())]
    await cover("api_keys.revoke", client.api_keys.revoke(key.key_id))


async def documents(cover: OperationCoverage, client: EdgeQuake, server: EdgeQuakeServer) -> None:
    made = await cover("documents.upload", client.documents.upload(TEXT, title="Notes"))
    one = made.document_id
    await cover("documents.track", client.documents.track(made.track_id))
    await cover("documents.wait", client.documents.wait(made.track_id))
    await cover("documents.get", client.documents.get(one))
    await cover("documents.upload_file", client.documents.upload_file(("a.md", b"Ada Lovelace")))
    await cover("documents.upload_batch", client.documents.upload_batch([("b.md", b"Charles Babbage")]))
    assert (await cover("documents.count", client.documents.count())).total == 3
    assert len(await cover("documents.list", client.documents.list().collect())) == 3
    assert (await cover("documents.search", client.documents.search(query="notes"))).items[0].id == one
    await cover("documents.scan", client.documents.scan("/srv/documents"))
    server.end_next_document("partial_failure")
    half = (await client.documents.upload("half of it")).document_id
    assert (await cover("documents.failed_chunks", client.documents.failed_chunks(half))).failed_chunks
    await cover("documents.retry_chunks", client.documents.retry_chunks(half))
    await cover("documents.reprocess_failed", client.documents.reprocess_failed())
    await cover("documents.recover_stuck", client.documents.recover_stuck())
    await cover("documents.reanalyze", client.documents.reanalyze(one))
    assert (await cover("documents.lineage", client.documents.lineage(one))).lineage
    assert await cover("documents.export_lineage", client.documents.export_lineage(one, format="csv"))
    assert (await cover("documents.metadata", client.documents.metadata(one)))["title"] == "Notes"
    await cover("documents.deletion_impact", client.documents.deletion_impact(one))
    assert (await cover("documents.delete", client.documents.delete(half))).deleted
    assert (await cover("documents.delete_all", client.documents.delete_all())).deleted_count == 6


async def pdf_files(cover: OperationCoverage, client: EdgeQuake, server: EdgeQuakeServer, folder: Path) -> None:
    made = await cover("pdf.upload", client.pdf.upload(("a.pdf", PDF)))
    assert made.track_id is not None
    await cover("pdf.progress", client.pdf.progress(made.track_id))
    assert (await cover("pdf.stream_progress", events_of(client.pdf.stream_progress(made.track_id))))[-1].is_complete
    await cover("pdf.upload_batch", client.pdf.upload_batch([("b.pdf", PDF + b"b")]))
    assert len(await cover("pdf.list", client.pdf.list().collect())) == 2
    await cover("pdf.get", client.pdf.get(made.pdf_id))
    content = await cover("pdf.content", client.pdf.content(made.pdf_id))
    assert content.markdown_content == "Ada Lovelace met Charles Babbage."
    await cover("pdf.download", client.pdf.download(made.pdf_id, to=folder / "a.pdf"))
    assert (folder / "a.pdf").read_bytes() == PDF
    server.end_next_document("failed")
    lost = (await client.pdf.upload(("c.pdf", PDF + b"c"))).pdf_id
    server.settings.processing_time = 3600
    await cover("pdf.retry", client.pdf.retry(lost))
    await cover("pdf.cancel", client.pdf.cancel(lost))
    server.settings.processing_time = 0
    await cover("pdf.delete", client.pdf.delete(lost))
    assert isinstance(await cover("parse.parse", client.parse.parse(("a.pdf", PDF))), ParsedPdf)
    job = await client.parse.parse(("a.pdf", PDF), settings={"async": True})
    assert isinstance(job, ParseJob)
    await cover("parse.job", client.parse.job(job.job_id))
    await cover("parse.backends", client.parse.backends())


async def questions(cover: OperationCoverage, client: EdgeQuake) -> None:
    made = await client.documents.upload(TEXT)
    assert "Sarah Chen" in (await cover("query.execute", client.query.execute("Who is at Acme Labs?"))).answer
    assert len(await cover("query.stream", events_of(client.query.stream("Where is Acme Labs?")))) > 2
    pieces = await cover("query.stream_text", events_of(client.query.stream_text("Where is Acme Labs?")))
    assert "".join(piece.data for piece in pieces).startswith("Sarah Chen")
    context = await cover("contexts.retrieve", client.contexts.retrieve("Where is Acme Labs?"))
    assert (await cover("contexts.get", client.contexts.get(context.retrieval_id))).cached
    assert (await cover("contexts.search", client.contexts.search("Acme Labs"))).results[0].title == TEXT
    found = await cover("contexts.artifact", client.contexts.artifact("chunk", context.bundle.chunks[0].id))
    assert found.chunk is not None
    assert found.chunk.content == TEXT
    answer = await cover("chat.complete", client.chat.complete("Where is Acme Labs?"))
    assert len(await cover("chat.stream", events_of(client.chat.stream("And Sarah Chen?")))) > 2
    assert answer.sources[0].document_id == made.document_id
    chunk = f"{made.document_id}-chunk-0"
    assert (await cover("chunks.get", client.chunks.get(chunk))).content == TEXT
    await cover("chunks.lineage", client.chunks.lineage(chunk))
    await cover("lineage.document", client.lineage.document(made.document_id))
    await cover("lineage.entity", client.lineage.entity("OSLO"))
    await cover("entities.provenance", client.entities.provenance("OSLO"))


async def graph(cover: OperationCoverage, client: EdgeQuake) -> None:
    assert (await cover("graph.get", client.graph.get())).total_nodes == 5
    assert len(await cover("graph.stream", events_of(client.graph.stream()))) >= 4
    await cover("graph.get_node", client.graph.get_node("OSLO"))
    await cover("graph.search_nodes", client.graph.search_nodes("sarah"))
    assert await cover("graph.search_labels", client.graph.search_labels("acme")) == ["ACME_LABS"]
    await cover("graph.popular_labels", client.graph.popular_labels())
    assert [one.degree for one in await cover("graph.degrees", client.graph.degrees(["OSLO"]))] == [1]
    entity: dict[str, Any] = {"entity_type": "place", "description": "d", "source_id": "manual"}
    await cover("entities.create", client.entities.create("Bergen", **entity))
    assert (await cover("entities.exists", client.entities.exists("Bergen"))).exists
    await cover("entities.get", client.entities.get("BERGEN"))
    await cover("entities.update", client.entities.update("BERGEN", description="A city"))
    assert "BERGEN" in [one.entity_name for one in await cover("entities.list", client.entities.list().collect())]
    await cover("entities.neighborhood", client.entities.neighborhood("OSLO"))
    link: dict[str, Any] = {"keywords": "near", "description": "d", "source_id": "manual"}
    made = await cover("relationships.create", client.relationships.create("BERGEN", "OSLO", **link))
    one = made.relationship.id
    await cover("relationships.list", client.relationships.list().collect())
    await cover("relationships.get", client.relationships.get(one))
    await cover("relationships.update", client.relationships.update(one, weight=0.5))
    await cover("relationships.delete", client.relationships.delete(one))
    await cover("entities.merge", client.entities.merge("BERGEN", "OSLO"))
    await cover("entities.delete", client.entities.delete("OSLO"))


async def conversations(cover: OperationCoverage, client: EdgeQuake) -> None:
    folder = await cover("folders.create", client.folders.create("F"))
    await cover("folders.update", client.folders.update(folder.id, name="G"))
    assert [one.name for one in await cover("folders.list", client.folders.list())] == ["G"]
    talks = client.conversations
    one = (await cover("conversations.create", talks.create(title="T", folder_id=folder.id))).id
    said = await cover("conversations.create_message", talks.create_message(one, "hi"))
    await cover("conversations.update_message", talks.update_message(said.id, content="hello"))
    assert len(await cover("conversations.messages", talks.messages(one).collect())) == 1
    await cover("conversations.get", talks.get(one))
    await cover("conversations.update", talks.update(one, is_pinned=True))
    assert await cover("conversations.list", talks.list(pinned=True).first())
    share = await cover("conversations.share", talks.share(one))
    await cover("conversations.get_shared", talks.get_shared(share.share_id))
    await cover("conversations.unshare", talks.unshare(one))
    await cover("conversations.import_conversations", talks.import_conversations([{"title": "I", "messages": []}]))
    await cover("conversations.bulk_move", talks.bulk_move([one], folder_id=None))
    await cover("conversations.bulk_archive", talks.bulk_archive([one]))
    await cover("conversations.delete_message", talks.delete_message(said.id))
    await cover("conversations.delete", talks.delete(one))
    other = (await talks.create()).id
    assert (await cover("conversations.bulk_delete", talks.bulk_delete([other]))).affected == 1
    await cover("folders.delete", client.folders.delete(folder.id))


async def work(cover: OperationCoverage, client: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.settings.processing_time = 3600
    track_id = (await client.documents.upload("for later")).track_id
    await cover("tasks.list", client.tasks.list().collect())
    await cover("tasks.get", client.tasks.get(track_id))
    await cover("tasks.cancel", client.tasks.cancel(track_id))
    await cover("tasks.retry", client.tasks.retry(track_id))
    assert (await cover("pipeline.status", client.pipeline.status())).is_busy
    await cover("pipeline.cancel", client.pipeline.cancel())
    server.settings.processing_time = 0
    await cover("pipeline.queue_metrics", client.pipeline.queue_metrics())
    model = (await cover("pipeline.pricing", client.pipeline.pricing())).models[0].model
    estimate = client.pipeline.estimate_cost(model, input_tokens=1000, output_tokens=10)
    await cover("pipeline.estimate_cost", estimate)
    assert (await cover("costs.summary", client.costs.summary())).total_cost > 0
    assert await cover("costs.history", client.costs.history())
    await cover("costs.update_budget", client.costs.update_budget(monthly_budget_usd=5))
    assert (await cover("costs.budget", client.costs.budget())).monthly_budget_usd == 5


async def workspaces(cover: OperationCoverage, client: EdgeQuake) -> None:
    tenant = (await cover("tenants.create", client.tenants.create("Acme"))).id
    await cover("tenants.get", client.tenants.get(tenant))
    await cover("tenants.update", client.tenants.update(tenant, plan="pro"))
    assert len(await cover("tenants.list", client.tenants.list().collect())) == 2
    spaces = client.workspaces
    made = await cover("workspaces.create", spaces.create(tenant, "Notes", slug="notes"))
    assert await cover("workspaces.get_by_slug", spaces.get_by_slug(tenant, "notes")) == made
    await cover("workspaces.list", spaces.list(tenant).collect())
    await cover("workspaces.get", spaces.get(made.id))
    await cover("workspaces.update", spaces.update(made.id, description="d"))
    await cover("workspaces.delete", spaces.delete(made.id))
    await cover("tenants.delete", client.tenants.delete(tenant))
    await cover("workspaces.stats", spaces.stats(WORKSPACE))
    await cover("workspaces.trigger_metrics_snapshot", spaces.trigger_metrics_snapshot(WORKSPACE))
    assert len(await cover("workspaces.metrics_history", spaces.metrics_history(WORKSPACE).collect())) == 1
    await cover("workspaces.rebuild_embeddings", spaces.rebuild_embeddings(WORKSPACE))
    await cover("workspaces.rebuild_knowledge_graph", spaces.rebuild_knowledge_graph(WORKSPACE))
    await cover("workspaces.reprocess_documents", spaces.reprocess_documents(WORKSPACE))
    injections = client.injections
    put = await cover("injections.put", injections.put(WORKSPACE, "rules", content="Oslo is a city."))
    await cover("injections.put_file", injections.put_file(WORKSPACE, ("more.md", b"More.")))
    assert len(await cover("injections.list", injections.list(WORKSPACE).collect())) == 2
    await cover("injections.get", injections.get(WORKSPACE, put.injection_id))
    await cover("injections.update", injections.update(WORKSPACE, put.injection_id, content="New."))
    await cover("injections.delete", injections.delete(WORKSPACE, put.injection_id))
    await cover("jobs.catalog", client.jobs.catalog(WORKSPACE))
    job = await cover("jobs.create", client.jobs.create(WORKSPACE, "rebuild_embeddings"))
    assert len(await cover("jobs.list", client.jobs.list(WORKSPACE).collect())) == 1
    await cover("jobs.get", client.jobs.get(WORKSPACE, job.job_id))
    await cover("jobs.cancel", client.jobs.cancel(WORKSPACE, job.job_id))


async def the_server(cover: OperationCoverage, client: EdgeQuake) -> None:
    assert (await cover("health", client.health())).status == "healthy"
    assert await cover("ready", client.ready())
    assert await cover("live", client.live())
    assert "edgequake_http_requests_total" in await cover("metrics", client.metrics())
    name = (await cover("models.list", client.models.list())).default_llm_model
    await cover("models.list_llm", client.models.list_llm())
    await cover("models.list_embedding", client.models.list_embedding())
    await cover("models.health", client.models.health())
    await cover("models.provider", client.models.provider("openai"))
    assert (await cover("models.model", client.models.model("openai", name))).name == name
    await cover("settings.provider_status", client.settings.provider_status())
    await cover("settings.providers", client.settings.providers())
    await cover("settings.effective_config", client.settings.effective_config())
    await cover("admin.server_defaults", client.admin.server_defaults())
    await cover("admin.update_server_defaults", client.admin.update_server_defaults(5))
    await cover("admin.update_tenant_quota", client.admin.update_tenant_quota(TENANT, 3))
    place: dict[str, Any] = {
        "slug": "s",
        "display_name": "S",
        "api_shape": "openai",
        "base_url": "https://llm.example.org",
    }
    one = (await cover("connections.create", client.connections.create(**place))).id
    await cover("connections.update", client.connections.update(one, **place))
    await cover("connections.test", client.connections.test(one))
    await cover("connections.test_provider", client.connections.test_provider("openai"))
    assert len(await cover("connections.list", client.connections.list())) == 1
    await cover("connections.delete", client.connections.delete(one))
