"""Code of the vendor's authentication guide. Imports and classes have our names, and calls that send are awaited.

The guide's ``requests.HTTPError`` with its ``e.response.status_code`` is `TokenError` with ``e.status`` here;
``requests.ConnectionError`` is the `TokenUnavailableError` that has no status.
"""

# ruff: noqa: T201
from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from asdk import AsdkError, TokenError, TokenUnavailableError
from asdk.clients.apala import Apala
from asdk.clients.apala.models import Message, ProcessedMessage
from asdk.sandbox import ServerFault
from asdk.sandbox.apala import ApalaServer

logger = logging.getLogger(__name__)

TOKEN, REFRESH = "/api/auth/token", "/api/auth/refresh"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, server: ApalaServer) -> None:
    known = server.credentials
    monkeypatch.setenv("APALA_API_KEY", known.api_key)
    monkeypatch.setenv("APALA_BASE_URL", server.url)
    monkeypatch.setenv("APALA_COMPANY_GUID", known.company_id)


async def test_basic_authentication(server: ApalaServer, capsys: pytest.CaptureFixture[str]) -> None:
    client = Apala(
        api_key=server.credentials.api_key,
        base_url=server.url,
    )

    auth_response = await client.authenticate()
    print(f"Company: {auth_response['company_name']}")
    print(f"Token expires in: {auth_response['expires_in']} seconds")
    await client.close()
    assert capsys.readouterr().out == "Company: Sandbox Lending\nToken expires in: 3600 seconds\n"


async def test_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Apala(
        api_key=os.getenv("APALA_API_KEY"),
        base_url=os.getenv("APALA_BASE_URL"),
    )
    assert (await client.authenticate())["company_id"] == os.getenv("APALA_COMPANY_GUID")
    await client.close()
    monkeypatch.delenv("APALA_BASE_URL")
    assert Apala(api_key=os.getenv("APALA_API_KEY"), base_url=os.getenv("APALA_BASE_URL")).base_url


async def test_a_dotenv_file(monkeypatch: pytest.MonkeyPatch, server: ApalaServer, tmp_path: Path) -> None:
    """Check that the file is read by default; the guide loads it explicitly."""
    monkeypatch.delenv("APALA_API_KEY")
    monkeypatch.delenv("APALA_BASE_URL")
    (tmp_path / ".env").write_text(f"APALA_API_KEY={server.credentials.api_key}\nAPALA_BASE_URL={server.url}\n")
    async with Apala() as client:
        assert (await client.authenticate())["company_name"] == "Sandbox Lending"
    assert "APALA_API_KEY" not in os.environ


async def test_token_management(server: ApalaServer, capsys: pytest.CaptureFixture[str]) -> None:
    client = Apala(api_key=os.getenv("APALA_API_KEY"), base_url=os.getenv("APALA_BASE_URL"))

    current_time = time.time()
    is_valid = client.access_token and current_time < (client.token_expires_at or 0)
    if not is_valid:
        print("Token expired or missing, re-authenticating...")
        await client.authenticate()

    refresh_response = await client.refresh_access_token()
    print(f"New token expires in: {refresh_response['expires_in']} seconds")

    current_time = time.time()
    assert client.access_token
    assert current_time < (client.token_expires_at or 0)
    assert capsys.readouterr().out == (
        "Token expired or missing, re-authenticating...\nNew token expires in: 3600 seconds\n"
    )
    assert (server.counters.count("POST", TOKEN), server.counters.count("POST", REFRESH)) == (1, 1)
    await client.close()


async def handle_authentication_errors(client: Apala) -> str:
    try:
        await client.authenticate()
    except TokenError as e:
        if e.status is None:
            return "Cannot connect to server - check URL and network"
        if e.status == 401:
            return "Invalid API key"
        if e.status == 403:
            return "API key lacks necessary permissions"
        if e.status >= 500:
            return "Server error - try again later"
        return f"Authentication failed: {e.status}"
    return "Authenticated"


async def test_authentication_errors(server: ApalaServer) -> None:
    def client(**settings: Any) -> Apala:
        return Apala(**settings).with_options(timeout=0.4)

    assert await handle_authentication_errors(client()) == "Authenticated"
    assert await handle_authentication_errors(client(api_key="not-the-key")) == "Invalid API key"
    server.faults.add(ServerFault.status(503), path=TOKEN, times=3)
    assert await handle_authentication_errors(client()) == "Server error - try again later"
    server.faults.clear()
    server.faults.add(ServerFault.status(429), path=TOKEN, times=3)
    assert await handle_authentication_errors(client()) == "Authentication failed: 429"
    server.faults.clear()
    server.forbid_api_key()
    assert await handle_authentication_errors(client()) == "API key lacks necessary permissions"
    nobody = client(base_url="http://127.0.0.1:9")
    assert await handle_authentication_errors(nobody) == "Cannot connect to server - check URL and network"


