"""`EdgeQuake`: the client of the EdgeQuake server, its settings and the choice of its credential."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self, cast

import attrs
from typing_extensions import Unpack

from asdk import (
    BaseClient,
    CallOptions,
    ClientOptions,
    Config,
    ConfigurationError,
    DecodeError,
    Response,
    Secret,
    ServerSentEvent,
    StatusError,
    StreamError,
    Tenant,
    TenantHeaders,
    resource,
)
from asdk.auth import ApiKey, BearerToken, Credential, NoCredential, looks_like_jwt
from asdk.client import ResourceAttribute
from asdk.clients.edgequake.credentials import EdgeQuakeLogin
from asdk.clients.edgequake.errors import AccountLockedError, advise
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
from asdk.streaming import error_in

# Codes of transient stream errors, which a new attempt may not meet; the other codes are about settings.
_PASSING = frozenset({"QUERY_FAILED", "STREAM_ERROR", "VECTOR_STORAGE_ERROR"})

# The prefix of an error in a plain text stream.
_ERROR_TEXT = "Error:"


class EdgeQuake(BaseClient):
    """Client of an EdgeQuake server, which builds a knowledge graph from documents and answers questions.

    Settings that are not passed are read as ``EDGEQUAKE_...`` from the environment and from ``./.env``: base URL
    (also as ``EDGEQUAKE_URL``), API key, JWT, user name, password, tenant, workspace and user id, timeout.

    Args:
        api_key: the API key, sent as ``X-API-Key``. A JWT is recognized and sent as a bearer token instead.
        api_key_as_bearer: send the key as ``Authorization: Bearer``, which the server accepts too.
        jwt: an existing access token; it cannot be refreshed.
        username: the user name for a login with ``password``; the token is fetched and refreshed when needed.
        password: the password for a login, see ``username``.
        tenant_id: the tenant, sent as ``X-Tenant-ID``; the server knows the alias ``default``.
        workspace_id: the workspace, sent as ``X-Workspace-ID``.
        user_id: the user, sent as ``X-User-ID``.
        options: the options of every client, see `ClientOptions`. Use ``auth=None`` for a server without
            authentication.

    Source: EdgeQuake API 0.14.1.
    """

    base_url = "http://localhost:8080"
    env_prefix = "EDGEQUAKE"
    env_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"base_url": ("EDGEQUAKE_URL",)}
    tenant_headers: ClassVar[TenantHeaders] = TenantHeaders(
        tenant="X-Tenant-ID", workspace="X-Workspace-ID", user="X-User-ID"
    )
    error_codes: ClassVar[Mapping[str, type[StatusError]]] = {"ACCOUNT_LOCKED": AccountLockedError}

    auth: ResourceAttribute[Auth] = resource(Auth)
    users: ResourceAttribute[Users] = resource(Users)
    api_keys: ResourceAttribute[ApiKeys] = resource(ApiKeys)
    documents: ResourceAttribute[Documents] = resource(Documents)
    pdf: ResourceAttribute[Pdf] = resource(Pdf)
    parse: ResourceAttribute[Parse] = resource(Parse)
    query: ResourceAttribute[Query] = resource(Query)
    contexts: ResourceAttribute[Contexts] = resource(Contexts)
    chat: ResourceAttribute[Chat] = resource(Chat)
    conversations: ResourceAttribute[Conversations] = resource(Conversations)
    folders: ResourceAttribute[Folders] = resource(Folders)
    graph: ResourceAttribute[Graph] = resource(Graph)
    entities: ResourceAttribute[Entities] = resource(Entities)
    relationships: ResourceAttribute[Relationships] = resource(Relationships)
    lineage: ResourceAttribute[Lineage] = resource(Lineage)
    chunks: ResourceAttribute[Chunks] = resource(Chunks)
    workspaces: ResourceAttribute[Workspaces] = resource(Workspaces)
    injections: ResourceAttribute[Injections] = resource(Injections)
    jobs: ResourceAttribute[Jobs] = resource(Jobs)
    tenants: ResourceAttribute[Tenants] = resource(Tenants)
    tasks: ResourceAttribute[Tasks] = resource(Tasks)
    pipeline: ResourceAttribute[Pipeline] = resource(Pipeline)
    costs: ResourceAttribute[Costs] = resource(Costs)
    models: ResourceAttribute[Models] = resource(Models)
    settings: ResourceAttribute[Settings] = resource(Settings)
    connections: ResourceAttribute[Connections] = resource(Connections)
    admin: ResourceAttribute[Admin] = resource(Admin)

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
            raise ConfigurationError(
                "tenant cannot be combined with tenant_id, workspace_id or user_id; pass one of them"
            )
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
            raise ConfigurationError(
                "auth cannot be combined with api_key, jwt, username or password; pass one of them"
            )
        super().__init__(**options)

    def with_workspace(self, workspace_id: str) -> Self:
        """Return a copy of this client for another workspace of the same tenant, with the same pool and token.

        Args:
            workspace_id: the id of the workspace, a UUID, or the alias ``default``.

        Source: EdgeQuake API, header ``X-Workspace-ID``.
        """
        tenant = self.current_tenant or Tenant()
        return self.with_options(tenant=attrs.evolve(tenant, workspace_id=workspace_id))

    def stream_error(self, event: ServerSentEvent) -> StreamError | None:
        """Return the error that a stream event reports, or None."""
        if event.data.startswith(_ERROR_TEXT):
            return error_in(event, self.describe_error)
        if '"error"' not in event.data:
            return None
        try:
            data = event.json()
        except DecodeError:
            return None  # reported when the event is decoded
        if not isinstance(data, dict):
            return None
        return _stream_error(event, cast("dict[str, object]", data))

    def status_error(self, response: Response) -> StatusError:
        """Return the error for a response, with a hint if the server's message lacks one."""
        return advise(super().status_error(response), response.request)

    async def health(self, **options: Unpack[CallOptions]) -> Health:
        """Fetch the health of the server. Needs no credentials.

        Args:
            options: per-call options, see `CallOptions`.

        Returns:
            Status, version and the health of the components.

        Source: EdgeQuake API, ``GET /health``.
        """
        return await self.request("GET", "/health", model=Health, authenticate=False, **options)

    async def ready(self, **options: Unpack[CallOptions]) -> bool:
        """Check whether the server accepts requests. Needs no credentials.

        Args:
            options: per-call options, see `CallOptions`. A server that is not ready is retried
                as for any 503, unless ``retry=None``.

        Returns:
            True if the server is ready.

        Raises:
            TransportError: the server does not answer.

        Source: EdgeQuake API, ``GET /ready``.
        """
        return (await self.send(self.build_request("GET", "/ready", authenticate=False, **options))).is_success

    async def live(self, **options: Unpack[CallOptions]) -> bool:
        """Check whether the server runs, ready or not. Needs no credentials.

        Args:
            options: per-call options, see `CallOptions`.

        Returns:
            True if the server is running.

        Raises:
            TransportError: the server does not answer.

        Source: EdgeQuake API, ``GET /live``.
        """
        return (await self.send(self.build_request("GET", "/live", authenticate=False, **options))).is_success

    async def metrics(self, **options: Unpack[CallOptions]) -> str:
        """Fetch the metrics of the server. Needs no credentials.

        Args:
            options: per-call options, see `CallOptions`.

        Returns:
            Counts of requests, documents and more, as text in the exposition format of Prometheus.

        Source: EdgeQuake API, ``GET /metrics``.
        """
        async with self.stream("GET", "/metrics", authenticate=False, **options) as response:
            await response.read()
            return response.text


