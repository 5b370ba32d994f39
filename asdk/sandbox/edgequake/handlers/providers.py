"""Models, their providers, and the settings of the server."""

from aiohttp import web

from asdk.sandbox.clock import rfc3339
from asdk.sandbox.edgequake.call import Call, Json, Route
from asdk.sandbox.edgequake.errors import not_found
from asdk.sandbox.edgequake.store.costs import INPUT_PER_1K, OUTPUT_PER_1K
from asdk.sandbox.edgequake.store.tenants import (
    EMBEDDING_DIMENSION,
    EMBEDDING_MODEL,
    EMBEDDING_PROVIDER,
    LLM_MODEL,
    LLM_PROVIDER,
    Workspace,
)

_LOCAL = "ollama"
# Provider, name, kind, length of its vectors.
_MODELS = (
    (LLM_PROVIDER, LLM_MODEL, "llm", 0),
    (EMBEDDING_PROVIDER, EMBEDDING_MODEL, "embedding", EMBEDDING_DIMENSION),
    (_LOCAL, "llama3.2", "llm", 0),
    (_LOCAL, "nomic-embed-text", "embedding", 768),
)
_NAMES = {LLM_PROVIDER: "OpenAI", _LOCAL: "Ollama"}


async def list_models(call: Call) -> web.Response:
    return call.reply(
        {
            "providers": [_provider(name) for name in _NAMES],
            "default_llm_provider": LLM_PROVIDER,
            "default_llm_model": LLM_MODEL,
            "default_embedding_provider": EMBEDDING_PROVIDER,
            "default_embedding_model": EMBEDDING_MODEL,
        }
    )


async def list_llm(call: Call) -> web.Response:
    return call.reply({"models": _of_kind("llm"), "default_provider": LLM_PROVIDER, "default_model": LLM_MODEL})


async def list_embedding(call: Call) -> web.Response:
    models = _of_kind("embedding")
    return call.reply({"models": models, "default_provider": EMBEDDING_PROVIDER, "default_model": EMBEDDING_MODEL})


async def health(call: Call) -> web.Response:
    checked = {"available": True, "latency_ms": 1, "checked_at": rfc3339(call.state.clock())}
    return call.reply([_provider(name) | {"health": checked} for name in _NAMES])


async def provider(call: Call) -> web.Response:
    return call.reply(_provider(_known(call)))


async def model(call: Call) -> web.Response:
    for model in _provider(_known(call))["models"]:
        if model["name"] == call.part("model"):
            return call.reply(model)
    raise not_found("Model", call.part("model"))


async def provider_status(call: Call) -> web.Response:
    workspace = _workspace(call)
    return call.reply(
        {
            "provider": {
                "name": workspace.llm_provider,
                "type": "llm",
                "status": "connected",
                "model": workspace.llm_model,
                "config": {},
            },
            "embedding": {
                "name": workspace.embedding_provider,
                "type": "embedding",
                "status": "connected",
                "model": workspace.embedding_model,
                "dimension": workspace.embedding_dimension,
            },
            "storage": {
                "type": "memory",
                "dimension": workspace.embedding_dimension,
                "dimension_mismatch": False,
                "namespace": workspace.slug,
            },
            "metadata": {"checked_at": rfc3339(call.state.clock()), "uptime_seconds": 0},
        }
    )


async def available_providers(call: Call) -> web.Response:
    providers = [_choice(name) for name in _NAMES]
    workspace = _workspace(call)
    return call.reply(
        {
            "llm_providers": providers,
            "embedding_providers": providers,
            "active_llm_provider": workspace.llm_provider,
            "active_embedding_provider": workspace.embedding_provider,
        }
    )


async def effective_config(call: Call) -> web.Response:
    workspace = _workspace(call)
    return call.reply(
        {
            "llm": _area(workspace.llm_provider, workspace.llm_model),
            "embedding": _area(workspace.embedding_provider, workspace.embedding_model),
            "vision": _area(
                workspace.vision_llm_provider or workspace.llm_provider,
                workspace.vision_llm_model or workspace.llm_model,
            ),
            "priority_rule": "workspace > tenant > server",
            "priority_mode": "workspace_first",
            "server_config_available": True,
        }
    )


