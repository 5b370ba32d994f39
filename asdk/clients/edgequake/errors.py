"""The errors of EdgeQuake that are more than a status.

AsdkError
├── StatusError
│   ├── AccountLockedError        423 of a login by hand
│   └── AuthenticationError
│       └── TenantRequiredError   401 of a call that has to name a tenant and a user
├── TokenRefusedError
│   ├── WrongPasswordError        401 of the client's own login
│   └── LoginLockedError          423 of it
├── ProcessingError               documents failed, or were given up
└── ProcessingTimeoutError        they are not done in time; also a TimeoutError
"""

from __future__ import annotations

import re
from uuid import UUID

from asdk.clients.edgequake.models import DocumentStatus, DocumentSummary, TrackStatus
from asdk.errors import AsdkError, AuthenticationError, NotFoundError, StatusError, TokenRefusedError
from asdk.http.request import Request

#: How long an account stays locked, in seconds; the server does not tell.
LOCKED_FOR = 900.0

# What belongs to a user of a tenant, and what lies in a workspace without naming it.
_PERSONAL = tuple(f"/api/v1/{name}" for name in ("chat", "conversations", "messages", "folders"))
_SCOPED = tuple(f"/api/v1/{name}" for name in ("documents", "graph", "entities", "chunks", "lineage", "tasks", "query"))

# What a refusal speaks of that is about the credential, named or not.
_CREDENTIAL = re.compile("key|token|jwt|bearer|credential|authorization|expired", re.IGNORECASE)


class AccountLockedError(StatusError):
    """423: too many failed logins; the account opens again 15 minutes after the last one."""


class TenantRequiredError(AuthenticationError):
    """401: chat, conversations and folders belong to a user of a tenant, and the call does not name both as UUIDs."""


class WrongPasswordError(TokenRefusedError):
    """401: there is no account with this name and password. Some more wrong tries lock an account that there is."""


class LoginLockedError(TokenRefusedError):
    """423: too many failed logins; the account opens again 15 minutes after the last one, for the right password too.

    Until then, ``retry_after`` seconds, no call asks the server again.

    A login by hand, `Auth.login`, is a call like any other: it raises `AccountLockedError`.
    """


class ProcessingError(AsdkError):
    """Documents of a track failed, or were given up. The others are there.

    Attributes:
        track: how the track ended.
        failed: the documents that are not there, with their ``error_message``.
    """

    def __init__(self, track: TrackStatus) -> None:
        self.track = track
        self.failed: list[DocumentSummary] = [document for document in track.documents if is_lost(document)]
        reasons = {document.error_message for document in self.failed if document.error_message}
        why = f": {'; '.join(sorted(reasons))}" if reasons else ""
        super().__init__(f"{len(self.failed)} of {track.total_count} documents of {track.track_id} were lost{why}")

    def __reduce__(self) -> tuple[type[ProcessingError], tuple[TrackStatus]]:
        return type(self), (self.track,)


class ProcessingTimeoutError(AsdkError, TimeoutError):
    """The documents of a track are not processed in time. The server goes on with them: wait again.

    Attributes:
        track: how the track was when it was last seen; None if the server never answered.
    """

    def __init__(self, track_id: str, timeout: float, track: TrackStatus | None) -> None:
        self.track_id = track_id
        self.timeout = timeout
        self.track = track
        seen = "" if track is None or not track.latest_message else f" ({track.latest_message})"
        super().__init__(f"the documents of {track_id} are not processed after {timeout:g} s{seen}")

    def __reduce__(self) -> tuple[type[ProcessingTimeoutError], tuple[str, float, TrackStatus | None]]:
        return type(self), (self.track_id, self.timeout, self.track)


def is_lost(document: DocumentSummary) -> bool:
    """Whether a document ended without being there."""
    return document.status in (DocumentStatus.FAILED, DocumentStatus.CANCELLED)


def advised(error: StatusError, request: Request) -> StatusError:
    """The same error with what to do about it, where the server does not say that.

    Args:
        error: of this request.
        request: as it was sent.
    """
    if isinstance(error, AccountLockedError):
        error.hint = "wait for 15 minutes, and check the password before the next try"
    elif isinstance(error, NotFoundError) and error.code is not None and request.template.startswith(_SCOPED):
        workspace = request.headers.get("X-Workspace-ID") or "default"
        error.hint = f"looked for in workspace {workspace}, with_workspace(...) looks in another"
    elif isinstance(error, AuthenticationError) and _wants_a_name(error, request):
        hint = (
            "name tenant and user, each by its UUID: tenant_id= and user_id= of the client, "
            "or tenant=Tenant(tenant_id, user_id=...) of the call"
        )
        return error.convert_to(TenantRequiredError, hint=hint)
    return error


def _wants_a_name(error: AuthenticationError, request: Request) -> bool:
    """Whether a refusal is about tenant and user, which the request does not name as this server wants it."""
    if not request.template.startswith(_PERSONAL) or _CREDENTIAL.search(error.message):
        return False
    tenant, user = (request.headers.get(f"X-{who}-ID", "") for who in ("Tenant", "User"))
    try:
        return not ((tenant == "default" or UUID(tenant)) and UUID(user))
    except ValueError:
        return True
