"""Each method of the vendor's package, unmodified, sync and async, called once against the sandbox.

Where a method cannot take the server's true shape, `BROKEN` says so: when one of these starts to pass, the vendor has
mended it. The flows, and what the replies hold, are tested in `test_edgequake_vendor` and `test_edgequake_vendor_more`.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from asdk.sandbox import EdgeQuakeServer, Sandbox, ServerFault

edgequake = pytest.importorskip("edgequake", reason="the vendor's package edgequake-sdk is not installed")
from edgequake.types.auth import CreateUserRequest, TenantCreate, TenantUpdate  # noqa: E402
from edgequake.types.conversations import ConversationUpdate, MessageCreate, MessageUpdate  # noqa: E402
from edgequake.types.graph import EntityCreate, EntityUpdate, RelationshipCreate, RelationshipUpdate  # noqa: E402
from edgequake.types.operations import BudgetUpdate  # noqa: E402
from edgequake.types.workspaces import WorkspaceCreate, WorkspaceUpdate  # noqa: E402

from tests.conformance.test_edgequake_vendor import settle  # noqa: E402

pytestmark = pytest.mark.anyio
TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"
USER = "00000000-0000-0000-0000-000000000001"
PLACE = {"slug": "s", "display_name": "S", "api_shape": "openai", "base_url": "https://llm.example.org"}


@attrs.frozen
class SeedData:
    """What is there before a call, by its ids."""

    tenant: str
    workspace: str
    document: str
    track: str
    pdf: str
    pdf_track: str
    failed_pdf: str
    busy_track: str
    conversation: str
    message: str
    folder: str
    share: str
    relationship: str
    connection: str
    injection: str
    key: str
    refresh_token: str
    path: Path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> Iterator[EdgeQuakeServer]:
    with Sandbox.in_thread() as sandbox:
        yield sandbox.edgequake


@pytest.fixture(params=["EdgeQuake", "AsyncEdgeQuake"])
async def client(request: pytest.FixtureRequest, server: EdgeQuakeServer) -> AsyncIterator[Any]:
    """A vendor client with the administrator's key, named in full."""
    known = server.credentials
    client = getattr(edgequake, request.param)(
        base_url=server.url,
        api_key=known.api_key,
        tenant_id=known.tenant_id,
        workspace_id=known.workspace_id,
        user_id=USER,
    )
    yield client
    await settle(client.close())


@pytest.fixture
async def seed(client: Any, server: EdgeQuakeServer, tmp_path: Path) -> SeedData:
    path = tmp_path / "met.pdf"
    path.write_bytes(PDF)
    document = await settle(client.documents.upload(TEXT, title="Sarah"))
    pdf = await settle(client.pdf.upload(path))
    server.end_next_document("failed")
    failed = await settle(client.pdf.upload(io.BytesIO(PDF + b"more"), filename="more.pdf"))
    server.settings.processing_time = 1000
    busy = await settle(client.documents.upload("takes long"))
    server.settings.processing_time = 0
    folder = await settle(client.folders.create("F"))
    conversation = await settle(client.conversations.create(title="T", folder_id=folder.id))
    message = await settle(client.conversations.create_message(conversation.id, MessageCreate(content="hi")))
    share = await settle(client.conversations.share(conversation.id))
    linked = RelationshipCreate(source="OSLO", target="SARAH_CHEN", relationship_type="KNOWS")
    relationship = await settle(client.relationships.create(linked))
    connection = await settle(client.connections.create(**PLACE, api_key="k"))
    workspace = server.credentials.workspace_id
    injection = await settle(client.workspaces.put_injection(workspace, {"name": "rules", "content": "Be kind."}))
    return SeedData(
        tenant=server.credentials.tenant_id,
        workspace=workspace,
        document=document.document_id,
        track=document.track_id,
        pdf=pdf.pdf_id,
        pdf_track=pdf.track_id,
        failed_pdf=failed.pdf_id,
        busy_track=busy.track_id,
        conversation=conversation.id,
        message=message.id,
        folder=folder.id,
        share=share.share_id,
        relationship=relationship.id,
        connection=connection.id,
        injection=injection["injection_id"],
        key=(await settle(client.api_keys.create("spare"))).id,
        refresh_token=(await settle(client.auth.login("user", "sandbox-user"))).refresh_token,
        path=path,
    )


