"""Code of the vendor's authentication guide. Imports and classes have our names, and calls that send are awaited.

The address of the sandbox comes from ``BLOOMY_BASE_URL``, so each line has the arguments of the guide.
"""

# ruff: noqa: T201
from __future__ import annotations

import os
import stat

import pytest

from asdk.clients.bloomy import APIError, Configuration, ConfigurationError
from asdk.clients.bloomy import Bloomy as Client
from asdk.sandbox.bloomy import BloomyServer


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, server: BloomyServer) -> None:
    monkeypatch.setenv("BLOOMY_BASE_URL", server.api_url)


async def configure(server: BloomyServer) -> Configuration:
    config = Configuration()
    await config.configure_api_key(
        username=server.credentials.ada.username,
        password=server.credentials.ada.password,
        store_key=True,
    )
    return config


async def test_obtaining_a_key_and_the_configuration_file(server: BloomyServer) -> None:
    config = await configure(server)
    assert stat.S_IMODE(config.config_path.stat().st_mode) == 0o600

    client = Client()
    assert (await client.user.details()).name == "Ada Lovelace"
    await client.aclose()


async def test_a_key_in_the_code(server: BloomyServer) -> None:
    async with Client(api_key=server.credentials.ada.api_key) as client:
        assert (await client.user.details()).id == server.credentials.ada.user_id
    async with Client(server.credentials.ben.api_key) as client:
        assert (await client.user.details()).id == server.credentials.ben.user_id


async def test_a_key_in_the_environment(monkeypatch: pytest.MonkeyPatch, server: BloomyServer) -> None:
    monkeypatch.setenv("BG_API_KEY", server.credentials.ada.api_key)
    api_key = os.environ.get("BG_API_KEY")
    if not api_key:
        raise ValueError("BG_API_KEY environment variable is required")

    for client in (Client(api_key=api_key), Client()):
        assert (await client.user.details()).name == "Ada Lovelace"
        await client.aclose()


@pytest.mark.parametrize("environment", ["production", "development"])
async def test_separate_keys_for_environments(
    monkeypatch: pytest.MonkeyPatch, server: BloomyServer, environment: str
) -> None:
    monkeypatch.setenv("BG_API_KEY_PROD", server.credentials.ada.api_key)
    monkeypatch.setenv("BG_API_KEY_DEV", server.credentials.ben.api_key)
    monkeypatch.setenv("ENVIRONMENT", environment)
    if os.getenv("ENVIRONMENT") == "production":  # noqa: SIM108 - as the guide has it
        api_key = os.getenv("BG_API_KEY_PROD")
    else:
        api_key = os.getenv("BG_API_KEY_DEV")

    client = Client(api_key=api_key)
    expected = server.credentials.ada if environment == "production" else server.credentials.ben
    assert await client.get_user_id() == expected.user_id
    await client.aclose()


async def test_key_rotation(
    monkeypatch: pytest.MonkeyPatch, server: BloomyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    async def rotate_api_key() -> None:
        config = Configuration()
        await config.configure_api_key(
            username=os.getenv("BLOOMY_USERNAME"),
            password=os.getenv("BLOOMY_PASSWORD"),
            store_key=True,
        )
        print("API key rotated successfully")

    with pytest.raises(ConfigurationError, match="no user name and password in BLOOMY_USERNAME, BLOOMY_PASSWORD"):
        await rotate_api_key()
    monkeypatch.setenv("BLOOMY_USERNAME", server.credentials.ada.username)
    with pytest.raises(ConfigurationError, match=r"password is missing: .* BLOOMY_PASSWORD"):
        await rotate_api_key()
    first = (await configure(server)).api_key
    client = Client()
    monkeypatch.setenv("BLOOMY_PASSWORD", server.credentials.ada.password)
    await rotate_api_key()
    assert capsys.readouterr().out == "API key rotated successfully\n"
    second = Configuration().api_key
    assert first is not None
    assert second is not None
    assert second != first
    server.revoke_key(first.reveal())
    assert (await client.user.details()).name == "Ada Lovelace"
    await client.aclose()


async def test_a_wrong_key(server: BloomyServer, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        client = Client(api_key="invalid-key")
        await client.user.details()
    except APIError as e:
        if e.status_code == 401:
            print("Authentication failed. Check your API key.")
        else:
            print(f"API error: {e}")
    assert capsys.readouterr().out == "Authentication failed. Check your API key.\n"


async def test_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        Client()
    except ConfigurationError as e:
        print(f"Configuration error: {e}")
        print("Please provide an API key via parameter, environment variable, or config file")
    assert capsys.readouterr().out.startswith("Configuration error: No API key: not found in BLOOMY_API_KEY")


async def test_debugging_the_sources(server: BloomyServer, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        config = Configuration()
        print("Configuration debugging:")
        print(f"Config file path: {config.config_path}")
        print(f"Config file exists: {config.config_path.exists()}")
        print(f"Has saved API key: {config.has_api_key()}")
        print(f"BG_API_KEY set: {'BG_API_KEY' in os.environ}")
        await configure(server)
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2] for line in said[1:5]] == [str(config.config_path), "False", "False", "False"]
    assert [line.partition(": ")[2] for line in said[6:]] == [str(config.config_path), "True", "True", "False"]


async def test_several_accounts(server: BloomyServer) -> None:
    client_account1 = Client(api_key=server.credentials.ada.api_key)
    client_account2 = Client(api_key=server.credentials.other.api_key)

    users_account1 = await client_account1.user.all()
    users_account2 = await client_account2.user.all()
    assert [user.name for user in users_account1] == ["Ada Lovelace", "Ben Bitdiddle"]
    assert [user.name for user in users_account2] == ["Zoe Zander"]
    for client in (client_account1, client_account2):
        await client.aclose()
