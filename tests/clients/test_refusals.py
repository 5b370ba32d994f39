"""Tests of rejected credentials of each API: one error whose message stands alone and has a hint."""

from __future__ import annotations

import os
import pickle
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from asdk import (
    AsdkError,
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    Tenant,
    TokenRefusedError,
)
from asdk.clients.apala import Apala, InvalidApiKeyError, KeyNotPermittedError
from asdk.clients.bioepic import BioEPIC, MissingCredentialsError
from asdk.clients.bioepic import WrongCredentialsError as WrongPairError
from asdk.clients.bloomy import AccountLockedError, Bloomy
from asdk.clients.bloomy import WrongPasswordError as WrongBloomyPasswordError
from asdk.clients.bloomy import errors as bloomy_errors
from asdk.clients.edgequake import AccountLockedError as LockedByHandError
from asdk.clients.edgequake import EdgeQuake, LoginLockedError, TenantRequiredError, WrongPasswordError
from asdk.clients.mgnify import MGnify
from asdk.sandbox import Sandbox, ServerFault
from tests.support.apis import token_requests
from tests.support.shared_clock import SharedClock

# Names of the vendors' settings that have no common prefix.
VENDORS_NAMES = ("MG_", "AUTH_TOKEN", "BASE_URL", "CLIENT_", "ENV", "USERNAME", "PASSWORD")
WRONG = "wrong-for-sure-0123456789"
DAY = 24 * 3600.0


@attrs.frozen
class Setup:
    """Sandbox, a clock for both sides, and every secret that no message may show."""

    sandbox: Sandbox
    clock: SharedClock
    secrets: list[str]
    set_env: Callable[[str, str], None]


Provoke = Callable[[Setup], Awaitable[object]]


@attrs.frozen
class Case:
    api: str
    name: str
    provoke: Provoke
    error: type[AsdkError]
    status: int | None
    says: tuple[str, ...]
    token_requests: int
    retry_after: bool


CASES: list[Case] = []


def case(
    api: str,
    name: str,
    error: type[AsdkError],
    *says: str,
    status: int | None = None,
    token_requests: int = 0,
    retry_after: bool = False,
) -> Callable[[Provoke], Provoke]:
    """Describe a call that is rejected, and its error.

    Args:
        api: the name of the server.
        name: the problem.
        error: the exact class.
        says: parts of the message, including the name of the setting.
        status: the status of the rejection.
        token_requests: the total number of token requests.
        retry_after: whether the error states a wait.
    """

    def add(provoke: Provoke) -> Provoke:
        CASES.append(Case(api, name, provoke, error, status, says, token_requests, retry_after))
        return provoke

    return add


# --- EdgeQuake --------------------------------------------------------------------------------------------------------


def edgequake(setup: Setup, **settings: Any) -> EdgeQuake:
    return EdgeQuake(base_url=setup.sandbox.edgequake.url, clock=setup.clock.client, **settings)


@case("edgequake", "wrong key", AuthenticationError, "check api_key (argument)", status=401)
async def edgequake_wrong_key(setup: Setup) -> None:
    await edgequake(setup, api_key=WRONG).documents.list().first()


@case("edgequake", "wrong key of the environment", AuthenticationError, "EDGEQUAKE_API_KEY", status=401)
async def edgequake_wrong_key_of_the_environment(setup: Setup) -> None:
    setup.set_env("EDGEQUAKE_API_KEY", WRONG)
    await edgequake(setup).documents.list().first()


@case("edgequake", "revoked key", AuthenticationError, "check api_key (argument)", status=401)
async def edgequake_revoked_key(setup: Setup) -> None:
    async with edgequake(setup, username="admin", password="sandbox-admin") as admin:
        key = await admin.api_keys.create(name="short")
        await admin.api_keys.revoke(key.key_id)
    setup.sandbox.edgequake.counters.reset()
    setup.secrets.append(key.api_key.reveal())
    await edgequake(setup, api_key=key.api_key).documents.list().first()


