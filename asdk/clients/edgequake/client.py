"""`EdgeQuake`: the client of the EdgeQuake server, its settings and its choice of credential."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self, cast

import attrs
from typing_extensions import Unpack

from asdk.auth import ApiKey, BearerToken, Credential, NoCredential
from asdk.auth.token import looks_like_jwt
from asdk.client.base import BaseClient
from asdk.client.options import ClientOptions
from asdk.clients.edgequake.credentials import EdgeQuakeLogin
from asdk.clients.edgequake.errors import AccountLockedError, advised
from asdk.clients.edgequake.models import Health
from asdk.clients.edgequake.resources import (
    Admin,
    ApiKeys,
    Auth,
    Chat,
    Chunks,
    Connections,
    Contexts,
    Conversations,
    Costs,
    Documents,
    Entities,
    Folders,
    Graph,
    Injections,
    Jobs,
    Lineage,
    Models,
    Parse,
    Pdf,
    Pipeline,
    Query,
    Relationships,
    Settings,
    Tasks,
    Tenants,
    Users,
    Workspaces,
)
from asdk.config import Config
from asdk.errors import ConfigurationError, DecodeError, StatusError, StreamError
from asdk.http.options import CallOptions, Tenant, TenantHeaders
from asdk.http.response import Response
from asdk.resources import resource
from asdk.secret import Secret
from asdk.streaming.parsers import ServerSentEvent
from asdk.streaming.streams import error_in
from asdk.unset import UNSET

# What may be gone when a stream is opened again; the other codes are about settings.
_PASSING = frozenset({"QUERY_FAILED", "STREAM_ERROR", "VECTOR_STORAGE_ERROR"})

# How a stream of bare text tells of an error.
_ERROR_TEXT = "Error:"


class EdgeQuake(BaseClient):
    """A client of an EdgeQuake server: documents in, a knowledge graph behind, answers out.

    Settings that are not passed are looked for as ``EDGEQUAKE_...`` in the environment and in ``./.env``: base URL
    (also as ``EDGEQUAKE_URL``), API key, JWT, user name, password, tenant, workspace and user id, timeout.

    Args:
        api_key: sent as ``X-API-Key``. A JWT is recognised and sent as a bearer instead.
        api_key_as_bearer: send the key as ``Authorization: Bearer``, which the server takes as well.
        jwt: a ready-made access token; it cannot be renewed.
        username: for a login, with ``password``; the token is then got and renewed when it is needed.
        password: see ``username``.
        tenant_id: sent as ``X-Tenant-ID``; the server knows the alias ``default``.
        workspace_id: sent as ``X-Workspace-ID``.
        user_id: sent as ``X-User-ID``.
        options: what every client takes, see `ClientOptions`. ``auth=None`` is for a server without authentication.

    Source: EdgeQuake API 0.14.1.
    """

    base_url = "http://localhost:8080"
    env_prefix = "EDGEQUAKE"
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"base_url": ("EDGEQUAKE_URL",)}
    tenant_headers = TenantHeaders(tenant="X-Tenant-ID", workspace="X-Workspace-ID", user="X-User-ID")
    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {"ACCOUNT_LOCKED": AccountLockedError}

    auth = resource(Auth)
    users = resource(Users)
    api_keys = resource(ApiKeys)
    documents = resource(Documents)
    pdf = resource(Pdf)
    parse = resource(Parse)
    query = resource(Query)
    contexts = resource(Contexts)
    chat = resource(Chat)
    conversations = resource(Conversations)
    folders = resource(Folders)
    graph = resource(Graph)
    entities = resource(Entities)
    relationships = resource(Relationships)
    lineage = resource(Lineage)
    chunks = resource(Chunks)
    workspaces = resource(Workspaces)
    injections = resource(Injections)
    jobs = resource(Jobs)
    tenants = resource(Tenants)
    tasks = resource(Tasks)
    pipeline = resource(Pipeline)
    costs = resource(Costs)
    models = resource(Models)
    settings = resource(Settings)
    connections = resource(Connections)
    admin = resource(Admin)

    def __init__(
        self,
        *,
        api_key: str | Secret | None = None,
        api_key_as_bearer: bool = False,
        jwt: str | Secret | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        tenant_id: str | None = None,
        workspace_id: str | None = None,
        user_id: str | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        config = self.config_for(options)
        base_url = config.get("base_url", options.get("base_url"), default=type(self).base_url) or ""
        if "tenant" not in options:
            options["tenant"] = _tenant(config, tenant_id, workspace_id, user_id)
        elif tenant_id or workspace_id or user_id:
            raise ConfigurationError("give tenant=, or tenant_id=, workspace_id= and user_id=, not both")
        if "auth" not in options:
            options["auth"] = _credential(
                config,
                base_url,
                api_key=config.secret("api_key", api_key),
                jwt=config.secret("jwt", jwt),
                username=config.get("username", username),
                password=config.secret("password", password, free_text=True),
                as_bearer=api_key_as_bearer,
            )
        elif api_key or jwt or username or password:
            raise ConfigurationError("give auth=, or api_key=, jwt=, or username= and password=, not both")
        super().__init__(**options)

    def with_workspace(self, workspace_id: str) -> Self:
        """A view of this client on another workspace of the same tenant: same pool, same token.

        Args:
            workspace_id: its id, a UUID, or the alias ``default``.

        Source: EdgeQuake API, header ``X-Workspace-ID``.
        """
        tenant = self._tenant(UNSET) or Tenant()
        return self.with_options(tenant=attrs.evolve(tenant, workspace_id=workspace_id))

    def stream_error(self, event: ServerSentEvent) -> StreamError | None:
        if event.data.startswith(_ERROR_TEXT):
            return error_in(event, self.describe_error)
        if '"error"' not in event.data:
            return None
        try:
            data = event.json()
        except DecodeError:
            return None  # said when the event is decoded
        if not isinstance(data, dict):
            return None
        return _stream_error(event, cast("dict[str, object]", data))

    def status_error(self, response: Response) -> StatusError:
        return advised(super().status_error(response), response.request)

    async def health(self, **options: Unpack[CallOptions]) -> Health:
        """Ask how the server is. Needs no credentials.

        Args:
            options: what this call does differently, see `CallOptions`.

        Returns:
            Status, version, and which of its components work.

        Source: EdgeQuake API, ``GET /health``.
        """
        return await self.request("GET", "/health", model=Health, authenticate=False, **options)

    async def ready(self, **options: Unpack[CallOptions]) -> bool:
        """Ask whether the server takes requests. Needs no credentials.

        Args:
            options: what this call does differently, see `CallOptions`. A server that is not ready yet is asked
                again as for any 503, unless ``retry=None``.

        Returns:
            Whether it says so.

        Raises:
            TransportError: nobody answers.

        Source: EdgeQuake API, ``GET /ready``.
        """
        return (await self.send(self.build_request("GET", "/ready", authenticate=False, **options))).is_success

    async def live(self, **options: Unpack[CallOptions]) -> bool:
        """Ask whether the server runs, ready or not. Needs no credentials.

        Args:
            options: what this call does differently, see `CallOptions`.

        Returns:
            Whether it says so.

        Raises:
            TransportError: nobody answers.

        Source: EdgeQuake API, ``GET /live``.
        """
        return (await self.send(self.build_request("GET", "/live", authenticate=False, **options))).is_success

    async def metrics(self, **options: Unpack[CallOptions]) -> str:
        """Fetch what the server counts: requests, documents and more. Needs no credentials.

        Args:
            options: what this call does differently, see `CallOptions`.

        Returns:
            Text in the exposition format of Prometheus.

        Source: EdgeQuake API, ``GET /metrics``.
        """
        async with self.stream("GET", "/metrics", authenticate=False, **options) as response:
            await response.read()
            return response.text


def _stream_error(event: ServerSentEvent, data: dict[str, object]) -> StreamError | None:
    """The error that an event with such data tells of: by its type, or, where events have none, by saying nothing
    else."""
    if data.get("type") != "error" and not (data.keys() == {"error"} and isinstance(data["error"], str)):
        return None
    error = error_in(event, lambda found: (_text(found, "code", "reason"), _text(found, "message", "error")))
    wait = data.get("retry_after_secs")
    if isinstance(wait, int | float) and 0 <= wait < math.inf:
        error.retry_after = float(wait)
    error.transient = error.code in _PASSING
    return error


def _text(data: Mapping[str, object], *names: str) -> str | None:
    """The first of these members that is a text."""
    return next((value for name in names if isinstance(value := data.get(name), str)), None)


def _tenant(config: Config, tenant_id: str | None, workspace_id: str | None, user_id: str | None) -> Tenant | None:
    """The tenant that is named part by part, in code or in the environment."""
    parts = (
        config.identifier("tenant_id", tenant_id),
        config.identifier("workspace_id", workspace_id),
        config.identifier("user_id", user_id),
    )
    return Tenant(*parts) if any(parts) else None


def _credential(
    config: Config,
    base_url: str,
    *,
    api_key: Secret | None,
    jwt: Secret | None,
    username: str | None,
    password: Secret | None,
    as_bearer: bool,
) -> Credential:
    """The credential to use: what was passed in code before what the environment has, then JWT, key, login.

    A JWT comes before a key, as it does on the server when a request has both.
    """
    found: list[tuple[bool, Credential]] = []
    if jwt is not None:
        found.append((config.is_argument("jwt"), BearerToken(jwt)))
    if api_key is not None:
        bearer = as_bearer or looks_like_jwt(api_key)
        found.append((config.is_argument("api_key"), BearerToken(api_key) if bearer else ApiKey(api_key)))
    login_passed = config.is_argument("username") or config.is_argument("password")
    if username is not None and password is not None:
        found.append((login_passed, EdgeQuakeLogin(base_url, username, password)))
    elif (username is not None or password is not None) and (login_passed or not found):
        missing = "password" if password is None else "username"
        raise ConfigurationError(
            f"a login needs username and password; no {missing}: looked for {config.looked_for(missing)}"
        )
    if not found:
        names = config.looked_for("api_key", "jwt", "username", "password")
        return NoCredential(
            f"EdgeQuake has no credentials: looked for {names}; pass api_key=, jwt=, or username= and password=, "
            "or auth=None for a server without authentication"
        )
    return max(found, key=lambda pair: pair[0])[1]
