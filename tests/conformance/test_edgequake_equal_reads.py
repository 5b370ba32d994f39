"""Equal results from equal state, as `test_edgequake_equal` has it, for each further operation that only reads."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import attrs
import pytest

from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import Token
from asdk.sandbox import EdgeQuakeServer, ManualClock, Sandbox

edgequake = pytest.importorskip("edgequake", reason="the vendor's package edgequake-sdk is not installed")
from edgequake.types.conversations import MessageCreate  # noqa: E402

from tests.conformance.test_edgequake_equal import assert_equal  # noqa: E402
from tests.conformance.test_edgequake_equal_more import settings  # noqa: E402

TEXT = "Sarah Chen works at Acme Labs. Acme Labs is in Oslo."
PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen.) Tj ET\n%%EOF"
PLACE = {"slug": "s", "display_name": "S", "api_shape": "openai", "base_url": "https://llm.example.org"}


@attrs.frozen
class Known:
    """The ids of what both servers hold."""

    workspace: str
    document: str
    pdf: str
    conversation: str
    share: str
    injection: str


@attrs.frozen
class Sides:
    """The two clients before servers in the same state."""

    theirs: Any
    ours: EdgeQuake
    known: Known


def fill(theirs: Any, server: EdgeQuakeServer) -> Known:
    """Bring a server into the state, by the vendor's client: the second one is filled by it as well."""
    document = theirs.documents.upload(TEXT, title="Sarah")
    pdf = theirs.pdf.upload(io.BytesIO(PDF), filename="met.pdf")
    folder = theirs.folders.create("F")
    made = theirs.conversations.create(title="T", folder_id=folder.id)
    theirs.conversations.create_message(made.id, MessageCreate(role="user", content="hi"))
    workspace = server.credentials.workspace_id
    injection = theirs.workspaces.put_injection(workspace, {"name": "rules", "content": "Be kind."})
    theirs.connections.create(**PLACE)
    theirs.workspaces.trigger_metrics_snapshot(workspace)
    return Known(
        workspace=workspace,
        document=document.document_id,
        pdf=pdf.pdf_id,
        conversation=made.id,
        share=theirs.conversations.share(made.id).share_id,
        injection=injection["injection_id"],
    )


@pytest.fixture
def servers() -> Iterator[tuple[EdgeQuakeServer, EdgeQuakeServer]]:
    with Sandbox.in_thread(clock=ManualClock()) as one, Sandbox.in_thread(clock=ManualClock()) as other:
        yield one.edgequake, other.edgequake


@pytest.fixture
async def sides(servers: tuple[EdgeQuakeServer, EdgeQuakeServer]) -> AsyncIterator[Sides]:
    one, other = servers
    with edgequake.EdgeQuake(**settings(one)) as theirs, edgequake.EdgeQuake(**settings(other)) as filler:
        known = fill(theirs, one)
        assert fill(filler, other) == known
        async with EdgeQuake(**settings(other)) as ours:
            yield Sides(theirs, ours, known)


@attrs.frozen
class Read:
    """The same read by both, what they name differently, and what must have been compared."""

    theirs: Callable[[Any, Known], Any]
    ours: Callable[[EdgeQuake, Known], Any]
    compared: set[str]
    names: dict[str, str] = attrs.field(factory=dict)