@case(
    "edgequake",
    "wrong password",
    WrongPasswordError,
    "check the user name (admin) and the password",
    status=401,
    token_requests=1,
)
async def edgequake_wrong_password(setup: Setup) -> None:
    await edgequake(setup, username="admin", password=WRONG).documents.list().first()


@case("edgequake", "locked account", LoginLockedError, "15 minutes", status=423, token_requests=1, retry_after=True)
async def edgequake_locked_account(setup: Setup) -> None:
    for _ in range(5):
        with pytest.raises(AuthenticationError):
            await edgequake(setup, auth=None).auth.login("admin", WRONG)
    setup.sandbox.edgequake.counters.reset()
    await edgequake(setup, username="admin", password="sandbox-admin").documents.list().first()


@case("edgequake", "locked account, by hand", LockedByHandError, "15 minutes", status=423, token_requests=6)
async def edgequake_locked_account_by_hand(setup: Setup) -> None:
    for _ in range(5):
        with pytest.raises(AuthenticationError):
            await edgequake(setup, auth=None).auth.login("admin", WRONG)
    await edgequake(setup, auth=None).auth.login("admin", "sandbox-admin")


@case("edgequake", "expired JWT", AuthenticationError, "check jwt (argument)", status=401, token_requests=1)
async def edgequake_expired_jwt(setup: Setup) -> None:
    login = await edgequake(setup, auth=None).auth.login("admin", "sandbox-admin")
    setup.secrets.append(login.access_token.reveal())
    await setup.clock.advance(2 * DAY)
    await edgequake(setup, jwt=login.access_token).documents.list().first()


@case("edgequake", "expired everything", WrongPasswordError, "EDGEQUAKE_PASSWORD", status=401, token_requests=3)
async def edgequake_expired_everything(setup: Setup) -> None:
    client = edgequake(setup, username="admin", password="sandbox-admin")
    await client.documents.list().first()
    setup.sandbox.edgequake.faults.add(ServerFault.status(401), path="/api/v1/auth/login")
    setup.sandbox.edgequake.revoke_refresh_tokens()
    await setup.clock.advance(2 * DAY)
    await client.documents.list().first()


@case("edgequake", "missing tenant", TenantRequiredError, "tenant_id= and user_id=", status=401)
async def edgequake_missing_tenant(setup: Setup) -> None:
    await edgequake(setup, api_key=setup.sandbox.edgequake.credentials.api_key).conversations.list().first()


@case("edgequake", "hidden object", NotFoundError, "/documents/{document_id}", "in workspace 0000", status=404)
async def edgequake_hidden_object(setup: Setup) -> None:
    known = setup.sandbox.edgequake.credentials
    mine = edgequake(setup, api_key=known.api_key, tenant_id=known.tenant_id, workspace_id=known.workspace_id)
    uploaded = await mine.documents.upload("Oslo is in Norway.", title="Oslo")
    other = mine.with_options(tenant=Tenant(known.tenant_id, "00000000-0000-0000-0000-0000000000aa"))
    await other.documents.get(uploaded.document_id)


@case("edgequake", "missing configuration", ConfigurationError, "EDGEQUAKE_API_KEY", "pass api_key=")
async def edgequake_missing_configuration(setup: Setup) -> None:
    await edgequake(setup).documents.list().first()


@case("edgequake", "half a login", ConfigurationError, "EDGEQUAKE_PASSWORD", "password")
async def edgequake_half_a_login(setup: Setup) -> None:
    edgequake(setup, username="admin")


# --- MGnify -----------------------------------------------------------------------------------------------------------


def mgnify(setup: Setup, **settings: Any) -> MGnify:
    return MGnify(base_url=setup.sandbox.mgnify.url, clock=setup.clock.client, **settings)


@case("mgnify", "wrong password", TokenRefusedError, "Webin id", "MGNIFY_PASSWORD", status=401, token_requests=1)
async def mgnify_wrong_password(setup: Setup) -> None:
    await mgnify(setup, username="Webin-1001", password=WRONG).private_studies.get()


