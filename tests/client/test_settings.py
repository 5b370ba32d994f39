"""The sources of settings: an address of the implicit ``./.env`` gets no secret from elsewhere."""

# ruff: noqa: ASYNC240 - a test may look at its files

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asdk import ApiKey, BaseClient, BearerToken, ConfigurationError, Secret
from asdk.auth import ClientCredentials, TokenSource
from asdk.clients.apala import Apala
from asdk.clients.bioepic import BioEPIC
from asdk.clients.bloomy import Bloomy
from asdk.clients.bloomy.configuration import Configuration
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify, MGnifyConfig
from asdk.testing import MemoryTransport, Reply

EVIL = "https://evil.example"
CANARY = "CANARY-0123456789"


class Api(BaseClient):
    base_url = "https://api.example.org"
    env_prefix = "TESTAPI"


class KeyedApi(Api):
    """A client whose class makes the credential of its own argument."""

    def __init__(self, key: str, **options: Any) -> None:
        super().__init__(auth=ApiKey(key), **options)


class TokenApi(Api):
    """A client with a token endpoint of its own."""

    def __init__(self, **options: Any) -> None:
        config = self.config_for(options)  # type: ignore[arg-type]
        endpoint = config.get("token_url", default="https://login.example.org/token") or ""
        secret = config.secret("client_secret")
        super().__init__(auth=None if secret is None else ClientCredentials(endpoint, "me", secret), **options)


CLIENTS: list[tuple[str, str, type[BaseClient], dict[str, str]]] = [
    ("edgequake key", "EDGEQUAKE_BASE_URL", EdgeQuake, {"EDGEQUAKE_API_KEY": CANARY}),
    ("edgequake jwt", "EDGEQUAKE_BASE_URL", EdgeQuake, {"EDGEQUAKE_JWT": CANARY}),
    (
        "edgequake login",
        "EDGEQUAKE_BASE_URL",
        EdgeQuake,
        {"EDGEQUAKE_USERNAME": "ada", "EDGEQUAKE_PASSWORD": CANARY},
    ),
    ("apala", "APALA_BASE_URL", Apala, {"APALA_API_KEY": CANARY}),
    ("bloomy", "BLOOMY_BASE_URL", Bloomy, {"BG_API_KEY": CANARY}),
    ("bloomy login", "BLOOMY_BASE_URL", Bloomy, {"BLOOMY_USERNAME": "ada", "BLOOMY_PASSWORD": CANARY}),
    ("mgnify login", "MGNIFY_BASE_URL", MGnify, {"MG_USER": "Webin-1", "MG_PASSWORD": CANARY}),
    ("mgnify vendor name", "BASE_URL", MGnify, {"MGNIFY_AUTH_TOKEN": CANARY}),
    ("bioepic client", "BIOEPIC_BASE_URL", BioEPIC, {"CLIENT_ID": "me", "CLIENT_SECRET": CANARY}),
    ("bioepic login", "BIOEPIC_BASE_URL", BioEPIC, {"BIOEPIC_USERNAME": "ada", "BIOEPIC_PASSWORD": CANARY}),
    ("token endpoint", "TESTAPI_TOKEN_URL", TokenApi, {"TESTAPI_CLIENT_SECRET": CANARY}),
    ("base url beside one", "TESTAPI_BASE_URL", TokenApi, {"TESTAPI_CLIENT_SECRET": CANARY}),
]


@pytest.fixture(params=CLIENTS, ids=[name for name, *_ in CLIENTS])
def case(request: pytest.FixtureRequest) -> Any:
    return request.param[1:]


def test_an_address_of_env_gets_no_secret_of_the_environment(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address, client, secrets = case
    Path(".env").write_text(f"{address}={EVIL}\n")
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=r"^\w+_url is from \./\.env, \w+ from the environment: set both in"):
        client()
    monkeypatch.setenv("ASDK_TRUST_DOTENV", "1")
    client()
    monkeypatch.delenv("ASDK_TRUST_DOTENV")
    client.from_env(dotenv=".env")
    if "TOKEN" not in address:
        client(base_url="https://mine.example")


