"""The five APIs side by side: how to log in to the sandbox's, a call that needs a token, and what a token costs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs

from asdk import BaseClient
from asdk.clients.apala import Apala
from asdk.clients.bioepic import BioEPIC
from asdk.clients.bloomy import Bloomy
from asdk.clients.edgequake import EdgeQuake
from asdk.clients.mgnify import MGnify
from asdk.sandbox import Sandbox
from asdk.sandbox.api import ApiServer

#: The token endpoints: the login first, then the refresh, where there is one.
TOKEN_PATHS = {
    "apala": ("/api/auth/token", "/api/auth/refresh"),
    "bioepic": ("/token",),
    "bloomy": ("/Token",),
    "edgequake": ("/api/v1/auth/login", "/api/v1/auth/refresh"),
    "mgnify": ("/metagenomics/api/v2/auth/sliding", "/metagenomics/api/v2/auth/sliding/refresh"),
}


@attrs.frozen
class Api:
    """One of them.

    Attributes:
        client: a client with the first account of the sandbox.
        call: a read that needs the token; it returns something that is true.
        forget: lets the server refuse every access token that it has given out.
        route: of the call, for faults.
    """

    name: str
    client: Callable[..., BaseClient]
    call: Callable[[Any], Awaitable[object]]
    forget: Callable[[Sandbox], None]
    route: str

    def server(self, sandbox: Sandbox) -> ApiServer:
        return next(server for server in sandbox.servers if server.name == self.name)


def token_requests(server: ApiServer) -> int:
    """How often one of its token endpoints was asked."""
    return sum(server.counters.count("POST", path) for path in TOKEN_PATHS[server.name])


def _apala(sandbox: Sandbox, **options: Any) -> Apala:
    return Apala(base_url=sandbox.apala.url, api_key=sandbox.apala.credentials.api_key, **options)


def _bioepic(sandbox: Sandbox, **options: Any) -> BioEPIC:
    sandbox.bioepic.settings.require_auth = True
    known = sandbox.bioepic.credentials
    return BioEPIC(
        base_url=sandbox.bioepic.url, client_id=known.client_id, client_secret=known.client_secret, **options
    )


def _bloomy(sandbox: Sandbox, **options: Any) -> Bloomy:
    ada = sandbox.bloomy.credentials.ada
    return Bloomy(base_url=sandbox.bloomy.api_url, username=ada.username, password=ada.password, **options)


def _edgequake(sandbox: Sandbox, **options: Any) -> EdgeQuake:
    return EdgeQuake(base_url=sandbox.edgequake.url, username="admin", password="sandbox-admin", **options)


def _mgnify(sandbox: Sandbox, **options: Any) -> MGnify:
    return MGnify(base_url=sandbox.mgnify.url, username="Webin-1001", password="sandbox-webin", **options)


APIS = (
    Api(
        "apala",
        _apala,
        lambda client: client.paf.templates.list(),
        lambda sandbox: sandbox.apala.invalidate_access_tokens(),
        "/api/paf/templates",
    ),
    Api(
        "bioepic",
        _bioepic,
        lambda client: client.samples.get("bioepic:sample-0001"),
        lambda sandbox: sandbox.bioepic.invalidate_tokens(),
        "/api/{collection}/{id}",
    ),
    Api(
        "bloomy",
        _bloomy,
        lambda client: client.scorecard.current_week(),
        lambda sandbox: sandbox.bloomy.revoke_key(),
        "/api/v1/weeks/current",
    ),
    Api(
        "edgequake",
        _edgequake,
        lambda client: client.auth.me(),
        lambda sandbox: sandbox.edgequake.invalidate_access_tokens(),
        "/api/v1/auth/me",
    ),
    Api(
        "mgnify",
        _mgnify,
        lambda client: client.private_studies.get(),
        lambda sandbox: sandbox.mgnify.invalidate_tokens(),
        "/metagenomics/api/v2/my-data/studies/",
    ),
)
