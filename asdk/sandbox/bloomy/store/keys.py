"""API keys, which are bearer tokens: bought with a password for two weeks, or seeded and permanent."""

import math
from email.utils import formatdate

from asdk.sandbox.bloomy.errors import unauthorized
from asdk.sandbox.bloomy.settings import BloomySettings
from asdk.sandbox.bloomy.store.people import User
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.ids import Ids
from asdk.sandbox.json_io import Json

_LENGTH = 120


class Keys:
    """Keys and when they expire. A user may have any number."""

    def __init__(self, settings: BloomySettings, clock: TimeSource, ids: Ids) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._keys: dict[str, tuple[User, float]] = {}

    def seed(self, user: User) -> str:
        """Add a key that does not expire."""
        return self._add(user, math.inf)

    def issue(self, user: User) -> Json:
        """Issue a key that expires; return it in the shape of the token endpoint's reply."""
        now, lifetime = self._clock(), self._settings.token_lifetime
        return {
            "access_token": self._add(user, now + lifetime),
            "token_type": "bearer",
            "expires_in": max(1, math.ceil(lifetime)),
            "userName": user.email,
            ".issued": formatdate(now, usegmt=True),
            ".expires": formatdate(now + lifetime, usegmt=True),
        }

    def user_of(self, key: str) -> User:
        """Return the user of a key. Raise RefusalError 401 if the key is invalid."""
        user, ends = self._keys.get(key, (None, 0.0))
        if user is None or self._clock() >= ends:
            raise unauthorized()
        return user

    def revoke(self, key: str | None) -> None:
        """Revoke one key, or all."""
        if key is None:
            self._keys.clear()
        else:
            self._keys.pop(key, None)

    def _add(self, user: User, ends: float) -> str:
        key = self._ids.alphanumeric(_LENGTH)
        self._keys[key] = user, ends
        return key
