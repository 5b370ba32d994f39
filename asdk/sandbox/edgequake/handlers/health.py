"""Health, readiness and liveness: public, at the root."""

from aiohttp import web

from asdk.sandbox.edgequake.call import Call, Route
from asdk.sandbox.edgequake.settings import DEFAULT_WORKSPACE_ID
from asdk.sandbox.edgequake.store.tenants import LLM_PROVIDER

SERVER_VERSION = "0.14.1"


async def health(call: Call) -> web.Response:
    components = {"kv_storage": True, "vector_storage": True, "graph_storage": True, "llm_provider": True}
    return call.reply(
        {
            "status": "healthy",
            "version": SERVER_VERSION,
            "storage_mode": "memory",
            "workspace_id": DEFAULT_WORKSPACE_ID,
            "components": components,
            "llm_provider_name": LLM_PROVIDER,
        }
    )


async def probe(call: Call) -> web.Response:
    return web.Response(text="OK")


ROUTES = (
    Route("GET", "/health", health, public=True),
    Route("GET", "/ready", probe, public=True),
    Route("GET", "/live", probe, public=True),
)
