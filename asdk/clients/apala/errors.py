"""Apala's own errors: why a key buys no token, and why the pre-approval flow says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from asdk.clients.apala.models.paf import Violation
from asdk.errors import (
    GoneError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    StatusError,
    TokenRefusedError,
    UnprocessableError,
)


class InvalidApiKeyError(TokenRefusedError):
    """401: Apala does not know the API key, or has revoked it. Another key is needed."""


class KeyNotPermittedError(TokenRefusedError):
    """403: the API key is good, but may not use this API."""


class NotProvisionedError(ServerError):
    """503: this account has no pre-approval flow yet, or no template for this customer. Asking again does not help."""

    @property
    def retryable(self) -> bool:
        return False


class ComplianceError(UnprocessableError):
    """422: the template breaks compliance rules. Nothing was stored."""

    @property
    def violations(self) -> list[Violation]:
        """Which rules, and how."""
        return read_violations(self.data)


class DuplicateLabelError(UnprocessableError):
    """422: an active template has this label already. Nothing was stored."""

    @property
    def conflicting_template_id(self) -> str | None:
        """The template that has it."""
        found = _members(self.data).get("conflicting_template_id")
        return found if isinstance(found, str) else None


class GroupRetiredError(GoneError):
    """410: the audience group takes no more templates."""


class ChannelNotAllowedError(UnprocessableError):
    """422: the account may not send on this channel."""


_HINTS: Mapping[type[StatusError], str] = {
    NotProvisionedError: "ask Apala to set it up for this account",
    ComplianceError: "correct the text, and look at the draft with templates.validate()",
    DuplicateLabelError: "choose another label, or delete the template that has it",
    GroupRetiredError: "choose another group_id, or none for every group",
    ChannelNotAllowedError: "use another channel, or ask Apala to switch this one on",
    PermissionDeniedError: "check company_guid: a key speaks for its own company only",
    NotFoundError: "check the id: a key sees its own company only",
}


def advise(error: StatusError) -> StatusError:
    """The error, with what to do about it."""
    error.hint = error.hint or _HINTS.get(type(error))
    return error


def read_violations(data: object) -> list[Violation]:
    """The compliance rules that the body of an error lists."""
    found: object = _members(data).get("violations")
    entries = [_members(entry) for entry in cast("list[object]", found)] if isinstance(found, list) else []
    return [
        Violation(check=str(entry["check"]), detail=str(entry.get("detail", "")))
        for entry in entries
        if "check" in entry
    ]


def _members(data: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", data) if isinstance(data, Mapping) else {}
