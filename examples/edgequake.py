"""EdgeQuake on one screen: upload texts and a PDF, ask a question, read the graph. ``python examples/edgequake.py``

The server is the sandbox, in a thread of this program. For a real one, remove it and set ``EDGEQUAKE_BASE_URL`` and
``EDGEQUAKE_API_KEY`` (or ``EDGEQUAKE_USERNAME`` and ``EDGEQUAKE_PASSWORD``) in the environment or ``.env``;
``EdgeQuake()`` then needs no arguments.
"""

import asyncio

from asdk.clients.edgequake import EdgeQuake, ProcessingError
from asdk.clients.edgequake.models import Token
from asdk.sandbox import EdgeQuakeServer, Sandbox

PDF = b"%PDF-1.7\n1 0 obj << /Type /Page >> endobj\nBT (Ada Lovelace met Sarah Chen in Oslo.) Tj ET\n%%EOF"


async def main(server: EdgeQuakeServer) -> None:
    async with EdgeQuake(base_url=server.url, username="admin", password="sandbox-admin") as client:
        text = await client.documents.upload("Sarah Chen works at Acme Labs.", title="Sarah", track_id="first")
        await client.pdf.upload(("met.pdf", PDF), track_id="first")
        track = await client.documents.wait(
            "first", timeout=60, on_progress=lambda seen: print(f"processed: {seen.latest_message}")
        )
        print(f"documents: {', '.join(document.title or document.id for document in track.documents)}")

        async with client.query.stream("Where does Sarah work?") as events:
            print("answer:", "".join([event.content async for event in events if isinstance(event, Token)]))

        around = await client.entities.neighborhood("SARAH_CHEN")
        print(f"around Sarah: {', '.join(node.id for node in around.nodes[1:])}")
        print(f"cost: {(await client.costs.summary()).total_cost:.8f} dollars")

        workspace = await client.workspaces.create(server.credentials.tenant_id, "Notes")
        notes = client.with_workspace(workspace.id)  # the same connections, the same token
        print(f"documents in {workspace.name}: {(await notes.documents.count()).total}")

        server.end_next_document("failed", message="the language model is unavailable")
        lost = await notes.documents.upload("lost")
        try:
            await notes.documents.wait(lost.track_id)
        except ProcessingError as error:
            print(error.failed[0].error_message)
        await client.documents.delete(text.document_id)


if __name__ == "__main__":
    with Sandbox.in_thread() as sandbox:
        asyncio.run(main(sandbox.edgequake))