async def drained(stream: Any) -> list[Any]:
    """All items of a stream of either client."""
    stream = await settle(stream)
    return [item async for item in stream] if hasattr(stream, "__aiter__") else list(stream)


Step = Callable[[Any, SeedData], Any]
METHODS: dict[str, Step] = {
    "admin.get_server_defaults": lambda c, w: c.admin.get_server_defaults(),
    "admin.patch_server_defaults": lambda c, w: c.admin.patch_server_defaults(5),
    "admin.patch_tenant_quota": lambda c, w: c.admin.patch_tenant_quota(w.tenant, 7),
    "api_keys.create": lambda c, w: c.api_keys.create("laptop", expires_in=3600),
    "api_keys.list": lambda c, w: c.api_keys.list(),
    "api_keys.revoke": lambda c, w: c.api_keys.revoke(w.key),
    "auth.login": lambda c, w: c.auth.login("admin", "sandbox-admin"),
    "auth.logout": lambda c, w: c.auth.logout(),
    "auth.me": lambda c, w: c.auth.me(),
    "auth.refresh": lambda c, w: c.auth.refresh(w.refresh_token),
    "chat.complete": lambda c, w: c.chat.complete("Where is Acme?", mode="hybrid", top_k=3, temperature=0.1),
    "chat.stream": lambda c, w: drained(c.chat.stream("Where is Acme?")),
    "chunks.get": lambda c, w: c.chunks.get(f"{w.document}-chunk-0"),
    "chunks.get_lineage": lambda c, w: c.chunks.get_lineage(f"{w.document}-chunk-0"),
    "connections.create": lambda c, w: c.connections.create(**{**PLACE, "slug": "t"}),
    "connections.delete": lambda c, w: c.connections.delete(w.connection),
    "connections.list": lambda c, w: c.connections.list(),
    "connections.test": lambda c, w: c.connections.test(w.connection),
    "connections.test_provider": lambda c, w: c.connections.test_provider(shape="openai", api_key="k"),
    "connections.update": lambda c, w: c.connections.update(w.connection, **PLACE),
    "conversations.bulk_archive": lambda c, w: c.conversations.bulk_archive([w.conversation]),
    "conversations.bulk_delete": lambda c, w: c.conversations.bulk_delete([w.conversation]),
    "conversations.bulk_move": lambda c, w: c.conversations.bulk_move([w.conversation], folder_id=w.folder),
    "conversations.create": lambda c, w: c.conversations.create(title="U"),
    "conversations.create_message": lambda c, w: c.conversations.create_message(
        w.conversation, MessageCreate(role="assistant", content="hello", parent_id=w.message)
    ),
    "conversations.delete": lambda c, w: c.conversations.delete(w.conversation),
    "conversations.delete_message": lambda c, w: c.conversations.delete_message(w.message),
    "conversations.get": lambda c, w: c.conversations.get(w.conversation),
    "conversations.get_shared": lambda c, w: c.conversations.get_shared(w.share),
    "conversations.import_conversations": lambda c, w: c.conversations.import_conversations(
        [{"title": "I", "messages": [{"role": "user", "content": "hi"}]}]
    ),
    "conversations.list": lambda c, w: c.conversations.list(folder_id=w.folder, page_size=100),
    "conversations.list_messages": lambda c, w: c.conversations.list_messages(w.conversation),
    "conversations.share": lambda c, w: c.conversations.share(w.conversation),
    "conversations.unshare": lambda c, w: c.conversations.unshare(w.conversation),
    "conversations.update": lambda c, w: c.conversations.update(w.conversation, ConversationUpdate(title="V")),
    "conversations.update_message": lambda c, w: c.conversations.update_message(w.message, MessageUpdate(content="x")),
    "costs.budget": lambda c, w: c.costs.budget(),
    "costs.history": lambda c, w: c.costs.history(days=7),
    "costs.summary": lambda c, w: c.costs.summary(),
    "costs.update_budget": lambda c, w: c.costs.update_budget(BudgetUpdate(monthly_budget_usd=5)),
    "documents.delete": lambda c, w: c.documents.delete(w.document),
    "documents.delete_all": lambda c, w: c.documents.delete_all(),
    "documents.deletion_impact": lambda c, w: c.documents.deletion_impact(w.document),
    "documents.export_lineage": lambda c, w: c.documents.export_lineage(w.document, format="csv"),
    "documents.failed_chunks": lambda c, w: c.documents.failed_chunks(w.document),
    "documents.get": lambda c, w: c.documents.get(w.document),
    "documents.get_lineage": lambda c, w: c.documents.get_lineage(w.document),
    "documents.get_metadata": lambda c, w: c.documents.get_metadata(w.document),
    "documents.list": lambda c, w: c.documents.list(page=1, page_size=2, document_pattern="sarah"),
    "documents.recover_stuck": lambda c, w: c.documents.recover_stuck(),
    "documents.reprocess_failed": lambda c, w: c.documents.reprocess_failed(),
    "documents.retry_chunks": lambda c, w: c.documents.retry_chunks(w.document),
    "documents.scan": lambda c, w: c.documents.scan("/srv/documents", extensions=[".md"]),
    "documents.track": lambda c, w: c.documents.track(w.track),
    "documents.upload": lambda c, w: c.documents.upload("new", title="T", metadata={"a": "b"}),
    "documents.upload_batch": lambda c, w: c.documents.upload_batch([io.BytesIO(b"one"), io.BytesIO(b"two")]),
    "documents.upload_file": lambda c, w: c.documents.upload_file(io.BytesIO(b"file"), title="T", metadata={"a": "b"}),
    "effective_config.get": lambda c, w: c.effective_config.get(),
    "entities.create": lambda c, w: c.entities.create(
        EntityCreate(name="Ada", entity_type="PERSON", description="d", source_id="manual")
    ),
    "entities.delete": lambda c, w: c.entities.delete("OSLO"),
    "entities.exists": lambda c, w: c.entities.exists("OSLO"),
    "entities.get": lambda c, w: c.entities.get("OSLO"),
    "entities.list": lambda c, w: c.entities.list(page=1, per_page=2, entity_type="PERSON"),
    "entities.merge": lambda c, w: c.entities.merge("OSLO", "SARAH_CHEN"),
    "entities.neighborhood": lambda c, w: c.entities.neighborhood("OSLO", depth=2),
    "entities.update": lambda c, w: c.entities.update("OSLO", EntityUpdate(description="e")),
    "folders.create": lambda c, w: c.folders.create("G", parent_id=w.folder),
    "folders.delete": lambda c, w: c.folders.delete(w.folder),
    "folders.list": lambda c, w: c.folders.list(),
    "folders.update": lambda c, w: c.folders.update(w.folder, "H"),
    "graph.degrees_batch": lambda c, w: c.graph.degrees_batch(["OSLO"]),
    "graph.get": lambda c, w: c.graph.get(label="OSLO", limit=5),
    "graph.get_node": lambda c, w: c.graph.get_node("OSLO"),
    "graph.popular_labels": lambda c, w: c.graph.popular_labels(limit=2),
    "graph.search_labels": lambda c, w: c.graph.search_labels("acme"),
    "graph.search_nodes": lambda c, w: c.graph.search_nodes("acme", limit=2),
    "graph.stream": lambda c, w: drained(c.graph.stream(label="OSLO")),
    "health": lambda c, w: c.health(),
    "lineage.document": lambda c, w: c.lineage.document(w.document),
    "lineage.entity": lambda c, w: c.lineage.entity("OSLO"),
    "models.health": lambda c, w: c.models.health(),
    "models.list": lambda c, w: c.models.list(),
    "models.list_embedding": lambda c, w: c.models.list_embedding(),
    "models.list_llm": lambda c, w: c.models.list_llm(),
    "models.model": lambda c, w: c.models.model("openai", "gpt-4.1-nano"),
    "models.provider": lambda c, w: c.models.provider("openai"),
    "parse.backends": lambda c, w: c.parse.backends(),
    "parse.job": lambda c, w: _parsed_later(c, w),
    "parse.parse": lambda c, w: c.parse.parse(w.path, options={"backend": "vision"}),
    "pdf.cancel": lambda c, w: c.pdf.cancel(w.pdf),
    "pdf.content": lambda c, w: c.pdf.content(w.pdf),
    "pdf.delete": lambda c, w: c.pdf.delete(w.pdf),
    "pdf.download": lambda c, w: c.pdf.download(w.pdf),
    "pdf.get": lambda c, w: c.pdf.get(w.pdf),
    "pdf.list": lambda c, w: c.pdf.list(),
    "pdf.progress": lambda c, w: c.pdf.progress(w.pdf_track),
    "pdf.retry": lambda c, w: c.pdf.retry(w.failed_pdf),
    "pdf.upload": lambda c, w: c.pdf.upload(
        io.BytesIO(PDF + b"x"), filename="x.pdf", title="T", enable_vision=True, vision_model="v", force_reindex=True
    ),
    "pdf.upload_batch": lambda c, w: c.pdf.upload_batch([w.path], enable_vision=True),
    "pipeline.cancel": lambda c, w: c.pipeline.cancel(),
    "pipeline.estimate_cost": lambda c, w: c.pipeline.estimate_cost(4000),
    "pipeline.pricing": lambda c, w: c.pipeline.pricing(),
    "pipeline.queue_metrics": lambda c, w: c.pipeline.queue_metrics(),
    "pipeline.status": lambda c, w: c.pipeline.status(),
    "provenance.get": lambda c, w: c.provenance.get("OSLO"),
    "query.execute": lambda c, w: c.query.execute("Where is Acme?", mode="hybrid", max_results=3, session_id="s"),
    "query.stream": lambda c, w: drained(c.query.stream("Where is Acme?", mode="local", top_k=3)),
    "relationships.create": lambda c, w: c.relationships.create(
        RelationshipCreate(source="ACME_LABS", target="SARAH_CHEN", relationship_type="PAYS")
    ),
    "relationships.delete": lambda c, w: c.relationships.delete(w.relationship),
    "relationships.get": lambda c, w: c.relationships.get(w.relationship),
    "relationships.list": lambda c, w: c.relationships.list(page_size=2),
    "relationships.update": lambda c, w: c.relationships.update(w.relationship, RelationshipUpdate(description="d")),
    "settings.provider_status": lambda c, w: c.settings.provider_status(),
    "settings.providers": lambda c, w: c.settings.providers(),
    "tasks.cancel": lambda c, w: c.tasks.cancel(w.busy_track),
    "tasks.get": lambda c, w: c.tasks.get(w.track),
    "tasks.list": lambda c, w: c.tasks.list(),
    "tasks.retry": lambda c, w: c.tasks.retry(w.track),
    "tenants.create": lambda c, w: c.tenants.create(TenantCreate(name="Acme")),
    "tenants.delete": lambda c, w: c.tenants.delete(w.tenant),
    "tenants.get": lambda c, w: c.tenants.get(w.tenant),
    "tenants.list": lambda c, w: c.tenants.list(),
    "tenants.update": lambda c, w: c.tenants.update(w.tenant, TenantUpdate(name="Acme Labs")),
    "users.create": lambda c, w: c.users.create(CreateUserRequest(username="a", email="a@b", password="c")),
    "users.delete": lambda c, w: c.users.delete(USER),
    "users.get": lambda c, w: c.users.get(USER),
    "users.list": lambda c, w: c.users.list(),
    "workspaces.create": lambda c, w: c.workspaces.create(w.tenant, WorkspaceCreate(name="Notes")),
    "workspaces.delete": lambda c, w: c.workspaces.delete(w.workspace),
    "workspaces.delete_injection": lambda c, w: c.workspaces.delete_injection(w.workspace, w.injection),
    "workspaces.get": lambda c, w: c.workspaces.get(w.workspace),
    "workspaces.get_by_slug": lambda c, w: c.workspaces.get_by_slug(w.tenant, "default"),
    "workspaces.get_injection": lambda c, w: c.workspaces.get_injection(w.workspace, w.injection),
    "workspaces.list": lambda c, w: c.workspaces.list(w.tenant),
    "workspaces.list_injections": lambda c, w: c.workspaces.list_injections(w.workspace),
    "workspaces.metrics_history": lambda c, w: c.workspaces.metrics_history(w.workspace),
    "workspaces.patch_injection": lambda c, w: c.workspaces.patch_injection(w.workspace, w.injection, {"name": "n"}),
    "workspaces.put_injection": lambda c, w: c.workspaces.put_injection(w.workspace, {"name": "n", "content": "c"}),
    "workspaces.put_injection_file": lambda c, w: c.workspaces.put_injection_file(
        w.workspace, name="file", file=io.BytesIO(b"Be brief.")
    ),
    "workspaces.rebuild_embeddings": lambda c, w: c.workspaces.rebuild_embeddings(w.workspace),
    "workspaces.rebuild_knowledge_graph": lambda c, w: c.workspaces.rebuild_knowledge_graph(w.workspace),
    "workspaces.reprocess_documents": lambda c, w: c.workspaces.reprocess_documents(w.workspace),
    "workspaces.stats": lambda c, w: c.workspaces.stats(w.workspace),
    "workspaces.trigger_metrics_snapshot": lambda c, w: c.workspaces.trigger_metrics_snapshot(w.workspace),
    "workspaces.update": lambda c, w: c.workspaces.update(w.workspace, WorkspaceUpdate(name="More")),
}
#: What the package cannot take, since it wants another JSON type where the server has its own.
BROKEN: dict[str, str] = {
    "entities.get": "relationships is an object",
    "graph.degrees_batch": "degrees is a list",
    "models.model": "capabilities is an object",
    "pipeline.status": "history_messages holds objects",
    "tasks.list": "the error of a failed task is an object",
}
#: What takes something away that others need.
DESTRUCTIVE = {
    *("conversations.bulk_delete", "conversations.delete", "conversations.delete_message", "conversations.unshare"),
    *("documents.delete", "documents.delete_all", "entities.delete", "entities.merge", "folders.delete"),
    *("connections.delete", "pdf.delete", "pipeline.cancel", "relationships.delete", "tasks.cancel"),
    *("tenants.delete", "users.delete", "workspaces.delete", "workspaces.delete_injection"),
    *("documents.reprocess_failed", "pdf.retry", "workspaces.rebuild_knowledge_graph"),
}
#: What the server refuses in this state.
REFUSED: dict[str, int] = {"pdf.cancel": 409, "tasks.retry": 409}


