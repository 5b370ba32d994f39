"""Errors of EdgeQuake in addition to the status errors of asdk.

AsdkError
├── StatusError
│   ├── AccountLockedError        423 of an explicit login
│   └── AuthenticationError
│       └── TenantRequiredError   401 of a call that must name a tenant and a user
├── TokenRefusedError
│   ├── WrongPasswordError        401 of the client's own login
│   └── LoginLockedError          423 of the client's own login
├── ProcessingError               documents failed or were cancelled
└── ProcessingTimeoutError        processing did not complete in time; also a TimeoutError
"""

from __future__ import annotations

import re
from uuid import UUID

from asdk import AsdkError, AuthenticationError, NotFoundError, Request, StatusError, TokenRefusedError
from asdk.clients.edgequake.models import DocumentStatus, DocumentSummary, TrackStatus

#: The time that an account stays locked, in seconds. The server does not send it.
LOCKED_FOR = 900.0

# Paths that belong to a user of a tenant, and paths that belong to a workspace without naming it.
_PERSONAL = tuple(f"/api/v1/{name}" for name in ("chat", "conversations", "messages", "folders"))
_SCOPED = tuple(f"/api/v1/{name}" for name in ("documents", "graph", "entities", "chunks", "lineage", "tasks", "query"))

# Words in the message of a 401 that is about the credential rather than the tenant and user headers.
_CREDENTIAL = re.compile("key|token|jwt|bearer|credential|authorization|expired", re.IGNORECASE)


class AccountLockedError(StatusError):
    """Account locked (423) after too many failed logins. It unlocks 15 minutes after the last one."""


class TenantRequiredError(AuthenticationError):
    """Missing tenant or user (401). Chat, conversations and folders require both as UUIDs."""


class WrongPasswordError(TokenRefusedError):
    """Wrong user name or password (401). Further wrong attempts lock an existing account."""


class LoginLockedError(TokenRefusedError):
    """Account locked (423) for the client's own login after too many failed logins.

    It unlocks 15 minutes after the last one, also for the correct password.

    Until then, for ``retry_after`` seconds, calls do not contact the server.

    An explicit login, `Auth.login`, is an ordinary call and raises `AccountLockedError`.
    """


class ProcessingError(AsdkError):
    """Failed or cancelled documents of a track. The other documents were stored.

    Attributes:
        track: the final status of the track.
        failed: the documents that were not stored, with their ``error_message``.
    """

    def __init__(self, track: TrackStatus) -> None:
        self.track = track
        self.failed: list[DocumentSummary] = [document for document in track.documents if is_lost(document)]
        reasons = {document.error_message for document in self.failed if document.error_message}
        why = f": {'; '.join(sorted(reasons))}" if reasons else ""
        super().__init__(
            f"{len(self.failed)} of {track.total_count} documents of {track.track_id} failed or were cancelled{why}"
        )

    def __reduce__(self) -> tuple[type[ProcessingError], tuple[TrackStatus]]:
        return type(self), (self.track,)


class ProcessingTimeoutError(AsdkError, TimeoutError):
    """Timeout of waiting for the documents of a track. The server continues to process them: wait again.

    Attributes:
        track: the last known status of the track; None if the server never answered.
    """

    def __init__(self, track_id: str, timeout: float, track: TrackStatus | None) -> None:
        self.track_id = track_id
        self.timeout = timeout
        self.track = track
        seen = "" if track is None or not track.latest_message else f" ({track.latest_message})"
        super().__init__(f"the documents of {track_id} were not processed within {timeout:g} s{seen}")

    def __reduce__(self) -> tuple[type[ProcessingTimeoutError], tuple[str, float, TrackStatus | None]]:
        return type(self), (self.track_id, self.timeout, self.track)


def is_lost(document: DocumentSummary) -> bool:
    """Return whether processing ended without storing the document."""
    return document.status in (DocumentStatus.FAILED, DocumentStatus.CANCELLED)


def advise(error: StatusError, request: Request) -> StatusError:
    """Add a hint to the error where the server's message has none.

    Args:
        error: the error of this request.
        request: the request as it was sent.
    """
    if isinstance(error, AccountLockedError):
        error.hint = "wait 15 minutes, and check the password before the next attempt"
    elif isinstance(error, NotFoundError) and error.code is not None and request.template.startswith(_SCOPED):
        workspace = request.headers.get("X-Workspace-ID") or "default"
        error.hint = f"searched in workspace {workspace}; use with_workspace(...) for another one"
    elif isinstance(error, AuthenticationError) and _wants_a_name(error, request):
        hint = (
            "set tenant and user as UUIDs: pass tenant_id= and user_id= to the client, "
            "or tenant=Tenant(tenant_id, user_id=...) to the call"
        )
        return error.convert_to(TenantRequiredError, hint=hint)
    return error


def _wants_a_name(error: AuthenticationError, request: Request) -> bool:
    """Return whether the server rejected the request because of its tenant and user headers."""
    if not request.template.startswith(_PERSONAL) or _CREDENTIAL.search(error.message):
        return False
    tenant, user = (request.headers.get(f"X-{who}-ID", "") for who in ("Tenant", "User"))
    try:
        return not ((tenant == "default" or UUID(tenant)) and UUID(user))
    except ValueError:
        return True