READS = {
    "documents.deletion_impact": Read(
        lambda c, k: c.documents.deletion_impact(k.document),
        lambda c, k: c.documents.deletion_impact(k.document),
        {"document_id"},
    ),
    "pdf.get": Read(lambda c, k: c.pdf.get(k.pdf), lambda c, k: c.pdf.get(k.pdf), {"pdf_id", "status"}),
    "pdf.content": Read(
        lambda c, k: c.pdf.content(k.pdf),
        lambda c, k: c.pdf.content(k.pdf),
        {"markdown_content"},
        {"markdown": "markdown_content"},
    ),
    "parse.backends": Read(
        lambda c, k: c.parse.backends(), lambda c, k: c.parse.backends(), {"default_backend", "backends.name"}
    ),
    "parse.parse": Read(
        lambda c, k: c.parse.parse(io.BytesIO(PDF)), lambda c, k: c.parse.parse(PDF), {"markdown", "page_count"}
    ),
    "chat.complete": Read(
        lambda c, k: c.chat.complete("Where is Acme?"),
        lambda c, k: c.chat.complete("Where is Acme?"),
        {"conversation_id", "content", "sources.id", "stats.total_time_ms"},
    ),
    "conversations.get": Read(
        lambda c, k: c.conversations.get(k.conversation),
        lambda c, k: c.conversations.get(k.conversation),
        {"messages.id", "messages.content"},
    ),
    "conversations.list_messages": Read(
        lambda c, k: c.conversations.list_messages(k.conversation).items,
        lambda c, k: c.conversations.messages(k.conversation).collect(),
        {"id", "role", "content"},
    ),
    "conversations.get_shared": Read(
        lambda c, k: c.conversations.get_shared(k.share),
        lambda c, k: c.conversations.get_shared(k.share),
        {"messages.id", "messages.content"},
    ),
    "folders.list": Read(lambda c, k: c.folders.list(), lambda c, k: c.folders.list(), {"id", "name"}),
    "entities.exists": Read(lambda c, k: c.entities.exists("OSLO"), lambda c, k: c.entities.exists("OSLO"), {"exists"}),
    "entities.neighborhood": Read(
        lambda c, k: c.entities.neighborhood("OSLO"),
        lambda c, k: c.entities.neighborhood("OSLO"),
        {"nodes.id", "edges.source"},
    ),
    "provenance.get": Read(
        lambda c, k: c.provenance.get("OSLO"), lambda c, k: c.entities.provenance("OSLO"), {"entity_id", "entity_name"}
    ),
    "chunks.get_lineage": Read(
        lambda c, k: c.chunks.get_lineage(f"{k.document}-chunk-0"),
        lambda c, k: c.chunks.lineage(f"{k.document}-chunk-0"),
        {"chunk_id", "document_id"},
    ),
    "tasks.list": Read(
        lambda c, k: c.tasks.list().tasks, lambda c, k: c.tasks.list().collect(), {"track_id", "status", "created_at"}
    ),
    "costs.budget": Read(lambda c, k: c.costs.budget(), lambda c, k: c.costs.budget(), {"monthly_budget_usd"}),
    "models.list_llm": Read(
        lambda c, k: c.models.list_llm(), lambda c, k: _member(c.models.list_llm(), "models"), {"name"}
    ),
    "models.list_embedding": Read(
        lambda c, k: c.models.list_embedding(), lambda c, k: _member(c.models.list_embedding(), "models"), {"name"}
    ),
    "models.health": Read(lambda c, k: c.models.health().providers, lambda c, k: c.models.health(), {"name"}),
    "models.provider": Read(
        lambda c, k: c.models.provider("openai"),
        lambda c, k: c.models.provider("openai"),
        {"name", "display_name", "models.name"},
    ),
    "connections.list": Read(
        lambda c, k: c.connections.list(), lambda c, k: c.connections.list(), {"id", "slug", "base_url"}
    ),
    "admin.get_server_defaults": Read(
        lambda c, k: c.admin.get_server_defaults(), lambda c, k: c.admin.server_defaults(), {"default_max_workspaces"}
    ),
    "workspaces.list_injections": Read(
        lambda c, k: c.workspaces.list_injections(k.workspace)["items"],
        lambda c, k: c.injections.list(k.workspace).collect(),
        {"injection_id", "name", "status", "created_at"},
    ),
    "workspaces.get_injection": Read(
        lambda c, k: c.workspaces.get_injection(k.workspace, k.injection),
        lambda c, k: c.injections.get(k.workspace, k.injection),
        {"injection_id", "content", "version", "updated_at"},
    ),
}


async def _member(reply: Awaitable[Any], name: str) -> Any:
    return getattr(await reply, name)


@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_both_read_the_same(read: Read, sides: Sides) -> None:
    theirs, ours = read.theirs(sides.theirs, sides.known), await read.ours(sides.ours, sides.known)
    compared = assert_equal(theirs, list(ours) if isinstance(theirs, list) else ours, names=read.names)
    assert compared >= read.compared


async def test_streams_bring_both_the_same(sides: Sides) -> None:
    question = "Where does Sarah work?"
    async with sides.ours.query.stream(question) as events:
        ours = [event.content async for event in events if isinstance(event, Token)]
    with sides.theirs.query.stream(question) as stream:
        assert stream.to_string() == "".join(ours)
    theirs = [chunk.content for chunk in sides.theirs.chat.stream(question) if chunk.type == "token"]
    async with sides.ours.chat.stream(question) as said:
        assert [event.content async for event in said if isinstance(event, Token)] == theirs
    batches = list(sides.theirs.graph.stream())
    async with sides.ours.graph.stream() as graph:
        nodes = [node.id for event in [event async for event in graph] for node in getattr(event, "nodes", [])]
    assert [node.id for batch in batches for node in batch.nodes or []] == nodes
    assert len(nodes) > 3
