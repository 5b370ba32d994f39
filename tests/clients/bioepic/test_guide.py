"""Code of the vendor's guide to authentication. Calls that send are awaited, and three names differ.

``APISearch(...)`` is a collection, ``AuthenticationError`` is `MissingCredentialsError`.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from dotenv import load_dotenv

from asdk.clients.bioepic import BioEPIC, BioEPICAuth, MissingCredentialsError, requires_auth
from asdk.sandbox import BioEPICServer, ServerFault

NAMES = ("CLIENT_ID", "CLIENT_SECRET", "ENV", "DEV_CLIENT_ID", "DEV_CLIENT_SECRET", "PROD_CLIENT_ID")
logger = logging.getLogger(__name__)


@pytest.fixture(autouse=True)
def environment(server: BioEPICServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the ``.env`` of the guide, with the address of the sandbox."""
    for name in (*NAMES, "PROD_CLIENT_SECRET"):
        monkeypatch.setenv(name, "")  # removed again after the test, with what load_dotenv sets
        monkeypatch.delenv(name)
    monkeypatch.setenv("BIOEPIC_BASE_URL", server.url)
    known = server.credentials
    pair = {"CLIENT_ID": known.client_id, "CLIENT_SECRET": known.client_secret}
    lines = [f"{place}{name}={value}" for place in ("", "DEV_", "PROD_") for name, value in pair.items()]
    Path(".env").write_text("\n".join([*lines, "ENV=prod"]))


async def test_client_credentials(server: BioEPICServer) -> None:
    auth = BioEPICAuth(
        client_id=server.credentials.client_id, client_secret=server.credentials.client_secret, env="prod"
    )
    assert await auth.get_token()


async def test_user_name_and_password(server: BioEPICServer) -> None:
    auth = BioEPICAuth(username=server.credentials.username, password=server.credentials.password, env="prod")
    assert await auth.get_token()


async def test_load_and_use_get_a_token_and_check(capsys: pytest.CaptureFixture[str]) -> None:
    load_dotenv(".env")
    auth = BioEPICAuth(
        client_id=os.getenv("CLIENT_ID"), client_secret=os.getenv("CLIENT_SECRET"), env=os.getenv("ENV", "prod")
    )
    token = await auth.get_token()
    print(f"Token: {token[:20]}...")  # noqa: T201
    assert capsys.readouterr().out == f"Token: {str(token)[:20]}...\n"
    assert len(token[:20]) == 20
    if auth.has_credentials():
        assert await auth.get_token() == token
    else:
        pytest.fail("No credentials found")


class MyAPIClient:
    def __init__(self, auth: BioEPICAuth) -> None:
        self.auth = auth

    @requires_auth
    async def protected_method(self) -> str:
        """This method requires authentication"""
        token = await self.auth.get_token()
        return f"Bearer {token}"


async def test_the_requires_auth_decorator(server: BioEPICServer) -> None:
    load_dotenv(".env")
    server.settings.require_auth = True
    mine = MyAPIClient(BioEPICAuth())
    sent = await mine.protected_method()
    async with BioEPIC(auth=None) as client:
        assert await client.samples.list(headers={"Authorization": sent}).first()


async def get_token() -> str:
    """Handle errors as the guide does; return what the guide prints."""
    try:
        auth = BioEPICAuth(client_id=os.getenv("CLIENT_ID"), client_secret=os.getenv("CLIENT_SECRET"), timeout=30)
        if not auth.has_credentials():
            raise MissingCredentialsError("No credentials provided")
        await auth.get_token()
    except MissingCredentialsError as e:
        return f"Authentication failed: {e}"
    except RuntimeError as e:
        return f"Token refresh failed: {e}"
    return ""


async def test_error_handling(server: BioEPICServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("")
    assert await get_token() == "Authentication failed: No credentials provided"
    monkeypatch.setenv("CLIENT_ID", server.credentials.client_id)
    assert (await get_token()).startswith("Authentication failed: incomplete credentials: pass client_id=")
    monkeypatch.setenv("CLIENT_SECRET", "wrong")
    assert (await get_token()).startswith("Token refresh failed: 401 POST /token: ")
    monkeypatch.setenv("CLIENT_SECRET", server.credentials.client_secret)
    assert await get_token() == ""
    server.faults.add(ServerFault.status(500, retry_after=60), path="/token")
    assert (await get_token()).startswith("Token refresh failed: 500 POST /token: ")
    monkeypatch.setenv("BIOEPIC_BASE_URL", "http://127.0.0.1:1")
    assert (await get_token()).startswith("Token refresh failed: POST /token: ")


async def test_the_complete_example(server: BioEPICServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=__name__)
    server.settings.require_auth = True
    load_dotenv(".env")
    auth = BioEPICAuth(
        client_id=os.getenv("CLIENT_ID"), client_secret=os.getenv("CLIENT_SECRET"), env=os.getenv("ENV", "prod")
    )
    if not auth.has_credentials():
        logger.error("No credentials found. Check your .env file.")
        return
    logger.info("Authentication initialized")
    try:
        await auth.get_token()
        logger.info("Token acquired successfully")
    except RuntimeError as e:
        logger.error(f"Failed to get token: {e}")
        return
    api_client = auth.client.collection("samples")
    assert len(await api_client.list().collect(limit=3)) == 3
    await auth.client.aclose()
    said = [record.message for record in caplog.records if record.name == __name__]
    assert said == ["Authentication initialized", "Token acquired successfully"]


async def test_different_credentials_for_different_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    load_dotenv(".env")
    auth_dev = BioEPICAuth(
        client_id=os.getenv("DEV_CLIENT_ID"), client_secret=os.getenv("DEV_CLIENT_SECRET"), env="dev"
    )
    auth_prod = BioEPICAuth(
        client_id=os.getenv("PROD_CLIENT_ID"), client_secret=os.getenv("PROD_CLIENT_SECRET"), env="prod"
    )
    assert await auth_dev.get_token() != await auth_prod.get_token()
    monkeypatch.delenv("BIOEPIC_BASE_URL")
    assert [BioEPIC(env=env).base_url for env in ("dev", "prod")] == [
        "https://api-dev.bioepic.example.com",
        "https://api.bioepic.example.com",
    ]