@case("mgnify", "revoked token", TokenRefusedError, "(MGNIFY_AUTH_TOKEN)", "username= and password=", token_requests=1)
async def mgnify_revoked_token(setup: Setup) -> None:
    token = setup.sandbox.mgnify.issue_token()
    setup.secrets.append(token)
    setup.sandbox.mgnify.invalidate_tokens()
    await mgnify(setup, auth_token=token).private_studies.get()


@case("mgnify", "expired token", TokenRefusedError, "(MGNIFY_AUTH_TOKEN)", "username= and password=")
async def mgnify_expired_token(setup: Setup) -> None:
    token = setup.sandbox.mgnify.issue_token()
    setup.secrets.append(token)
    await setup.clock.advance(2 * DAY)
    await mgnify(setup, auth_token=token).private_studies.get()


@case("mgnify", "expired everything", TokenRefusedError, "MGNIFY_PASSWORD", status=401, token_requests=2)
async def mgnify_expired_everything(setup: Setup) -> None:
    client = mgnify(setup, username="Webin-1001", password="sandbox-webin")
    await client.private_studies.get()
    setup.sandbox.mgnify.settings.ena_reachable = False
    await setup.clock.advance(3 * DAY)
    await client.private_studies.get()


@case("mgnify", "no account", AuthenticationError, "no credentials", "MGNIFY_USERNAME", status=401)
async def mgnify_no_account(setup: Setup) -> None:
    await mgnify(setup).private_studies.get()


@case("mgnify", "hidden object", NotFoundError, "GET /studies/{accession}", "private", status=404)
async def mgnify_hidden_object(setup: Setup) -> None:
    async with mgnify(setup, username="Webin-1001", password="sandbox-webin") as owner:
        hidden = (await owner.private_studies.get())[0].accession
    setup.sandbox.mgnify.counters.reset()
    await mgnify(setup).studies.get(hidden)


@case("mgnify", "missing configuration", ConfigurationError, "MGNIFY_PASSWORD", "password is missing")
async def mgnify_missing_configuration(setup: Setup) -> None:
    mgnify(setup, username="Webin-1001")


# --- Apala ------------------------------------------------------------------------------------------------------------


def apala(setup: Setup, **settings: Any) -> Apala:
    return Apala(base_url=setup.sandbox.apala.url, clock=setup.clock.client, **settings)


@case("apala", "wrong key", InvalidApiKeyError, "check api_key (argument)", "ask Apala", status=401, token_requests=1)
async def apala_wrong_key(setup: Setup) -> None:
    await apala(setup, api_key=WRONG).paf.templates.list()


@case("apala", "revoked key", InvalidApiKeyError, "ask Apala", status=401, token_requests=1)
async def apala_revoked_key(setup: Setup) -> None:
    setup.sandbox.apala.revoke_api_key()
    await apala(setup, api_key=setup.sandbox.apala.credentials.api_key).paf.templates.list()


@case("apala", "key without permission", KeyNotPermittedError, "ask Apala", status=403, token_requests=1)
async def apala_key_without_permission(setup: Setup) -> None:
    setup.sandbox.apala.forbid_api_key()
    await apala(setup, api_key=setup.sandbox.apala.credentials.api_key).paf.templates.list()


@case("apala", "expired everything", InvalidApiKeyError, "check api_key (argument)", status=401, token_requests=3)
async def apala_expired_everything(setup: Setup) -> None:
    client = apala(setup, api_key=setup.sandbox.apala.credentials.api_key)
    await client.paf.templates.list()
    setup.sandbox.apala.revoke_api_key()
    setup.sandbox.apala.revoke_refresh_tokens()
    await setup.clock.advance(DAY)
    await client.paf.templates.list()


@case("apala", "another company", PermissionDeniedError, "check company_guid", status=403, token_requests=1)
async def apala_another_company(setup: Setup) -> None:
    known = setup.sandbox.apala.credentials
    client = apala(setup, api_key=known.api_key, company_guid=known.other_company_id, customer_id=known.customer_id)
    await client.optimize_message([], "Hello", timezone="UTC")


