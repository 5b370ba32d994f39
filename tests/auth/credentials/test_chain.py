"""`CredentialChain`: the first configured credential, and the reasons why the others were skipped."""

from __future__ import annotations

import asyncio
import os

import pytest

from asdk import ApiKey, ConfigurationError, Tenant, Token, TokenRefusedError
from asdk.auth import (
    ClientCredentials,
    Credential,
    CredentialChain,
    Identity,
    MemoryTokenStore,
    NoCredential,
    PasswordGrant,
    RefreshToken,
)
from asdk.testing import Reply, VirtualClock
from asdk.transports.base import Handler
from tests.support.endpoints import URL, Endpoint, granted, refusal, source_of


def missing() -> str:
    return os.environ["ASDK_NO_SUCH_SECRET"]


async def test_the_first_configured_credential_is_used() -> None:
    last = ClientCredentials(URL, "last", "s3cret")
    chain = CredentialChain(
        NoCredential("set APP_KEY"),
        ClientCredentials(URL, "app", missing),
        PasswordGrant(URL, "ada", "pass"),
        last,
    )
    source, endpoint = source_of(chain), Endpoint(Reply(json=granted("t1"), delay=0.2))
    tokens = await asyncio.gather(*(source.get(endpoint.send) for _ in range(100)))
    assert {token.value.reveal() for token in tokens} == {"t1"}
    assert endpoint.grants == ["password"]
    assert chain.chosen is not None
    assert chain.identity == chain.chosen.identity == PasswordGrant(URL, "ada", "pass").identity


async def test_the_error_lists_the_reason_of_each_credential() -> None:
    inner = CredentialChain(NoCredential("set APP_TOKEN"))
    chain = CredentialChain(NoCredential("set APP_KEY"), ClientCredentials(URL, "app", missing), inner)
    endpoint = Endpoint()
    with pytest.raises(ConfigurationError) as caught:
        await source_of(chain).get(endpoint.send)
    reasons = [
        "NoCredential: set APP_KEY",
        "ClientCredentials: ",
        "'ASDK_NO_SUCH_SECRET'",
        "NoCredential: set APP_TOKEN",
    ]
    places = [str(caught.value).find(reason) for reason in reasons]
    assert -1 not in places
    assert places == sorted(places)
    assert endpoint.sent == []
    assert chain.chosen is None


async def test_the_credential_that_worked_is_kept() -> None:
    secrets: list[str] = ["s3cret"]
    chain = CredentialChain(ClientCredentials(URL, "app", lambda: secrets[0]), PasswordGrant(URL, "ada", "pass"))
    clock = VirtualClock()
    source, endpoint = source_of(chain, clock), Endpoint()
    await source.get(endpoint.send)
    await clock.sleep(101)
    secrets.clear()
    with pytest.raises(ConfigurationError, match="client_secret"):
        await source.get(endpoint.send)
    secrets.append("other")
    await clock.sleep(5)
    await source.get(endpoint.send)
    assert endpoint.grants == ["client_credentials"] * 2


async def test_a_credential_that_is_configured_later_is_found() -> None:
    secrets: list[str] = []
    chain, clock = CredentialChain(ClientCredentials(URL, "app", lambda: secrets[0])), VirtualClock()
    source, endpoint = source_of(chain, clock), Endpoint()
    with pytest.raises(ConfigurationError):
        await source.get(endpoint.send)
    secrets.append("s3cret")
    await clock.sleep(1)
    await source.get(endpoint.send)


async def test_a_refusal_does_not_fall_back_to_the_next_credential() -> None:
    chain = CredentialChain(ClientCredentials(URL, "app", "s3cret"), PasswordGrant(URL, "ada", "pass"))
    endpoint = Endpoint(refusal("invalid_client", 401))
    with pytest.raises(TokenRefusedError):
        await source_of(chain).get(endpoint.send)
    assert endpoint.grants == ["client_credentials"]


async def test_the_chosen_credential_keeps_its_rules_and_its_store_key() -> None:
    store, clock = MemoryTokenStore(), VirtualClock()
    chain = CredentialChain(NoCredential("nothing"), RefreshToken(URL, "r1", account="ada"))
    endpoint = Endpoint(granted("t1", "r2"), granted("t2", "r3"), Reply(500), granted("t3", "r4"))
    source = source_of(chain, clock, store)
    await source.get(endpoint.send)
    assert (chain.can_login, chain.rotates_refresh_tokens) == (False, True)
    await clock.sleep(101)
    await source_of(RefreshToken(URL, "r1", account="ada"), clock, store).get(endpoint.send)
    assert (await source.get(endpoint.send)).value.reveal() == "t2", "adopted from the store, under the same key"
    assert [form["refresh_token"] for form in endpoint.forms] == ["r1", "r2"]
    entry = await source.read_store()
    assert entry is not None
    assert entry.account == "ada"


async def test_a_chain_may_contain_an_api_key() -> None:
    chain = CredentialChain(NoCredential("nothing"), ApiKey("key-1234"))
    token = await source_of(chain, store=MemoryTokenStore()).get(Endpoint().send)
    assert token.headers["X-API-Key"] == "key-1234"
    assert chain.identity is None


async def test_fetch_and_refresh_use_the_chosen_credential() -> None:
    chain, endpoint = CredentialChain(NoCredential("nothing"), PasswordGrant(URL, "ada", "pass")), Endpoint()
    token = await chain.fetch(endpoint.send)
    await chain.refresh(Token(value="t", refresh_token="r1"), endpoint.send)
    assert token.value.reveal() == "t1"
    assert endpoint.grants == ["password", "refresh_token"]


async def test_a_chain_makes_one_chain_per_tenant() -> None:
    class Own(Credential):
        per_tenant = True

        def __init__(self, tenant: Tenant | None = None) -> None:
            self.tenant = tenant

        @property
        def identity(self) -> Identity:
            return Identity(url=URL, kind="own")

        async def fetch(self, send: Handler) -> Token:
            if self.tenant is None or self.tenant.tenant_id == "none":
                raise ConfigurationError("no such tenant")
            return Token(value=f"token-of-{self.tenant.tenant_id}", lifetime=100)

        def for_tenant(self, tenant: Tenant | None) -> Credential:
            return Own(tenant)

    source = source_of(CredentialChain(Own(), Own()))
    for name in ("a", "b"):
        token = await source.get(Endpoint().send, tenant=Tenant(name))
        assert token.value.reveal() == f"token-of-{name}"
    with pytest.raises(ConfigurationError):
        await source.get(Endpoint().send, tenant=Tenant("none"))
    with pytest.raises(ConfigurationError, match="per_tenant"):
        CredentialChain(Own(), NoCredential("nothing"))
    with pytest.raises(ConfigurationError, match="credentials"):
        CredentialChain()
