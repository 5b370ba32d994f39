"""Bulk calls: a function over many inputs, prefetched pages, and iteration that stops and resumes.

``python examples/bulk.py``. The server is the sandbox, in a thread of this program.
"""

import asyncio

from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import Sandbox


async def main(url: str) -> None:
    async with EdgeQuake(base_url=url, username="user", password="sandbox-user") as client:

        async def upload(number: int) -> str:
            note = await client.documents.upload(f"Note {number} is about Oslo.", title=f"note {number}")
            return note.document_id

        # One outcome per input, in order: a value or an error. Eight calls run at a time.
        ids = [outcome.result() async for outcome in client.map(upload, range(50), concurrency=8)]

        async for outcome in client.map(client.documents.get, [ids[0], "no-such-document", ids[1]]):
            print(outcome.result().title if outcome.ok else outcome.error)

        documents = client.documents.list(page_size=10).prefetch(3)  # three pages ahead
        some = await documents.collect(limit=15)
        bookmark = documents.cursor  # a string; another process can resume from it
        rest = await client.documents.list(page_size=10).resume(bookmark).collect()
        print(len(some), len(rest), len({document.id for document in some + rest}))


if __name__ == "__main__":
    with Sandbox.in_thread() as sandbox:
        asyncio.run(main(sandbox.edgequake.url))
