"""Health, readiness, liveness and counters: public, at the root."""

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


async def metrics(call: Call) -> web.Response:
    """Return the server's counters, in the exposition format of Prometheus."""
    lines = [*_described("edgequake_http_requests_total", "counter", "Requests that were answered")]
    for (method, path, status), times in sorted(call.state.served.items()):
        lines.append(f'edgequake_http_requests_total{{method="{method}",path="{path}",status="{status}"}} {times}')
    lines += _described("edgequake_documents", "gauge", "Documents of all workspaces")
    for status_of, documents in sorted(call.state.documents.items()):
        lines.append(f'edgequake_documents{{status="{status_of}"}} {documents}')
    return web.Response(text="\n".join([*lines, ""]), content_type="text/plain")


def _described(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


ROUTES = (
    Route("GET", "/health", health, public=True),
    Route("GET", "/ready", probe, public=True),
    Route("GET", "/live", probe, public=True),
    Route("GET", "/metrics", metrics, public=True),
)
