"""Logins at an imaginary identity provider, where the code is the user's name."""

from urllib.parse import urlencode

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake.errors import ApiError
from asdk.sandbox.edgequake.store.users import User, Users
from asdk.sandbox.ids import Ids

AUTHORIZATION_URL = "https://id.sandbox.test/authorize"
_LIFETIME = 10 * 60.0


class OidcLogins:
    """Logins in progress."""

    def __init__(self, clock: TimeSource, ids: Ids, users: Users) -> None:
        self._clock = clock
        self._ids = ids
        self._users = users
        self._begun: dict[str, float] = {}

    def begin(self, callback_url: str) -> str:
        """Start a login and return the provider's address."""
        state = self._ids.hex(32)
        self._begun[state] = self._clock()
        asked = {
            "response_type": "code",
            "client_id": "edgequake",
            "redirect_uri": callback_url,
            "scope": "openid email profile",
            "state": state,
            "code_challenge": self._ids.hex(43),
            "code_challenge_method": "S256",
        }
        return f"{AUTHORIZATION_URL}?{urlencode(asked)}"

    def end(self, code: str, state: str) -> User:
        """Finish a login: return the account of a code, created if the name is unknown.

        Raises:
            ApiError: UNAUTHORIZED: the login was not started, was finished already, or timed out.
            FORBIDDEN: the account is inactive.
        """
        begun = self._begun.pop(state, None)
        if begun is None or self._clock() >= begun + _LIFETIME:
            raise ApiError("UNAUTHORIZED", "OIDC login was not begun or has expired")
        user = self._users.named(code)
        if user is None:
            email = code if "@" in code else f"{code}@sandbox.test"
            user = self._users.create(code, email, self._ids.hex(32), "user")
        if not user.is_active:
            raise ApiError("FORBIDDEN", "Account is inactive")
        return user