async def _parsed_later(client: Any, seed: SeedData) -> Any:
    queued = await settle(client.parse.parse(seed.path, options={"async": True}))
    return await settle(client.parse.job(queued["job_id"]))


def methods_of(client: Any) -> set[str]:
    found = {"health"}
    for name in dir(client):
        resource = getattr(client, name)
        if name.startswith("_") or name == "operations" or callable(resource):
            continue
        found |= {f"{name}.{m}" for m in dir(resource) if not m.startswith("_") and callable(getattr(resource, m))}
    return found


def test_the_list_has_every_method_of_the_package() -> None:
    with edgequake.EdgeQuake(base_url="http://127.0.0.1:1") as client:
        assert methods_of(client) == METHODS.keys()


async def outcome_of(name: str, client: Any, seed: SeedData) -> str:
    """What a call came to, in a word."""
    if name not in methods_of(client):
        return "lacking"  # the async class does not have it
    try:
        await settle(METHODS[name](client, seed))
    except edgequake.ApiError as error:
        return str(error.status_code)
    except ValueError as error:  # pydantic's, which has what it expected in its text
        return f"broken: {error}"
    return "done"


def assert_as_known(name: str, outcome: str) -> None:
    if name in BROKEN:
        assert outcome.startswith("broken: ") or outcome == "lacking", f"{name}: {outcome}"
    else:
        assert outcome in ("lacking", str(REFUSED.get(name, "done"))), f"{name}: {outcome}"


