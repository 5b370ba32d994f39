"""State of one EdgeQuake server, with the accounts, tenant and workspace that it is seeded with."""

from collections import Counter, deque
from typing import Any

import attrs

from asdk.sandbox.clock import TimeSource, rfc3339
from asdk.sandbox.edgequake.settings import (
    DEFAULT_TENANT_ID,
    DEFAULT_USER_ID,
    DEFAULT_WORKSPACE_ID,
    EdgeQuakeSettings,
)
from asdk.sandbox.edgequake.store.api_keys import ApiKeys
from asdk.sandbox.edgequake.store.connections import Connections
from asdk.sandbox.edgequake.store.conversations import Conversations
from asdk.sandbox.edgequake.store.documents import STATUSES, Document
from asdk.sandbox.edgequake.store.graph import Graph
from asdk.sandbox.edgequake.store.library import Library, content_hash, processing_times
from asdk.sandbox.edgequake.store.oidc import OidcLogins
from asdk.sandbox.edgequake.store.retrievals import Retrievals
from asdk.sandbox.edgequake.store.sessions import Sessions
from asdk.sandbox.edgequake.store.tenants import DEFAULT_MAX_WORKSPACES, Tenants
from asdk.sandbox.edgequake.store.users import Users
from asdk.sandbox.edgequake.store.workspaces import WorkspaceExtras
from asdk.sandbox.ids import Ids


@attrs.frozen
class Login:
    username: str
    email: str
    password: str


@attrs.frozen
class Credentials:
    """Seeded credentials. They are not secret: they are printed, and the same for each seed."""

    admin: Login
    user: Login
    api_key: str
    """Key of the administrator, with the scopes read and write."""
    tenant_id: str = DEFAULT_TENANT_ID
    workspace_id: str = DEFAULT_WORKSPACE_ID


@attrs.frozen
class StreamError:
    """Error event in the middle of a stream."""

    code: str
    message: str
    after_tokens: int


class State:
    """Memory of the server. It belongs to the server's loop; other threads use ``EdgeQuakeServer.inspect``."""

    def __init__(self, settings: EdgeQuakeSettings, clock: TimeSource, seed: int) -> None:
        self.settings = settings
        self.clock = clock
        self.ids: Ids = Ids("edgequake", seed)
        self.users: Users = Users(settings, clock, self.ids)
        self.sessions: Sessions = Sessions(settings, clock, self.ids, self.users)
        self.api_keys: ApiKeys = ApiKeys(clock, self.ids)
        self.tenants: Tenants = Tenants(clock, self.ids)
        self.conversations: Conversations = Conversations(clock, self.ids)
        self.connections: Connections = Connections(self.ids)
        self.retrievals: Retrievals = Retrievals(clock, self.ids)
        self.oidc: OidcLogins = OidcLogins(clock, self.ids, self.users)
        self.served: Counter[tuple[str, str, int]] = Counter()
        """Counts of replies by method, path and status."""
        self.default_max_workspaces = DEFAULT_MAX_WORKSPACES
        self.parse_jobs: dict[str, dict[str, Any]] = {}
        """Replies to requests for PDF files that are parsed in the background."""
        self._libraries: dict[tuple[str, str], Library] = {}
        self._graphs: dict[tuple[str, str], Graph] = {}
        self._extras: dict[str, WorkspaceExtras] = {}
        self.outcomes: deque[tuple[str, str | None]] = deque()
        """Outcomes of the next documents, each with its message; further documents complete."""
        self.stream_errors: deque[StreamError] = deque()
        """Errors of the next streamed answers."""
        self.credentials: Credentials = self._seed()

    def library(self, tenant_id: str, workspace_id: str) -> Library:
        """Return the documents of one tenant's workspace; empty if it was never used."""
        space = tenant_id, workspace_id
        library = self._libraries.get(space)
        if library is None:
            library = self._libraries[space] = Library(self.clock)
        return library

    def graph(self, tenant_id: str, workspace_id: str) -> Graph:
        """Return the knowledge graph of one tenant's workspace, in sync with its documents."""
        space = tenant_id, workspace_id
        graph = self._graphs.get(space)
        if graph is None:
            graph = self._graphs[space] = Graph(self.clock, self.library(tenant_id, workspace_id))
        graph.update()
        return graph

    def extras(self, workspace_id: str) -> WorkspaceExtras:
        """Return the other data of a workspace."""
        extras = self._extras.get(workspace_id)
        if extras is None:
            extras = self._extras[workspace_id] = WorkspaceExtras()
        return extras

    def drop_library(self, tenant_id: str, workspace_id: str) -> None:
        self._libraries.pop((tenant_id, workspace_id), None)
        self._graphs.pop((tenant_id, workspace_id), None)
        self._extras.pop(workspace_id, None)

    def add_document(
        self, library: Library, content: str, raw: bytes, *, track_id: str | None, **described: Any
    ) -> tuple[Document, bool]:
        """Add a document, unless its content exists already.

        Args:
            raw: the bytes that were sent; equal bytes are duplicates.
            track_id: the caller's own, or None for a new one.
            described: further fields of `Document`.

        Returns:
            The new document and False, or the existing one and True.
        """
        digest = content_hash(raw)
        known = library.duplicate_of(digest)
        if known is not None:
            return known, True
        now = self.clock()
        outcome, message = self.outcomes.popleft() if self.outcomes else ("completed", None)
        document = Document(
            id=self.ids.uuid(),
            track_id=track_id or self.track_id(),
            content=content,
            content_hash=digest,
            created_at=now,
            updated_at=now,
            size=len(raw),
            outcome=outcome,
            outcome_message=message,
            **processing_times(now, self.settings.processing_time),
            **described,
        )
        library.add(document)
        return document, False

    def track_id(self, kind: str = "upload") -> str:
        """Return a new track id."""
        stamp = rfc3339(self.clock())[:19].translate(_NO_PUNCTUATION)
        return f"{kind}_{stamp}_{self.ids.hex(8)}"

    @property
    def documents(self) -> Counter[str]:
        """Return the number of documents of each status in all workspaces."""
        return sum((Counter(library.statuses) for library in self._libraries.values()), Counter[str]())

    def _seed(self) -> Credentials:
        admin = Login("admin", "admin@sandbox.test", "sandbox-admin")
        user = Login("user", "user@sandbox.test", "sandbox-user")
        owner = self.users.create(admin.username, admin.email, admin.password, "admin", user_id=DEFAULT_USER_ID)
        self.users.create(user.username, user.email, user.password, "user")
        _, api_key = self.api_keys.create(owner.user_id, name="sandbox", scopes=["read", "write"])
        self.tenants.create("Default", "default", {}, tenant_id=DEFAULT_TENANT_ID)
        self.tenants.create_workspace(DEFAULT_TENANT_ID, "Default", "default", {}, workspace_id=DEFAULT_WORKSPACE_ID)
        return Credentials(admin, user, api_key)


def status_counts(statuses: Counter[str] | dict[str, int]) -> dict[str, int]:
    """Return the counts as in replies: every status, and ``unknown``."""
    return {status: statuses.get(status, 0) for status in STATUSES} | {"unknown": 0}


_NO_PUNCTUATION = str.maketrans("", "", "-:T")
