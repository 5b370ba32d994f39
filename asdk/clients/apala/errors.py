"""Errors of the Apala client: rejected API keys and rejections by the pre-approval flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from asdk import (
    GoneError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    StatusError,
    TokenRefusedError,
    UnprocessableError,
)
from asdk.clients.apala.models.paf import Violation


class InvalidApiKeyError(TokenRefusedError):
    """401: the API key is unknown or revoked. A new key is required."""


class KeyNotPermittedError(TokenRefusedError):
    """403: the API key is valid, but may not use this API."""


class NotProvisionedError(ServerError):
    """503: the account has no pre-approval flow yet, or no template for this customer. A retry does not help."""

    @property
    def retryable(self) -> bool:
        """Return False: only Apala can set up the account."""
        return False


class ComplianceError(UnprocessableError):
    """422: the template violates compliance rules. Nothing was stored."""

    @property
    def violations(self) -> list[Violation]:
        """Return the violated rules with their explanations."""
        return read_violations(self.data)


class DuplicateLabelError(UnprocessableError):
    """422: an active template already has this label. Nothing was stored."""

    @property
    def conflicting_template_id(self) -> str | None:
        """Return the id of the existing template with this label."""
        found = _members(self.data).get("conflicting_template_id")
        return found if isinstance(found, str) else None


class GroupRetiredError(GoneError):
    """410: the audience group is retired and accepts no new templates."""


class ChannelNotAllowedError(UnprocessableError):
    """422: the account may not send on this channel."""


_HINTS: Mapping[type[StatusError], str] = {
    NotProvisionedError: "ask Apala to set it up for this account",
    ComplianceError: "correct the text, and check the draft with templates.validate()",
    DuplicateLabelError: "choose another label, or delete the existing template",
    GroupRetiredError: "choose another group_id, or omit it to use every group",
    ChannelNotAllowedError: "use another channel, or ask Apala to enable this one",
    PermissionDeniedError: "check company_guid: an API key works only for its own company",
    NotFoundError: "check the id: an API key can access only its own company",
}


def advise(error: StatusError) -> StatusError:
    """Add a hint to the error and return it."""
    error.hint = error.hint or _HINTS.get(type(error))
    return error


def read_violations(data: object) -> list[Violation]:
    """Read the compliance rules that an error body lists."""
    found: object = _members(data).get("violations")
    entries = [_members(entry) for entry in cast("list[object]", found)] if isinstance(found, list) else []
    return [
        Violation(check=str(entry["check"]), detail=str(entry.get("detail", "")))
        for entry in entries
        if "check" in entry
    ]


def _members(data: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", data) if isinstance(data, Mapping) else {}
