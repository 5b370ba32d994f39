"""Code of the vendor's guide to authentication, with our names and ``await`` for calls that send."""

# ruff: noqa: T201  # the guide prints

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from dotenv import load_dotenv
from keyring.backend import KeyringBackend

from asdk import AuthenticationError
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.edgequake.models import LoginResult, QueryResult
from asdk.sandbox import EdgeQuakeServer

EMAIL, PASSWORD = "user@example.com", "SecurePassword123!"


@pytest.fixture(autouse=True)
def environment(server: EdgeQuakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set the environment of a user: the address of the server and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", server.url)
    monkeypatch.delenv("EDGEQUAKE_API_KEY", raising=False)


@pytest.fixture
def key(server: EdgeQuakeServer) -> str:
    return server.credentials.api_key


@pytest.fixture
async def account(key: str) -> None:
    await EdgeQuake(api_key=key).users.create("someone", email=EMAIL, password=PASSWORD)


@pytest.fixture
def admin(server: EdgeQuakeServer) -> EdgeQuake:
    server.settings.static_api_key = "admin-key"
    return EdgeQuake(api_key="admin-key")


def seen(server: EdgeQuakeServer, *names: str) -> list[str | None]:
    """Return header fields of the last request."""
    headers = server.counters.recent[-1].headers
    return [headers.get(name.lower()) for name in names]


# API keys


async def test_a_key_from_the_environment_or_in_code(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = EdgeQuake(api_key=key)
    assert (await client.auth.me()).username == "admin"
    monkeypatch.setenv("EDGEQUAKE_API_KEY", key)
    client = EdgeQuake(api_key=os.environ.get("EDGEQUAKE_API_KEY"))
    assert (await client.auth.me()).username == "admin"
    client = EdgeQuake()
    assert (await client.auth.me()).username == "admin"


async def test_a_key_from_an_env_file(key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"EDGEQUAKE_API_KEY={key}\n")
    client = EdgeQuake()
    assert (await client.auth.me()).username == "admin"
    monkeypatch.setenv("EDGEQUAKE_API_KEY", "replaced by the file")
    load_dotenv(".env", override=True)
    client = EdgeQuake()
    assert (await client.auth.me()).username == "admin"


async def test_a_key_as_a_bearer(key: str, server: EdgeQuakeServer) -> None:
    await EdgeQuake(api_key=key, api_key_as_bearer=True).auth.me()
    authorization, own = seen(server, "Authorization", "X-API-Key")
    assert authorization is not None
    assert authorization.startswith("Bearer ")
    assert own is None


async def test_a_key_is_made(admin: EdgeQuake) -> None:
    key = await admin.api_keys.create(name="Production", scopes=["read", "write"])
    print(key["key"])
    assert key["key"].reveal().startswith("eq_")
    assert (await EdgeQuake(api_key=key["key"]).auth.me()).username == "admin"


# Tokens


async def test_a_login(account: None) -> None:
    client = EdgeQuake()
    auth_response = await client.auth.login(email="user@example.com", password="SecurePassword123!")
    print(auth_response)
    assert (auth_response["token_type"], auth_response["expires_in"]) == ("Bearer", 24 * 3600)
    authenticated_client = EdgeQuake(api_key=auth_response["access_token"])
    docs = await authenticated_client.documents.list()
    assert docs == []
    new_auth = await client.auth.refresh(refresh_token=auth_response["refresh_token"])
    authenticated_client = EdgeQuake(api_key=new_auth["access_token"])
    assert (await authenticated_client.auth.me()).email == EMAIL


class AutoRefreshClient:
    """Client of the guide. A constructor and ``__getattr__`` cannot wait, so the code that creates and uses it does."""

    def __init__(self, email: str, password: str) -> None:
        self.email = email
        self.password = password

    async def _login(self) -> None:
        temp_client = EdgeQuake()
        auth = await temp_client.auth.login(self.email, self.password)
        self.access_token = auth["access_token"]
        self.refresh_token = auth["refresh_token"]
        self.expires_at = time.time() + auth["expires_in"]
        self.client = EdgeQuake(api_key=self.access_token)

    async def _ensure_fresh_token(self) -> None:
        if time.time() > self.expires_at - 300:
            temp_client = EdgeQuake()
            auth = await temp_client.auth.refresh(self.refresh_token)
            self.access_token = auth["access_token"]
            self.refresh_token = auth.get("refresh_token", self.refresh_token)
            self.expires_at = time.time() + auth["expires_in"]
            self.client = EdgeQuake(api_key=self.access_token)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


async def test_a_wrapper_that_refreshes(account: None, server: EdgeQuakeServer) -> None:
    server.settings.token_lifetime = 200
    client = AutoRefreshClient(EMAIL, PASSWORD)
    await client._login()
    first, refresh_token = client.access_token, client.refresh_token
    for _ in range(2):
        await client._ensure_fresh_token()
        assert await client.documents.list() == []
    assert client.access_token != first
    assert client.refresh_token is refresh_token


async def test_the_client_refreshes_by_itself(account: None, server: EdgeQuakeServer) -> None:
    client = EdgeQuake(username=EMAIL, password=PASSWORD)
    assert await client.documents.list() == []
    server.invalidate_access_tokens()
    assert await client.documents.list() == []
    assert server.counters.count("POST", "/api/v1/auth/login") == 1
    assert server.counters.count("POST", "/api/v1/auth/refresh") == 1


# Tenants and workspaces


async def test_workspaces(key: str, server: EdgeQuakeServer) -> None:
    client = EdgeQuake(api_key=key, workspace_id="workspace-123")
    docs = await client.documents.list()
    assert docs == []
    assert seen(server, "X-Workspace-Id") == ["workspace-123"]

    client = EdgeQuake(api_key=key, tenant_id="tenant-456", workspace_id="workspace-123")
    doc = await client.documents.upload(content="Tenant-specific document", title="Scoped Doc")
    assert doc.status == "completed"
    assert seen(server, "X-Tenant-Id", "X-Workspace-Id") == ["tenant-456", "workspace-123"]
    assert [one.title for one in await client.documents.list()] == ["Scoped Doc"]

    prod_client = EdgeQuake(api_key=key, workspace_id="prod-workspace")
    await prod_client.documents.upload(content="Released")
    prod_docs = await prod_client.documents.list()
    dev_client = EdgeQuake(api_key=key, workspace_id="dev-workspace")
    dev_docs = await dev_client.documents.list()
    assert (len(prod_docs), len(dev_docs)) == (1, 0)


# Good practice


async def test_keys_are_rotated(admin: EdgeQuake) -> None:
    old_key = await admin.api_keys.create(name="Q4-2024")
    await admin.api_keys.revoke(old_key["id"])
    new_key = await admin.api_keys.create(name="Q1-2025")
    print(new_key["key"])
    with pytest.raises(AuthenticationError):
        await EdgeQuake(api_key=old_key["key"]).auth.me()


async def test_keys_of_few_permissions(admin: EdgeQuake) -> None:
    analytics_key = await admin.api_keys.create(name="Analytics", scopes=["read"])
    automation_key = await admin.api_keys.create(name="Automation", scopes=["read", "write", "admin"])
    assert analytics_key["scopes"] == ["read"]
    assert automation_key["scopes"] == ["read", "write", "admin"]


def test_servers_in_development_and_production() -> None:
    for base_url in ("http://api.example.com", "https://api.example.com"):
        client = EdgeQuake(base_url=base_url)
        assert base_url in repr(client)


async def test_a_token_that_ended_is_refreshed_or_bought_again(account: None, server: EdgeQuakeServer) -> None:
    auth = await EdgeQuake().auth.login(EMAIL, PASSWORD)
    client, refresh_token = EdgeQuake(api_key=auth["access_token"]), auth["refresh_token"]
    server.invalidate_access_tokens()
    try:
        docs = await client.documents.list()
    except AuthenticationError:
        new_auth = await client.auth.refresh(refresh_token)
        client = EdgeQuake(api_key=new_auth["access_token"])
        assert (await client.auth.me()).email == EMAIL
        auth = await client.auth.login(EMAIL, PASSWORD)
        client = EdgeQuake(api_key=auth["access_token"])
        docs = await client.documents.list()
    assert docs == []
    assert server.counters.by_status[401] == 1


class Keychain(KeyringBackend):
    """Key store of the operating system, as in the guide: it accepts only text."""

    priority = 1.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password.encode().decode()

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))


