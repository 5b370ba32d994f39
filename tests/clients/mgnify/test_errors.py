"""Tests of the errors of MGnify: one typed error each, with a hint in one line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from asdk import (
    AsdkError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TokenRefusedError,
    UnprocessableError,
)
from asdk.auth import BearerToken
from asdk.clients.mgnify import MGnify
from asdk.sandbox import MGnifyServer, ServerFault
from tests.clients.mgnify.conftest import MakeClient
from tests.support.failures import assert_clean
from tests.support.shared_clock import SharedClock

ACCOUNT = {"username": "Webin-1001", "password": "sandbox-webin"}
HTML = "<html><body><h1>Bad</h1></body></html>"

#: Settings of the client, the call, the class of the error, and a part of its message.
CASES: list[tuple[dict[str, Any], Callable[[MGnify], Awaitable[object]], type[AsdkError], str]] = [
    (
        {"username": "Webin-1001", "password": "nope"},
        lambda mgnify: mgnify.private_studies.get(),
        TokenRefusedError,
        r"401 .*Invalid credentials\); check the Webin id, such as Webin-12345, and the password",
    ),
    (
        {},
        lambda mgnify: mgnify.private_studies.get(),
        AuthenticationError,
        r"MGNIFY_PASSWORD, or pass interactive=True",
    ),
    (
        {"interactive": True},
        lambda mgnify: mgnify.private_studies.get(),
        ConfigurationError,
        r"set MGNIFY_USERNAME and MGNIFY_PASSWORD",
    ),
    (
        {"auth_token": "dead"},
        lambda mgnify: mgnify.runs.list().get(),
        TokenRefusedError,
        r"MGNIFY_AUTH_TOKEN.*, or username= and password= to log in, or no credentials for public data",
    ),
    (
        {"auth": BearerToken("dead")},
        lambda mgnify: mgnify.runs.list().get(),
        AuthenticationError,
        r"pass username= and password=.* public data requires no token",
    ),
    (ACCOUNT, lambda mgnify: mgnify.studies.get("MGYS00000234"), NotFoundError, r"private to another account"),
    (
        {},
        lambda mgnify: mgnify.studies.get("MGYS99999999"),
        NotFoundError,
        r"^404 GET /studies/{accession}: Not Found$",
    ),
    (
        {},
        lambda mgnify: mgnify.request("GET", "/nope/"),
        NotFoundError,
        r"^404 GET /nope/: Not Found \(HTML page\)",
    ),
    ({}, lambda mgnify: mgnify.studies.get(""), InvalidRequestError, r"'accession' is empty"),
    ({}, lambda mgnify: mgnify.auth.login("me@example.org", "x"), AuthenticationError, r"such as Webin-12345"),
    ({}, lambda mgnify: mgnify.auth.refresh("dead"), AuthenticationError, r"log in again"),
    ({}, lambda mgnify: mgnify.auth.refresh(""), BadRequestError, r"token is required"),
    ({}, lambda mgnify: mgnify.auth.verify(), ConfigurationError, r"no token"),
    (
        {},
        lambda mgnify: mgnify.studies.list(order="title").get(),
        UnprocessableError,
        r"query\.order: Input should be '",
    ),
    (
        {},
        lambda mgnify: mgnify.studies.list().get(0),
        UnprocessableError,
        r"query\.page: .* greater than or equal to 1",
    ),
    (
        {},
        lambda mgnify: mgnify.publications.get("abc"),
        UnprocessableError,
        r"path\.pubmed_id: Input should be a valid",
    ),
]


@pytest.mark.parametrize(("settings", "call", "kind", "line"), CASES, ids=[case[3] for case in CASES])
async def test_each_error_has_a_hint(
    make_client: MakeClient,
    settings: dict[str, Any],
    call: Callable[[MGnify], Awaitable[object]],
    kind: type[AsdkError],
    line: str,
) -> None:
    with pytest.raises(kind, match=line) as caught:
        await call(make_client(**settings))
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert "nope" not in str(caught.value).replace("/nope/", "")
    assert_clean(caught.value)


@pytest.mark.parametrize(
    ("fault", "kind", "line"),
    [
        (ServerFault.status(429, retry_after=7), RateLimitError, r"^429 GET /studies/: Too many requests\.$"),
        (ServerFault.status(429, html=HTML), RateLimitError, r"^429 .* \(HTML page\)$"),
        (ServerFault.status(502, html=HTML), ServerError, r"^502 GET /studies/: Bad Gateway \(HTML page\)$"),
        (ServerFault.status(503, html=HTML), ServerError, r"^503 .*Service Unavailable \(HTML page\)$"),
        (
            ServerFault.status(502, json={"detail": "The search backend failed"}),
            ServerError,
            r": The search backend failed$",
        ),
        (ServerFault.status(403, json={"detail": "No"}), PermissionDeniedError, r"^403 GET /studies/: No$"),
        (ServerFault.status(200, html=HTML), DecodeError, r"the body is HTML"),
        (ServerFault.status(200, json={"items": {}, "count": 0}), DecodeError, r"items"),
        (ServerFault.status(200, json={"items": [{}], "count": 1}), DecodeError, r"item 0 .*accession"),
        (ServerFault.status(200, json=[]), DecodeError, r"items"),
        (
            ServerFault.status(
                422,
                json={
                    "detail": [
                        {"type": "int_parsing", "loc": ["query", "page"], "msg": "Input should be a valid integer"},
                        {"type": "missing", "loc": ["body", "payload", 0], "msg": "Field required", "ctx": {}},
                    ]
                },
            ),
            UnprocessableError,
            r"^422 GET /studies/: query\.page: Input should be a valid integer; body\.payload\.0: Field required$",
        ),
        (ServerFault.status(422, json={"detail": []}), UnprocessableError, r"^422 GET /studies/: Unprocessable"),
        (
            ServerFault.status(422, json={"detail": [None, {"loc": None}]}),
            UnprocessableError,
            r"^422 GET /studies/: Unproc",
        ),
    ],
)
async def test_errors_of_servers_and_proxies_are_read(
    visitor: MGnify, server: MGnifyServer, fault: ServerFault, kind: type[AsdkError], line: str
) -> None:
    server.faults.add(fault)
    with pytest.raises(kind, match=line) as caught:
        await visitor.with_options(retry=None).studies.list().get()
    assert type(caught.value) is kind
    assert_clean(caught.value)


async def test_a_requested_wait_is_part_of_the_error(visitor: MGnify, server: MGnifyServer) -> None:
    server.faults.add(ServerFault.status(429, retry_after=7))
    with pytest.raises(RateLimitError) as caught:
        await visitor.with_options(retry=None).studies.list().get()
    assert caught.value.retry_after == 7
    assert caught.value.retryable


async def test_a_dead_bearer_on_a_public_page_costs_one_login_and_one_resend(
    make_client: MakeClient, server: MGnifyServer
) -> None:
    client = make_client(**ACCOUNT)
    await client.runs.list().get()
    server.invalidate_tokens()
    server.counters.reset()
    assert len(await client.runs.list().get()) == 100
    by_route = {(record.route.rpartition("/v2")[2], record.status) for record in server.counters.recent}
    assert by_route == {("/runs/", 401), ("/auth/sliding/refresh", 401), ("/auth/sliding", 200), ("/runs/", 200)}
    assert server.counters.total == 4


async def test_a_server_that_rejects_every_token_gets_two_requests(
    make_client: MakeClient, server: MGnifyServer, shared_clock: SharedClock
) -> None:
    client = make_client(**ACCOUNT)
    await client.private_studies.get()
    shared_clock.server.advance(10)  # otherwise the next token would be the same one
    server.faults.add(ServerFault.status(401), path="*/runs/")
    with pytest.raises(AuthenticationError, match="a refreshed token was rejected as well"):
        await client.runs.list().get()
    assert server.counters.count("GET", "/metagenomics/api/v2/runs/") == 2