async def test_each_method_does_what_it_is_there_for(client: Any, seed: SeedData) -> None:
    for name in METHODS:
        if name not in DESTRUCTIVE:
            assert_as_known(name, await outcome_of(name, client, seed))


@pytest.mark.parametrize("name", sorted(DESTRUCTIVE))
async def test_each_method_that_takes_something_away_does_so(name: str, client: Any, seed: SeedData) -> None:
    assert_as_known(name, await outcome_of(name, client, seed))


ERRORS = {
    400: edgequake.BadRequestError,
    401: edgequake.UnauthorizedError,
    403: edgequake.ForbiddenError,
    404: edgequake.NotFoundError,
    408: edgequake.ApiError,
    409: edgequake.ConflictError,
    422: edgequake.ApiError,
    423: edgequake.ApiError,
    429: edgequake.RateLimitedError,
    500: edgequake.InternalError,
    501: edgequake.ApiError,
    502: edgequake.ApiError,
    503: edgequake.ServiceUnavailableError,
}


@pytest.mark.parametrize("status", ERRORS)
async def test_each_status_is_the_package_s_own_error(status: int, client: Any, server: EdgeQuakeServer) -> None:
    server.faults.add(ServerFault.status(status, retry_after=0.01 if status in (429, 503) else None))
    with pytest.raises(edgequake.ApiError) as caught:
        await settle(client.documents.get("any"))
    assert type(caught.value) is ERRORS[status]
    assert caught.value.status_code == status
    assert caught.value.message
    assert caught.value.request_id


