"""BioEPIC on one screen: a token, filters, pages, an export. ``python examples/bioepic.py``

The server is the sandbox, in a thread of this program. For a real one, remove it and set ``BIOEPIC_CLIENT_ID`` and
``BIOEPIC_CLIENT_SECRET`` in the environment or ``.env``; ``BioEPIC(env="prod")`` then needs no other arguments.
"""

import asyncio
import tempfile
from pathlib import Path

from asdk.clients.bioepic import BioEPIC, export_records
from asdk.sandbox import BioEPICServer, BioEPICSettings, Sandbox


async def main(server: BioEPICServer) -> None:
    known = server.credentials
    async with BioEPIC(base_url=server.url, client_id=known.client_id, client_secret=known.client_secret) as bioepic:
        print(bioepic.has_credentials(), len(await bioepic.auth.get_token()) > 0)

        controls = await bioepic.samples.list(filter={"is_control": True}, page_size=10).collect()
        creek = await bioepic.samples.by_attribute("name", "O'Brien", fields=["name", "metadata.depth"]).collect()
        print(len(controls), len(creek), creek[0]["name"])

        with tempfile.TemporaryDirectory() as folder:
            path = export_records(creek, Path(folder) / "creek.csv")
            print(path.read_text().splitlines()[0])


if __name__ == "__main__":
    with Sandbox.in_thread(bioepic=BioEPICSettings(require_auth=True)) as sandbox:
        asyncio.run(main(sandbox.bioepic))
