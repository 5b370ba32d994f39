"""EdgeQuake on one screen: log in, upload concurrently, ask, list. ``python examples/quickstart.py``

The server is the sandbox, in a thread of this program. For a real one, remove it and set ``EDGEQUAKE_BASE_URL``,
``EDGEQUAKE_USERNAME`` and ``EDGEQUAKE_PASSWORD`` in the environment or ``.env``; ``EdgeQuake()`` then needs no
arguments.
"""

import asyncio

from asdk import NotFoundError
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import Sandbox

NOTES = {
    "Sarah": "Sarah Chen works at Acme Labs. She leads the robotics group.",
    "Acme": "Acme Labs is in Oslo. It was founded in 1998.",
    "Oslo": "Oslo is the capital of Norway.",
}


async def main(url: str) -> None:
    async with EdgeQuake(base_url=url, username="user", password="sandbox-user") as client:
        async with asyncio.TaskGroup() as tasks:  # three uploads share one login
            for title, text in NOTES.items():
                tasks.create_task(client.documents.upload(text, title=title))

        result = await client.query.execute("Where does Sarah work?", mode="hybrid", max_results=2)
        print(f"{result.answer}  ({len(result.sources)} sources, {result.stats.total_time_ms} ms)")

        async for document in client.documents.list(page_size=2):  # fetches pages as needed
            print(f"{document.created_at:%Y-%m-%d}  {document.status:<10}  {document.title}")

        try:
            await client.documents.get("no-such-document")
        except NotFoundError as error:
            print(error)


if __name__ == "__main__":
    with Sandbox.in_thread() as sandbox:
        asyncio.run(main(sandbox.edgequake.url))
