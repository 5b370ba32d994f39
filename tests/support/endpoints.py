"""A token endpoint in memory, for the tests of credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from asdk import TokenSource
from asdk.auth import Credential, TokenStore
from asdk.http.request import Request
from asdk.testing import MemoryTransport, Reply, VirtualClock

URL = "https://id.example.org/oauth/token"


class Endpoint(MemoryTransport):
    """Answers each form with the next of these replies. Without any: with t1, t2, ... that expire after 100 s."""

    def __init__(self, *replies: Reply | Mapping[str, Any]) -> None:
        self._left = [reply if isinstance(reply, Reply) else Reply(json=reply) for reply in replies]
        self._counts = not replies
        super().__init__(self._next)

    def _next(self, request: Request) -> Reply:
        if self._counts:
            return Reply(json={"access_token": f"t{len(self.sent)}", "token_type": "Bearer", "expires_in": 100})
        assert self._left, f"no reply is left for request {len(self.sent)}"
        return self._left.pop(0)

    @property
    def forms(self) -> list[dict[str, str]]:
        """Return the fields of each form that was received."""
        return [dict(parse_qsl(sent.content.decode(), strict_parsing=True)) for sent in self.sent]

    @property
    def grants(self) -> list[str]:
        """Return the grant type of each form."""
        return [form["grant_type"] for form in self.forms]


def refusal(code: str, status: int = 400) -> Reply:
    """Return an error reply of OAuth (RFC 6749, section 5.2)."""
    return Reply(status, json={"error": code, "error_description": "because"})


def granted(value: str, refresh_token: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a reply with a token that expires after 100 s."""
    refresh = {} if refresh_token is None else {"refresh_token": refresh_token}
    return {"access_token": value, "token_type": "Bearer", "expires_in": 100, **refresh, **more}


def source_of(
    credential: Credential, clock: VirtualClock | None = None, store: TokenStore | None = None
) -> TokenSource:
    return TokenSource(credential, clock=clock or VirtualClock(), store=store)
