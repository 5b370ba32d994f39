"""MGnify on one screen: explain, preview, private studies, a download. ``python examples/mgnify.py``

The server is the sandbox, in a thread of this program. For the real one, remove it and, for private data, set
``MGNIFY_USERNAME`` and ``MGNIFY_PASSWORD`` in the environment or ``.env``; ``MGnify()`` then needs no arguments.
"""

import asyncio
import tempfile

from asdk.clients.mgnify import MGnify
from asdk.sandbox import Sandbox


async def main(url: str) -> None:
    async with MGnify(base_url=url, username="Webin-1001", password="sandbox-webin") as mgnify:
        gut = mgnify.studies.list(search="gut", order="-updated_at")
        print(gut.explain()[0].removeprefix(mgnify.base_url))  # nothing has been sent yet
        print(await gut.count(), [study.title for study in await gut.preview(3)])

        for study in await mgnify.private_studies.collect():  # logs in
            samples = await mgnify.studies.samples(study.accession).collect()
            print(study.accession, study.title, len(samples))

        analysis = await mgnify.analyses.get("MGYA00000001")
        with tempfile.TemporaryDirectory() as folder:
            for file in analysis.downloads or []:
                done = await mgnify.files.download(file, folder)
                print(done.path.name, done.size)


if __name__ == "__main__":
    with Sandbox.in_thread() as sandbox:
        asyncio.run(main(sandbox.mgnify.url))
