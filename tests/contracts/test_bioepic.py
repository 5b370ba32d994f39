"""Every operation of BioEPIC's API, called once through our client."""

from __future__ import annotations

from asdk.clients.bioepic import BioEPIC
from asdk.sandbox import Sandbox
from tests.contracts.operations import OperationCoverage


async def test_every_operation_can_be_called() -> None:
    async with Sandbox() as sandbox:
        server = sandbox.bioepic

        def make() -> BioEPIC:
            known = server.credentials
            return BioEPIC(base_url=server.url, client_id=known.client_id, client_secret=known.client_secret)

        async with make() as client, make() as other:
            cover = OperationCoverage(server, "bioepic")
            await cover("get_token", client.get_token())
            await cover("auth.get_token", other.auth.get_token())
            found = await cover("samples.list", client.samples.list().collect(limit=3))
            assert len(found) == 3
            await cover("samples.by_attribute", client.samples.by_attribute("name", "O'Brien").collect())
            assert await cover("samples.get", client.samples.get(found[0]["id"])) == found[0]
            await cover("experiments.list", client.experiments.list().first())
            await cover("data_objects.list", client.data_objects.list().first())
            assert cover.missing() == []
