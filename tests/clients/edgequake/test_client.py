"""Tests of the construction of a client: settings, their sources, and the credential that they select."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from asdk import ConfigurationError, Secret, ServerError, Tenant, Timeout
from asdk.auth import ApiKey, BearerToken
from asdk.clients.edgequake import EdgeQuake
from asdk.sandbox import EdgeQuakeServer, ServerFault
from asdk.testing import MemoryTransport, Reply, SentRequest

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQwMDAwMDAwMDB9.c2lnbmF0dXJl"
HEALTH = {
    "status": "healthy",
    "version": "0.14.1",
    "storage_mode": "memory",
    "workspace_id": "w",
    "components": {"kv_storage": True, "vector_storage": True, "graph_storage": True, "llm_provider": True},
}
NO_CONTENT = Reply(204)


async def sent(**settings: Any) -> SentRequest:
    """Return the request that a client with these settings sends."""
    transport = MemoryTransport([NO_CONTENT])
    client = EdgeQuake(transport=transport, **settings)
    await client.request("GET", "/any", model=None)
    (request,) = transport.sent
    return request


# --- sources of settings ----------------------------------------------------------------------------------------------


async def test_every_documented_name_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "EDGEQUAKE_BASE_URL": "https://edgequake.example/prefix/",
        "EDGEQUAKE_API_KEY": "eq_key",
        "EDGEQUAKE_TENANT_ID": "t",
        "EDGEQUAKE_WORKSPACE_ID": "w",
        "EDGEQUAKE_USER_ID": "u",
        "EDGEQUAKE_TIMEOUT": "7.5",
    }.items():
        monkeypatch.setenv(name, value)
    request = await sent()
    assert request.url == "https://edgequake.example/prefix/any"
    assert request.headers["X-API-Key"] == "eq_key"
    assert [request.headers[f"X-{part}-ID"] for part in ("Tenant", "Workspace", "User")] == ["t", "w", "u"]
    assert request.request.options.timeout == Timeout(total=7.5)


async def test_the_vendor_s_other_name_of_the_base_url_is_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEQUAKE_URL", "https://second.example")
    assert (await sent(auth=None)).url == "https://second.example/any"
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", "https://first.example")
    assert (await sent(auth=None)).url == "https://first.example/any"


async def test_a_jwt_from_the_environment_is_a_bearer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEQUAKE_JWT", JWT)
    assert (await sent()).headers["Authorization"] == f"Bearer {JWT}"


async def test_argument_before_environment_before_file_before_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def seen(**settings: Any) -> tuple[str, str]:
        request = await sent(auth=None, **settings)
        return request.url.removesuffix("/any"), request.headers.get("X-Tenant-ID", "-")

    assert await seen() == ("http://localhost:8080", "-")
    (tmp_path / ".env").write_text("EDGEQUAKE_BASE_URL=https://file.example\nEDGEQUAKE_TENANT_ID=from-file\n")
    assert await seen() == ("https://file.example", "from-file")
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", "https://environment.example")
    monkeypatch.setenv("EDGEQUAKE_TENANT_ID", "from-environment")
    assert await seen() == ("https://environment.example", "from-environment")
    assert await seen(base_url="https://argument.example", tenant_id="from-argument") == (
        "https://argument.example",
        "from-argument",
    )


async def test_the_key_of_a_settings_file_is_used_but_not_exported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("EDGEQUAKE_API_KEY=sk-from-file\nUNRELATED=1\n")
    assert (await sent()).headers["X-API-Key"] == "sk-from-file"
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(ConfigurationError):
        await sent()


def test_settings_can_come_from_another_mapping(tmp_path: Path) -> None:
    file = tmp_path / "staging.env"
    file.write_text("EDGEQUAKE_API_KEY=sk-staging\n")
    client = EdgeQuake.from_env(dotenv=file, environ={"EDGEQUAKE_BASE_URL": "https://staging.example"})
    assert client.base_url == "https://staging.example"
    assert str(file) in client.config.origin("api_key")


def test_explain_tells_each_origin_and_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EDGEQUAKE_WORKSPACE_ID=w\nEDGEQUAKE_PASSWORD=hunter22\n")
    monkeypatch.setenv("EDGEQUAKE_API_KEY", "sk-secret")
    explained = EdgeQuake(username="ada", jwt=JWT).config.explain().splitlines()
    assert "base_url = http://localhost:8080 (default)" in explained
    assert "api_key = ******** (environment EDGEQUAKE_API_KEY)" in explained
    assert "jwt = ******** (argument)" in explained
    assert "username = ada (argument)" in explained
    assert "password = ******** (.env EDGEQUAKE_PASSWORD)" in explained
    assert "workspace_id = w (.env EDGEQUAKE_WORKSPACE_ID)" in explained
    assert not any(secret in "\n".join(explained) for secret in ("sk-secret", JWT, "hunter22"))


# --- the credential ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({"api_key": "eq_key"}, "X-API-Key", "eq_key"),
        ({"api_key": Secret("eq_key")}, "X-API-Key", "eq_key"),
        ({"api_key": "eq_key", "api_key_as_bearer": True}, "Authorization", "Bearer eq_key"),
        ({"api_key": JWT}, "Authorization", f"Bearer {JWT}"),
        ({"api_key": Secret(JWT)}, "Authorization", f"Bearer {JWT}"),
        ({"jwt": JWT}, "Authorization", f"Bearer {JWT}"),
        ({"jwt": JWT, "api_key": "eq_key"}, "Authorization", f"Bearer {JWT}"),
        ({"auth": BearerToken("opaque")}, "Authorization", "Bearer opaque"),
    ],
)
async def test_credentials_travel_as_the_server_takes_them(settings: dict[str, Any], header: str, value: str) -> None:
    headers = (await sent(**settings)).headers
    assert headers[header] == value
    assert len({"X-API-Key", "Authorization"} & set(headers)) == 1


async def test_arguments_precede_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEQUAKE_JWT", JWT)
    monkeypatch.setenv("EDGEQUAKE_USERNAME", "ada")
    assert (await sent(api_key="eq_key")).headers["X-API-Key"] == "eq_key"
    transport = MemoryTransport([Reply(json={"access_token": "t", "expires_in": 60}), NO_CONTENT])
    await EdgeQuake(password="hunter22", transport=transport).request("GET", "/any", model=None)
    assert transport.sent[0].json() == {"username": "ada", "password": "hunter22"}
    assert transport.sent[1].headers["Authorization"] == "Bearer t"


async def test_a_server_without_authentication_gets_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEQUAKE_API_KEY", "eq_key")
    headers = (await sent(auth=None)).headers
    assert "X-API-Key" not in headers
    assert "Authorization" not in headers


async def test_without_credentials_the_error_names_every_place() -> None:
    transport = MemoryTransport([Reply(json=HEALTH)])
    client = EdgeQuake(transport=transport)
    with pytest.raises(ConfigurationError) as caught:
        await client.documents.get("any")
    assert transport.sent == []
    for name in ("EDGEQUAKE_API_KEY", "EDGEQUAKE_JWT", "EDGEQUAKE_USERNAME", "EDGEQUAKE_PASSWORD", ".env", "auth=None"):
        assert name in str(caught.value)
    assert (await client.health()).version == "0.14.1", "what needs no credentials works"


@pytest.mark.parametrize("half", [{"username": "ada"}, {"password": "hunter22"}])
def test_half_a_login_is_refused_even_where_the_environment_has_a_key(
    half: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEQUAKE_API_KEY", "eq_key")
    missing = "PASSWORD" if "username" in half else "USERNAME"
    with pytest.raises(ConfigurationError, match=f"EDGEQUAKE_{missing}"):
        EdgeQuake(**half)  # type: ignore[arg-type]


def test_half_a_login_in_the_environment_does_not_disturb_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEQUAKE_USERNAME", "ada")
    EdgeQuake(api_key="eq_key")
    with pytest.raises(ConfigurationError, match="EDGEQUAKE_PASSWORD"):
        EdgeQuake()


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": ApiKey("eq_one"), "api_key": "eq_two"},
        {"auth": None, "password": "hunter22", "username": "ada"},
        {"tenant": Tenant("t"), "workspace_id": "w"},
    ],
)
def test_two_ways_to_say_one_thing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="cannot be combined"):
        EdgeQuake(**settings)


@pytest.mark.parametrize("key", ["", " eq_key", "eq_key ", "eq_key\n", "eq key", "eq_kéy", "eq_\x00key"])
def test_a_key_that_was_copied_badly_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match="api_key") as caught:
        EdgeQuake(api_key=key)
    assert not key.strip() or key.strip() not in str(caught.value)


def test_the_error_about_a_bad_key_names_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEQUAKE_API_KEY", "eq_key ")
    with pytest.raises(ConfigurationError, match="environment EDGEQUAKE_API_KEY"):
        EdgeQuake()


@pytest.mark.parametrize("url", ["http://edgequake.example", "http://10.0.0.7:8080"])
def test_no_token_goes_over_plain_http(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        EdgeQuake(base_url=url, api_key="eq_key")
    EdgeQuake(base_url=url, api_key="eq_key", allow_insecure_auth=True)
    EdgeQuake(base_url=url, auth=None)


@pytest.mark.parametrize("url", ["https://edgequake.example", "http://localhost:8080", "http://127.0.0.1:1"])
def test_tokens_go_over_https_and_on_this_machine(url: str) -> None:
    assert EdgeQuake(base_url=url, api_key="eq_key").base_url == url


def test_no_secret_shows_in_a_client() -> None:
    client = EdgeQuake(api_key="eq_secret", username="ada", password="hunter22")
    shown = f"{client!r} {client.documents!r} {vars(client)!r} {client.config!r}"
    assert "eq_secret" not in shown
    assert "hunter22" not in shown


# --- probes -----------------------------------------------------------------------------------------------------------


async def test_health_needs_no_credentials(visitor: EdgeQuake) -> None:
    health = await visitor.health()
    assert (health.status, health.storage_mode) == ("healthy", "memory")
    assert health.components.llm_provider


async def test_a_server_that_starts_is_live_but_not_ready(visitor: EdgeQuake, server: EdgeQuakeServer) -> None:
    rule = server.faults.add(ServerFault.status(503), path="/ready")
    assert await visitor.live()
    assert not await visitor.ready(retry=None)
    server.faults.remove(rule)
    assert await visitor.ready()


async def test_a_call_may_take_its_own_way(visitor: EdgeQuake, server: EdgeQuakeServer) -> None:
    server.faults.add(ServerFault.status(503), path="/health")
    with pytest.raises(ServerError) as caught:
        await visitor.health(retry=None, headers={"X-Trace": "1"})
    assert caught.value.attempts == 1
    assert server.counters.recent[-1].headers["x-trace"] == "1"