def test_an_address_and_its_secret_may_both_be_in_env(case: Any) -> None:
    address, client, secrets = case
    lines = [f"{name}={value}" for name, value in {address: EVIL, **secrets}.items()]
    Path(".env").write_text("\n".join(lines))
    built = client()
    assert built.base_url.startswith(EVIL) or "TOKEN" in address
    assert EVIL in built.config.explain()
    assert "argument" not in built.config.explain()


def test_a_secret_may_be_in_env_and_its_address_elsewhere(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address, client, secrets = case
    Path(".env").write_text("\n".join(f"{name}={value}" for name, value in secrets.items()))
    client()
    monkeypatch.setenv(address, "https://mine.example")
    client()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Api(auth=BearerToken(CANARY)), "auth"),
        (lambda: Api(auth=TokenSource(ApiKey(CANARY))), "auth"),
        (lambda: Api(auth=ClientCredentials("https://login.example.org/token", "me", Secret(CANARY))), "auth"),
        (lambda: KeyedApi(CANARY), "auth"),
        (lambda: Api(headers={"X-Auth-Token": CANARY}), "header X-Auth-Token"),
        (lambda: Api(headers={"Authorization": "Bearer abc"}), "header Authorization"),
        (lambda: Api(headers={"Private-Token": Secret(CANARY)}), "header Private-Token"),  # type: ignore[dict-item]
    ],
)
def test_an_address_of_env_gets_no_secret_of_the_code(make: Callable[[], BaseClient], name: str) -> None:
    make()
    Path(".env").write_text(f"TESTAPI_BASE_URL={EVIL}\n")
    with pytest.raises(ConfigurationError, match=rf"^base_url is from \./\.env, {name} from an argument: set both"):
        make()


@pytest.mark.parametrize("given", [{}, {"auth": None}, {"headers": {"Accept-Language": "en-US", "X-Feature": "beta"}}])
async def test_an_address_of_env_is_used_without_secrets(given: dict[str, Any]) -> None:
    Path(".env").write_text(f"TESTAPI_BASE_URL={EVIL}\n")
    server = MemoryTransport([Reply(json={})])
    await Api(transport=server, **given).request("GET", "/x")
    assert server.sent[0].url == f"{EVIL}/x"


def test_a_key_of_a_users_file_does_not_go_to_an_address_of_env(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / ".bloomy").mkdir(parents=True)
    (home / ".bloomy" / "config.yaml").write_text(f"api_key: {CANARY}\n")
    monkeypatch.setenv("HOME", str(home))
    Bloomy()
    Path(".env").write_text(f"BLOOMY_BASE_URL={EVIL}\n")
    with pytest.raises(ConfigurationError, match=r"api_key from file .*config\.yaml"):
        Bloomy()


async def test_a_login_of_an_argument_does_not_go_to_an_address_of_env() -> None:
    Path(".env").write_text(f"BLOOMY_BASE_URL={EVIL}\nBLOOMY_CONFIG_PATH=planted.yaml\n")
    configuration = Configuration()
    assert configuration.config_path.name == "config.yaml"
    with pytest.raises(ConfigurationError, match=r"password from an argument"):
        await configuration.configure_api_key("ada", CANARY)


def test_settings_in_an_object_are_arguments() -> None:
    Path(".env").write_text(f"MGNIFY_BASE_URL={EVIL}\n")
    with pytest.raises(ConfigurationError, match=r"password from an argument"):
        MGnify(config=MGnifyConfig(mg_user="Webin-1", mg_password=CANARY))
    config = MGnifyConfig(mg_user="Webin-1", mg_password=CANARY, base_url="https://mine.example")
    assert MGnify(config=config).base_url.startswith("https://mine.example")