def _stream_error(event: ServerSentEvent, data: dict[str, object]) -> StreamError | None:
    """Return the error that event data reports.

    An error has the type ``error`` or, in events without types, consists only of a string ``error``.
    """
    if data.get("type") != "error" and not (data.keys() == {"error"} and isinstance(data["error"], str)):
        return None
    error = error_in(event, lambda found: (_text(found, "code", "reason"), _text(found, "message", "error")))
    wait = data.get("retry_after_secs")
    if isinstance(wait, int | float) and 0 <= wait < math.inf:
        error.retry_after = float(wait)
    error.transient = error.code in _PASSING
    return error


def _text(data: Mapping[str, object], *names: str) -> str | None:
    """Return the first named member that is a string."""
    return next((value for name in names if isinstance(value := data.get(name), str)), None)


def _tenant(config: Config, tenant_id: str | None, workspace_id: str | None, user_id: str | None) -> Tenant | None:
    """Build the tenant from its parts, from arguments or the environment."""
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
    """Choose the credential: arguments before the environment; JWT, then key, then login.

    A JWT precedes a key, as on the server when a request has both.
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
            f"{missing} is missing: a login requires username and password; not found in {config.looked_for(missing)}"
        )
    if not found:
        names = config.looked_for("api_key", "jwt", "username", "password")
        return NoCredential(
            f"EdgeQuake credentials are missing: checked {names}; pass api_key=, jwt=, or username= and password=, "
            "or auth=None for a server without authentication"
        )
    return max(found, key=lambda pair: pair[0])[1]
