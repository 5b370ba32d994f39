"""Bloom Growth on one screen: a key for a password, to-dos in bulk, two accounts. ``python examples/bloomy.py``

The server is the sandbox, in a thread of this program. For the real one, omit ``base_url`` and set ``BG_API_KEY`` in
the environment or ``.env``, or keep the key in ``~/.bloomy/config.yaml``; ``Bloomy()`` then needs no arguments.
"""

import asyncio
import tempfile
from pathlib import Path

from asdk.clients.bloomy import APIError, Bloomy, Configuration
from asdk.sandbox import Sandbox
from asdk.sandbox.bloomy import BloomyServer


async def main(server: BloomyServer, file: Path) -> None:
    account, other = server.credentials.ada, server.credentials.other
    url = server.api_url
    config = Configuration(config_path=file, base_url=url)
    await config.configure_api_key(account.username, account.password, store_key=True)
    print(f"{config.config_path.name} is readable by its owner alone: {config.config_path.stat().st_mode & 0o777:o}")

    async with Bloomy(base_url=url, config_path=file) as client, Bloomy(base_url=url, api_key=other.api_key) as second:
        for team in (client, second):
            print(", ".join(user.name for user in await team.user.all()))

        [meeting] = await client.meeting.list()
        result = await client.todo.create_many(
            [{"title": "Write", "meeting_id": meeting.id}, {"title": "Read", "meeting_id": 999}, {"title": "Rest"}]
        )
        for todo in result.successful:
            print(f"{todo.name} by {todo.due_date:%A}")
        for failed in result.failed:
            print(f"{failed.index}: {failed.error}")

        try:
            await second.meeting.details(meeting.id)
        except APIError as error:
            print(error.status_code, error.message)


if __name__ == "__main__":
    with Sandbox.in_thread() as sandbox, tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(sandbox.bloomy, Path(folder) / "config.yaml"))