@case("apala", "missing customer", InvalidRequestError, "customer_id=", "APALA_CUSTOMER_ID")
async def apala_missing_customer(setup: Setup) -> None:
    known = setup.sandbox.apala.credentials
    client = apala(setup, api_key=known.api_key, company_guid=known.company_id)
    await client.optimize_message([], "Hello", timezone="UTC")


@case("apala", "hidden object", NotFoundError, "POST /api/feedback", "check the id", status=404, token_requests=2)
async def apala_hidden_object(setup: Setup) -> None:
    known = setup.sandbox.apala.credentials
    mine = apala(setup, api_key=known.api_key, customer_id=known.customer_id)
    sent = await mine.optimize_message([], "Hello", timezone="UTC", message_type=["linking_chirp"])
    other = apala(setup, api_key=known.other_api_key, customer_id=known.customer_id)
    await other.submit_single_feedback(sent.message_id, True, timezone="UTC")


@case("apala", "missing configuration", ConfigurationError, "APALA_API_KEY", "pass api_key=")
async def apala_missing_configuration(setup: Setup) -> None:
    await apala(setup).paf.templates.list()


# --- Bloom Growth -----------------------------------------------------------------------------------------------------


def bloomy(setup: Setup, **settings: Any) -> Bloomy:
    return Bloomy(base_url=setup.sandbox.bloomy.api_url, clock=setup.clock.client, **settings)


@case("bloomy", "wrong key", bloomy_errors.AuthenticationError, "check api_key (argument)", status=401)
async def bloomy_wrong_key(setup: Setup) -> None:
    await bloomy(setup, api_key=WRONG).todo.list()


@case("bloomy", "revoked key", bloomy_errors.AuthenticationError, "check api_key (environment BG_API_KEY)", status=401)
async def bloomy_revoked_key(setup: Setup) -> None:
    setup.set_env("BG_API_KEY", setup.sandbox.bloomy.credentials.ada.api_key)
    setup.sandbox.bloomy.revoke_key()
    await bloomy(setup).todo.list()


@case(
    "bloomy",
    "wrong password",
    WrongBloomyPasswordError,
    "BLOOMY_PASSWORD",
    status=400,
    token_requests=1,
)
async def bloomy_wrong_password(setup: Setup) -> None:
    await bloomy(setup, username=setup.sandbox.bloomy.credentials.ada.username, password=WRONG).todo.list()


@case("bloomy", "locked account", AccountLockedError, "locked", "wait", status=400, token_requests=1)
async def bloomy_locked_account(setup: Setup) -> None:
    ada = setup.sandbox.bloomy.credentials.ada
    for _ in range(5):
        with pytest.raises(WrongBloomyPasswordError):
            await bloomy(setup, username=ada.username, password=WRONG).todo.list()
    setup.sandbox.bloomy.counters.reset()
    await bloomy(setup, username=ada.username, password=ada.password).todo.list()


@case(
    "bloomy",
    "expired everything",
    WrongBloomyPasswordError,
    "BLOOMY_PASSWORD",
    status=400,
    token_requests=2,
)
async def bloomy_expired_everything(setup: Setup) -> None:
    ada = setup.sandbox.bloomy.credentials.ada
    client = bloomy(setup, username=ada.username, password=ada.password)
    await client.todo.list()
    refusal = {"error": "invalid_grant", "error_description": "The user name or password is incorrect."}
    setup.sandbox.bloomy.faults.add(ServerFault.status(400, json=refusal), path="/Token")
    await setup.clock.advance(15 * DAY)
    await client.todo.list()


@case("bloomy", "hidden object", bloomy_errors.NotFoundError, "GET /L10/{id}", "check the id", status=404)
async def bloomy_hidden_object(setup: Setup) -> None:
    known = setup.sandbox.bloomy.credentials
    await bloomy(setup, api_key=known.other.api_key).meeting.details(known.meeting_id)


@case("bloomy", "missing configuration", ConfigurationError, "BG_API_KEY", "pass api_key=", "config.yaml")
async def bloomy_missing_configuration(setup: Setup) -> None:
    bloomy(setup)


# --- BioEPIC ----------------------------------------------------------------------------------------------------------


