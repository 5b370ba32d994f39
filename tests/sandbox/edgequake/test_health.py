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


async def test_metrics_count_what_was_served(anonymous: aiohttp.ClientSession, admin: aiohttp.ClientSession) -> None:
    for path in ("/health", "/health", "/api/v1/documents/none"):
        await admin.get(path)
    await admin.post("/api/v1/documents", json={"content": "text"})
    async with anonymous.get("/metrics") as reply:
        assert (reply.status, reply.content_type) == (200, "text/plain")
        lines = (await reply.text()).splitlines()
    assert 'edgequake_http_requests_total{method="GET",path="/health",status="200"} 2' in lines
    assert 'edgequake_http_requests_total{method="GET",path="/api/v1/documents/{document_id}",status="404"} 1' in lines
    assert 'edgequake_documents{status="completed"} 1' in lines
    assert "# TYPE edgequake_documents gauge" in lines
