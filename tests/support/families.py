"""A token endpoint whose refresh tokens are good for one use: a second use voids the whole family, as RFC 9700 asks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import attrs

from asdk import Secret, Token
from asdk.auth import Credential, Identity, json_request, send_token_request
from asdk.auth.refresh.rotation import refresh_print
from asdk.http.request import Request
from asdk.testing import MemoryTransport, Reply
from asdk.transports.base import Handler

TOKEN_URL = "https://login.example.org/token"


@attrs.define
class Family:
    """All tokens that come of one login."""

    number: int
    current: str
    access: str
    ends: float
    void: bool = False


class Families:
    """The server's side."""

    def __init__(self, life: float = 100.0, now: Callable[[], float] = time.monotonic) -> None:
        self.life = life
        self.now = now
        self.families: list[Family] = []
        self.used: dict[str, Family] = {}
        self.requests: list[str] = []
        self.replays = 0
        self._count = 0

    def answer(self, data: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Status and body for one token request."""
        if data.get("grant_type") == "refresh_token":
            return self._refresh(data["refresh_token"])
        self.requests.append("login")
        if data.get("password") != "open sesame":
            return 401, {"error": "invalid_client"}
        return 200, self._reply(self.begin())

    def begin(self) -> Family:
        """A login: a family of its own."""
        family = Family(len(self.families), "", "", 0.0)
        self.families.append(family)
        return family

    def first(self) -> str:
        """The first refresh token of a family, as a person gets it from a login page."""
        family = self.begin()
        self._reply(family)
        return family.current

    def is_good(self, access: str) -> bool:
        return any(not one.void and one.access == access and self.now() < one.ends for one in self.families)

    @property
    def voided(self) -> int:
        return sum(family.void for family in self.families)

    def _refresh(self, token: str) -> tuple[int, dict[str, object]]:
        self.requests.append("refresh")
        if token in self.used:
            self.replays += 1
            self.used[token].void = True
            return 400, {"error": "invalid_grant", "error_description": "this refresh token was used before"}
        family = next((one for one in self.families if one.current == token and not one.void), None)
        if family is None:
            return 400, {"error": "invalid_grant"}
        self.used[token] = family
        return 200, self._reply(family)

    def _reply(self, family: Family) -> dict[str, object]:
        self._count += 1
        family.access = f"access-{family.number}-{self._count}"
        family.current = f"refresh-{family.number}-{self._count}"
        family.ends = self.now() + self.life
        return {"access_token": family.access, "expires_in": self.life, "refresh_token": family.current}


class Login(Credential):
    """Logs in with a password, renews with the refresh token."""

    def __init__(self, url: str = TOKEN_URL, password: str = "open sesame") -> None:
        self.url = url
        self.password = Secret(password)

    @property
    def identity(self) -> Identity:
        return Identity(url=self.url, kind="password", account="ada")

    async def fetch(self, send: Handler) -> Token:
        return await ask(send, self.url, {"grant_type": "password", "password": self.password})

    async def refresh(self, token: Token, send: Handler) -> Token:
        if token.refresh_token is None:
            return await self.fetch(send)
        return await ask(send, self.url, {"grant_type": "refresh_token", "refresh_token": token.refresh_token})


class Refresh(Login):
    """Has nothing but a first refresh token."""

    can_login = False

    def __init__(self, refresh_token: str, url: str = TOKEN_URL) -> None:
        super().__init__(url)
        self.first = Secret(refresh_token)

    @property
    def identity(self) -> Identity:
        return Identity(url=self.url, kind="refresh", account="ada", seed=refresh_print(self.first))

    async def fetch(self, send: Handler) -> Token:
        return await ask(send, self.url, {"grant_type": "refresh_token", "refresh_token": self.first})


async def ask(send: Handler, url: str, data: dict[str, object]) -> Token:
    reply = (await send_token_request(send, json_request(url, data))).json()
    return Token(value=reply["access_token"], lifetime=reply["expires_in"], refresh_token=reply["refresh_token"])


def endpoint(families: Families, faults: list[Reply | None] | None = None, *, delay: float = 0.0) -> MemoryTransport:
    """The server in memory.

    Args:
        families: its state.
        faults: what becomes of the answers, one after another: None for the true one. The server has acted all the
            same, unless the reply has ``status`` 429 or 503, or no connection was made.
        delay: seconds until it answers.
    """
    script = iter(faults or ())

    def answer(request: Request) -> Reply:
        assert isinstance(request.body, bytes)
        fault = next(script, None)
        if fault is not None and (fault.status in {429, 503} or (fault.error is not None and not fault.error.sent)):
            families.requests.append("fault")
            return fault
        status, body = families.answer(json.loads(request.body))
        return fault or Reply(status, json=body, delay=delay)

    return MemoryTransport(answer)