def _known(call: Call) -> str:
    """Return a known provider. Raise ApiError NOT_FOUND for any other."""
    name = call.part("provider")
    if name not in _NAMES:
        raise not_found("Provider", name)
    return name


def _workspace(call: Call) -> Workspace:
    return call.state.tenants.workspace(call.workspace_id)


def _provider(name: str) -> Json:
    return {
        "name": name,
        "display_name": _NAMES[name],
        "provider_type": name,
        "enabled": True,
        "priority": list(_NAMES).index(name),
        "description": f"Models run by {_NAMES[name]}",
        "models": [_model(known, kind, dimension) for owner, known, kind, dimension in _MODELS if owner == name],
        "config_requirements": _requirements(name),
    }


def _model(name: str, kind: str, dimension: int) -> Json:
    is_llm = kind == "llm"
    return {
        "name": name,
        "display_name": name,
        "model_type": kind,
        "description": f"The model {name}",
        "deprecated": False,
        "capabilities": {
            "context_length": 128_000 if is_llm else 8191,
            "max_output_tokens": 16_384 if is_llm else 0,
            "supports_vision": is_llm,
            "supports_function_calling": is_llm,
            "supports_json_mode": is_llm,
            "supports_streaming": is_llm,
            "supports_system_message": is_llm,
            "embedding_dimension": dimension,
        },
        "cost": {
            "input_per_1k": INPUT_PER_1K if is_llm else 0.0,
            "output_per_1k": OUTPUT_PER_1K if is_llm else 0.0,
            "embedding_per_1k": 0.0 if is_llm else 0.00002,
            "image_per_unit": 0.0,
        },
        "available": True,
    }


def _of_kind(wanted: str) -> list[Json]:
    return [
        _model(name, kind, dimension) | {"provider": owner}
        for owner, name, kind, dimension in _MODELS
        if kind == wanted
    ]


def _requirements(name: str) -> list[Json]:
    variable = "OPENAI_API_KEY" if name == LLM_PROVIDER else "OLLAMA_HOST"
    return [
        {
            "env_var": variable,
            "required": name == LLM_PROVIDER,
            "description": f"How {_NAMES[name]} is reached",
            "satisfied": True,
        }
    ]


def _choice(name: str) -> Json:
    own = {kind: (model, dimension) for owner, model, kind, dimension in _MODELS if owner == name}
    defaults = {
        "chat_model": own["llm"][0],
        "embedding_model": own["embedding"][0],
        "embedding_dimension": own["embedding"][1],
    }
    return {
        "id": name,
        "name": _NAMES[name],
        "description": f"Models run by {_NAMES[name]}",
        "available": True,
        "config_requirements": _requirements(name),
        "default_models": defaults,
    }


def _area(provider: str, model: str) -> Json:
    levels = [
        {"level": "workspace", "label": "Workspace", "active": True, "provider": provider, "model": model},
        {"level": "server", "label": "Server", "active": False, "provider": LLM_PROVIDER, "model": LLM_MODEL},
    ]
    return {"levels": levels, "effective_provider": provider, "effective_model": model, "has_mismatch": False}


ROUTES = (
    Route("GET", "/api/v1/models", list_models),
    Route("GET", "/api/v1/models/llm", list_llm),
    Route("GET", "/api/v1/models/embedding", list_embedding),
    Route("GET", "/api/v1/models/health", health),
    Route("GET", "/api/v1/models/{provider}", provider),
    Route("GET", "/api/v1/models/{provider}/{model}", model),
    Route("GET", "/api/v1/settings/provider/status", provider_status),
    Route("GET", "/api/v1/settings/providers", available_providers),
    Route("GET", "/api/v1/config/effective", effective_config),
)
