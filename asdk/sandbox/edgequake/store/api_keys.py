"""API keys: returned once in clear text, stored and found as a hash, with expiry and revocation."""

import hashlib

import attrs

from asdk.sandbox.clock import TimeSource, rfc3339
from asdk.sandbox.edgequake.errors import UnauthorizedError, not_found
from asdk.sandbox.ids import Ids


@attrs.define(eq=False, kw_only=True)
class ApiKey:
    key_id: str
    user_id: str
    prefix: str
    """Part that lists show: ``eq_`` and eight characters."""
    scopes: list[str]
    created_at: str
    name: str | None = None
    expires_at: float | None = None
    last_used_at: float | None = None
    is_active: bool = True

    def allows(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes


class ApiKeys:
    """Keys of all users, found by id and by the hash of the key."""

    def __init__(self, clock: TimeSource, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._by_id: dict[str, ApiKey] = {}
        self._by_hash: dict[str, ApiKey] = {}

    def create(
        self, user_id: str, *, name: str | None = None, scopes: list[str], lifetime: float | None = None
    ) -> tuple[ApiKey, str]:
        """Create a key; return it with its text, which is not stored."""
        text, now = f"eq_{self._ids.alphanumeric(32)}", self._clock()
        key = ApiKey(
            key_id=self._ids.uuid(),
            user_id=user_id,
            prefix=text[:11],
            scopes=scopes,
            created_at=rfc3339(now),
            name=name,
            expires_at=None if lifetime is None else now + lifetime,
        )
        self._by_id[key.key_id] = self._by_hash[_hash(text)] = key
        return key, text

    def of(self, user_id: str) -> list[ApiKey]:
        """Return one user's keys in order of creation, including revoked ones."""
        return [key for key in self._by_id.values() if key.user_id == user_id]

    def revoke(self, key_id: str, *, user_id: str | None) -> ApiKey:
        """Revoke a key; with a user id, only one of that user's.

        Raises:
            ApiError: NOT_FOUND, also for a key that was already revoked.
        """
        key = self._by_id.get(key_id)
        if key is None or not key.is_active or user_id not in (None, key.user_id):
            raise not_found("API key", key_id)
        key.is_active = False
        return key

    def verify(self, text: str) -> ApiKey:
        """Return the key of a text. Raise UnauthorizedError if it is unknown, revoked or expired."""
        key, now = self._by_hash.get(_hash(text)), self._clock()
        if key is None:
            raise UnauthorizedError("Invalid API key")
        if not key.is_active:
            raise UnauthorizedError("API key has been revoked")
        if key.expires_at is not None and now >= key.expires_at:
            raise UnauthorizedError("API key has expired")
        key.last_used_at = now
        return key


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
