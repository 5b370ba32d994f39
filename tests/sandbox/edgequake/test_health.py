import aiohttp
import pytest

pytestmark = pytest.mark.anyio


async def test_health_is_public(anonymous: aiohttp.ClientSession) -> None:
    async with anonymous.get("/health") as reply:
        body = await reply.json()
    assert (body["status"], body["storage_mode"]) == ("healthy", "memory")
    assert body["workspace_id"] == "00000000-0000-0000-0000-000000000003"
    assert set(body["components"]) == {"kv_storage", "vector_storage", "graph_storage", "llm_provider"}


@pytest.mark.parametrize("path", ["/ready", "/live"])
async def test_probes_answer_in_plain_text(anonymous: aiohttp.ClientSession, path: str) -> None:
    async with anonymous.get(path) as reply:
        assert (reply.status, reply.content_type, await reply.text()) == (200, "text/plain", "OK")