async def test_secret_management(server: ApalaServer) -> None:
    def get_api_credentials() -> tuple[str, str]:
        response = {"SecretString": json.dumps({"api_key": server.credentials.api_key, "base_url": server.url})}
        secrets = json.loads(response["SecretString"])
        return secrets["api_key"], secrets["base_url"]

    api_key, base_url = get_api_credentials()
    client = Apala(api_key=api_key, base_url=base_url)
    assert (await client.authenticate())["company_name"] == "Sandbox Lending"
    await client.close()


class SecureApalaClient:
    def __init__(self) -> None:
        self.api_key = os.environ["APALA_API_KEY"]
        self.base_url = os.environ["APALA_BASE_URL"]
        self._client: Apala | None = None
        self._last_auth_attempt: float = 0
        self._auth_retry_delay = 300  # 5 minutes

    @asynccontextmanager
    async def get_authenticated_client(self) -> AsyncIterator[Apala]:
        """Context manager providing authenticated client."""
        client = None
        try:
            client = await self._get_client()
            yield client
        finally:
            if client:
                await client.close()

    async def _get_client(self) -> Apala:
        """Get or create authenticated client."""
        current_time = time.time()

        if not self._client:
            self._client = Apala(api_key=self.api_key, base_url=self.base_url)

        needs_auth = not self._client.access_token or current_time >= (self._client.token_expires_at or 0)

        if needs_auth:
            await self._authenticate_with_retry(self._client)

        return self._client

    async def _authenticate_with_retry(self, client: Apala) -> None:
        """Authenticate with exponential backoff retry."""
        current_time = time.time()

        if current_time - self._last_auth_attempt < self._auth_retry_delay:
            raise Exception("Authentication retry delay not met")

        max_retries = 3
        for attempt in range(max_retries):
            try:
                logger.info(f"Authentication attempt {attempt + 1}")
                await client.authenticate()
                logger.info("Authentication successful")
                self._last_auth_attempt = current_time
                return
            except TokenError as e:
                logger.error(f"Auth attempt {attempt + 1} failed: {e.status}")
                if e.status in [401, 403]:
                    raise
                if attempt < max_retries - 1:
                    await asyncio.sleep(0.001 * 2**attempt)

        self._last_auth_attempt = current_time
        raise Exception(f"Authentication failed after {max_retries} attempts")


async def process(client: Apala, server: ApalaServer) -> ProcessedMessage:
    return await client.message_process(
        message_history=[Message(content="Hi", channel="SMS")],
        candidate_message=Message(content="hello", channel="SMS"),
        customer_id=server.credentials.customer_id,
        zip_code="90210",
        company_guid=os.environ["APALA_COMPANY_GUID"],
    )


async def test_the_production_pattern(server: ApalaServer) -> None:
    secure_client = SecureApalaClient()
    for _ in range(2):  # the guide closes the client and keeps it
        async with secure_client.get_authenticated_client() as client:
            response = await process(client, server)
        assert response["candidate_message"]["content"] == response.candidate_message.content == "Hello."
    assert server.counters.count("POST", TOKEN) == 1


async def test_the_production_pattern_with_a_server_that_stumbles(server: ApalaServer) -> None:
    server.faults.add(ServerFault.status(503, html="<p>busy</p>"), path=TOKEN, times=1)
    async with SecureApalaClient().get_authenticated_client() as client:
        assert (await process(client, server)).candidate_message.message_id
    assert server.counters.count("POST", TOKEN) == 2


async def test_the_production_pattern_with_a_key_that_is_refused(
    server: ApalaServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.revoke_api_key()
    secure_client = SecureApalaClient()
    with pytest.raises(TokenError) as caught:
        async with secure_client.get_authenticated_client():
            pass
    assert caught.value.status == 401
    assert "Auth attempt 1 failed: 401" in caplog.text
    assert server.counters.count("POST", TOKEN) == 1


async def test_debugging_authentication(
    server: ApalaServer, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for key in (server.credentials.api_key, "your-key"):
        client = Apala(api_key=key, base_url=server.url)
        try:
            await client.authenticate()
            print("Debug: Authentication successful")
        except Exception as e:
            print(f"Debug: Authentication failed - {e}")
    said = capsys.readouterr().out
    assert "Debug: Authentication successful\nDebug: Authentication failed - 401 POST /api/auth/token: " in said
    assert not any(key in said + caplog.text for key in (server.credentials.api_key, "your-key"))


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_every_error_of_the_token_endpoint_has_its_status(server: ApalaServer, status: int) -> None:
    server.faults.add(ServerFault.status(status), path=TOKEN)
    with pytest.raises(AsdkError) as caught:
        await Apala().with_options(timeout=0.3).paf.templates.list()
    assert caught.value.status == status
    assert isinstance(caught.value, TokenUnavailableError) is (status in {429, 500, 503})
