"""A client of your own: models, a resource, the client. It runs on the in-memory transport, without a network."""

import asyncio
from datetime import datetime

from asdk import ApiKey, BaseClient, NotFoundError, Paginator, Resource, model, resource
from asdk.pagination import PageNumbers
from asdk.testing import MemoryTransport, Reply


@model
class Study:
    accession: str
    title: str
    updated_at: datetime | None = None


class Studies(Resource["Archive"]):
    async def get(self, accession: str) -> Study:
        return await self._client.request("GET", "/studies/{id}", path_params={"id": accession}, model=Study)

    def list(self, *, search: str | None = None) -> Paginator[Study]:
        pages = PageNumbers(items="items", total="count")
        return self._client.paginate("/studies", params={"search": search}, model=Study, strategy=pages)


class Archive(BaseClient):
    base_url = "https://archive.example.org/api"
    env_prefix = "ARCHIVE"
    studies = resource(Studies)


async def main() -> None:
    page = {"items": [{"accession": "S1", "title": "Soil"}, {"accession": "S2", "title": "Gut"}], "count": 2}
    server = MemoryTransport([Reply(503), Reply(json=page), Reply(404, json={"message": "no such study"})])
    async with Archive(auth=ApiKey("a-key"), transport=server) as archive:
        async for study in archive.studies.list(search="s"):
            print(study.accession, study.title)
        try:
            await archive.with_options(timeout=5).studies.get("S3")
        except NotFoundError as error:
            print(error)


asyncio.run(main())