async def test_its_context_managers_close_it(client: Any, server: EdgeQuakeServer) -> None:
    made = type(client)(base_url=server.url, api_key=server.credentials.api_key)
    if hasattr(made, "__aenter__"):
        async with made as opened:
            assert (await opened.health()).status == "healthy"
    else:
        with made as opened:
            assert opened.health().status == "healthy"


async def test_a_failed_stream_tells_its_reason(client: Any, server: EdgeQuakeServer) -> None:
    server.break_next_stream(code="QUERY_FAILED", message="the model is gone")
    chunks = await drained(client.chat.stream("Where is Acme?"))
    (failed,) = [chunk for chunk in chunks if chunk.type == "error"]
    assert "the model is gone" in repr(failed), "under its own name for it"


async def test_what_the_package_looks_for_elsewhere_is_there_too(client: Any, seed: SeedData) -> None:
    """The rows of aliases that the sandbox serves beside the server's own names, each with its value."""
    seen = await settle(client.pdf.get(seed.pdf))
    assert seen.filename == "met.pdf"
    progress = await settle(client.pdf.progress(seed.pdf_track))
    assert (progress.status, progress.progress) == ("completed", 1.0)
    content = await settle(client.pdf.content(seed.pdf))
    assert (content.id, content.markdown) == (seed.pdf, "Ada Lovelace met Sarah Chen.")
    track = await settle(client.documents.track(seed.track))
    assert (track.status, track.document_id, track.progress) == ("completed", seed.document, 1.0)
    chunk = await settle(client.chunks.get(f"{seed.document}-chunk-0"))
    assert (chunk.id, chunk.chunk_index) == (f"{seed.document}-chunk-0", 0)
    (row,) = await settle(client.costs.history())
    assert (len(row.date), row.cost_usd > 0, row.tokens > 0) == (10, True, True)
    assert (await settle(client.costs.summary())).total_cost_usd == pytest.approx(row.cost_usd)
    link = next(link for link in await settle(client.relationships.list()) if link.id == seed.relationship)
    assert (link.source, link.target, link.relationship_type) == ("OSLO", "SARAH_CHEN", "KNOWS")
    detail = await settle(client.relationships.get(seed.relationship))
    assert (detail.source, detail.target, detail.relationship_type) == ("OSLO", "SARAH_CHEN", "KNOWS")
    around = await settle(client.entities.neighborhood("OSLO"))
    assert {node.label for node in around.nodes} >= {"OSLO", "ACME_LABS"}
    assert {edge.edge_type for edge in (await settle(client.graph.get())).edges} == {"RELATED_TO", "KNOWS"}
    assert (await settle(client.auth.me())).id == USER
    assert {user.id for user in await settle(client.users.list())} > {USER}
    assert {key.name for key in await settle(client.api_keys.list())} == {"sandbox", "spare"}
    assert await settle(client.auth.logout()) is None
    if hasattr(client.pipeline, "pricing"):
        prices = (await settle(client.pipeline.pricing())).models
        assert {price.provider for price in prices} == {"openai"}
        assert (await settle(client.pipeline.estimate_cost(4000))).estimated_cost_usd > 0