@pytest.fixture
def keychain() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Keychain())
    yield
    keyring.set_keyring(before)


async def test_a_token_is_kept_in_the_keychain(account: None, keychain: None) -> None:
    auth = await EdgeQuake().auth.login(EMAIL, PASSWORD)
    keyring.set_password("edgequake", "access_token", auth["access_token"].reveal())
    access_token = keyring.get_password("edgequake", "access_token")
    client = EdgeQuake(api_key=access_token)
    assert (await client.auth.me()).email == EMAIL


async def test_unused_keys_are_revoked(admin: EdgeQuake, capsys: pytest.CaptureFixture[str]) -> None:
    used, unused = await admin.api_keys.create(name="Used"), await admin.api_keys.create(name="Unused")
    await EdgeQuake(api_key=used["key"]).auth.me()
    keys = await admin.api_keys.list()
    for key in keys.get("items", []):
        print(f"{key['name']}: Last used {key['last_used_at']}")
        if key["last_used_at"] is None:
            await admin.api_keys.revoke(key["id"])
    assert "Unused: Last used None\n" in capsys.readouterr().out
    assert {key["name"]: key["is_active"] for key in await admin.api_keys.list() if key["id"] == unused["id"]} == {
        "Unused": False
    }
    assert (await EdgeQuake(api_key=used["key"]).auth.me()).username == "admin"
    assert keys.get("pages", 0) == 0


async def query_with_refresh(client: EdgeQuake, auth_response: LoginResult) -> QueryResult:
    start_time = time.time()
    if time.time() - start_time > auth_response["expires_in"] - 300:
        new_auth = await client.auth.refresh(auth_response["refresh_token"])
        client = EdgeQuake(api_key=new_auth["access_token"])
    return await client.query.execute(query="...")


async def test_a_token_is_refreshed_before_a_long_task(account: None, server: EdgeQuakeServer) -> None:
    server.settings.token_lifetime = 200
    client = EdgeQuake()
    auth_response = await client.auth.login(EMAIL, PASSWORD)
    assert (await query_with_refresh(client, auth_response)).sources == []
    assert server.counters.count("POST", "/api/v1/auth/refresh") == 1