def bioepic(setup: Setup, **settings: Any) -> BioEPIC:
    setup.sandbox.bioepic.settings.require_auth = True
    return BioEPIC(base_url=setup.sandbox.bioepic.url, clock=setup.clock.client, **settings)


@case("bioepic", "wrong secret", WrongPairError, "BIOEPIC_CLIENT_SECRET", "environment", status=401, token_requests=1)
async def bioepic_wrong_secret(setup: Setup) -> None:
    known = setup.sandbox.bioepic.credentials
    await bioepic(setup, client_id=known.client_id, client_secret=WRONG).samples.list().first()


@case("bioepic", "wrong password", WrongPairError, "(ada)", "BIOEPIC_PASSWORD", status=401, token_requests=1)
async def bioepic_wrong_password(setup: Setup) -> None:
    await bioepic(setup, username="ada", password=WRONG).samples.list().first()


@case("bioepic", "expired everything", WrongPairError, "BIOEPIC_CLIENT_SECRET", status=401, token_requests=2)
async def bioepic_expired_everything(setup: Setup) -> None:
    known = setup.sandbox.bioepic.credentials
    client = bioepic(setup, client_id=known.client_id, client_secret=known.client_secret)
    await client.samples.list().first()
    setup.sandbox.bioepic.faults.add(ServerFault.status(401), path="/token")
    await setup.clock.advance(DAY)
    await client.samples.list().first()


@case(
    "bioepic", "no credentials", AuthenticationError, "no credentials: pass client_id=", "BIOEPIC_CLIENT_ID", status=401
)
async def bioepic_no_credentials(setup: Setup) -> None:
    await bioepic(setup).samples.list().first()


@case("bioepic", "no credentials for a token", MissingCredentialsError, "BIOEPIC_CLIENT_ID", "pass client_id=")
async def bioepic_no_credentials_for_a_token(setup: Setup) -> None:
    await bioepic(setup).auth.get_token()


@case(
    "bioepic",
    "hidden object",
    NotFoundError,
    "GET /api/{collection}/{id}",
    "nobody-knows",
    status=404,
    token_requests=1,
)
async def bioepic_hidden_object(setup: Setup) -> None:
    known = setup.sandbox.bioepic.credentials
    await bioepic(setup, username=known.username, password=known.password).samples.get("nobody-knows")


@case("bioepic", "missing configuration", MissingCredentialsError, "incomplete credentials", "BIOEPIC_CLIENT_SECRET")
async def bioepic_missing_configuration(setup: Setup) -> None:
    bioepic(setup, client_id="client")


# ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Setup]:
    for name in [name for name in os.environ if name.startswith(VENDORS_NAMES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    clock = SharedClock()
    with Sandbox.in_thread(clock=clock.server) as sandbox:
        secrets = [WRONG, "sandbox-admin", "sandbox-webin", sandbox.edgequake.credentials.api_key]
        secrets += [sandbox.apala.credentials.api_key, sandbox.bloomy.credentials.ada.api_key]
        secrets += [sandbox.bioepic.credentials.client_secret]
        yield Setup(sandbox, clock, secrets, monkeypatch.setenv)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.api}: {case.name}" for case in CASES])
async def test_each_rejection_is_one_error_with_a_hint(case: Case, setup: Setup) -> None:
    with pytest.raises(AsdkError) as caught:
        await case.provoke(setup)
    error, line = caught.value, str(caught.value)
    print(f"{type(error).__name__:24} {line}")  # noqa: T201 - to read them: pytest -rP
    server = next(server for server in setup.sandbox.servers if server.name == case.api)
    assert type(error) is case.error
    assert error.status == case.status or (case.status is None and not error.status)
    assert all(part in line for part in case.says)
    assert "\n" not in line
    assert not any(secret in line or secret in repr(error.__dict__) for secret in setup.secrets)
    assert token_requests(server) == case.token_requests
    if case.retry_after:
        assert error.retry_after
    assert error.__cause__ is error.__context__ is None
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.__dict__) == (type(error), line, error.__dict__)
