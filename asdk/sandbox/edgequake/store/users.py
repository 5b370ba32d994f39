"""Accounts: names, passwords, and the lock after too many wrong ones."""

import hashlib
import hmac

import attrs

from asdk.sandbox.clock import TimeSource, rfc3339
from asdk.sandbox.edgequake.errors import ApiError, not_found
from asdk.sandbox.edgequake.settings import EdgeQuakeSettings
from asdk.sandbox.ids import Ids


@attrs.define(eq=False, kw_only=True)
class User:
    user_id: str
    username: str
    email: str
    role: str
    password_hash: str = attrs.field(repr=False)
    created_at: str
    updated_at: str
    display_name: str | None = None
    is_active: bool = True
    last_login_at: str | None = None
    failures: int = 0
    """Wrong passwords since the last right one or the last lock."""
    locked_until: float = 0.0


class Users:
    """All accounts, found by id, name and email."""

    def __init__(self, settings: EdgeQuakeSettings, clock: TimeSource, ids: Ids) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._by_id: dict[str, User] = {}
        self._by_login: dict[str, User] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self, role: str | None = None) -> list[User]:
        """Return all accounts in order of creation."""
        return [user for user in self._by_id.values() if role is None or user.role == role]

    def find(self, user_id: str) -> User | None:
        return self._by_id.get(user_id)

    def get(self, user_id: str) -> User:
        """Return an account. Raise ApiError NOT_FOUND if it is unknown."""
        user = self._by_id.get(user_id)
        if user is None:
            raise not_found("User", user_id)
        return user

    def named(self, login: str) -> User | None:
        """Find an account by user name or email."""
        return self._by_login.get(login.lower())

    def create(self, username: str, email: str, password: str, role: str, *, user_id: str | None = None) -> User:
        """Create an account. Raise ApiError BAD_REQUEST or CONFLICT."""
        if not username.strip() or not password:
            raise ApiError("BAD_REQUEST", "username and password must not be empty")
        self._claim(username)
        self._claim_email(email)
        now = rfc3339(self._clock())
        user = User(
            user_id=user_id or self._ids.uuid(),
            username=username,
            email=email,
            role=role,
            password_hash=_hash(password, self._ids.hex(16)),
            created_at=now,
            updated_at=now,
        )
        self._by_id[user.user_id] = user
        self._by_login[username.lower()] = self._by_login[email.lower()] = user
        return user

    def change_email(self, user: User, email: str) -> None:
        """Change the email. Raise ApiError BAD_REQUEST or CONFLICT."""
        if email.lower() == user.email.lower():
            return
        self._claim_email(email)
        del self._by_login[user.email.lower()]
        user.email = email
        self._by_login[email.lower()] = user

    def delete(self, user: User) -> None:
        del self._by_id[user.user_id]
        for login in {user.username.lower(), user.email.lower()}:
            del self._by_login[login]

    def log_in(self, login: str, password: str) -> User:
        """Return the account of a correct username and password.

        Raises:
            ApiError: UNAUTHORIZED for a wrong pair, FORBIDDEN for an inactive account, ACCOUNT_LOCKED for a while after
                too many wrong passwords, even with the right one.
        """
        user, now = self.named(login), self._clock()
        if user is None:
            raise ApiError("UNAUTHORIZED", "Invalid username or password")
        if now < user.locked_until:
            raise ApiError("ACCOUNT_LOCKED", "Account is locked after too many failed login attempts")
        if not _matches(password, user.password_hash):
            user.failures += 1
            if user.failures >= self._settings.lockout_threshold:
                user.failures, user.locked_until = 0, now + self._settings.lockout_duration
            raise ApiError("UNAUTHORIZED", "Invalid username or password")
        if not user.is_active:
            raise ApiError("FORBIDDEN", "Account is inactive")
        user.failures, user.last_login_at = 0, rfc3339(now)
        return user

    def _claim_email(self, email: str) -> None:
        if "@" not in email:
            raise ApiError("BAD_REQUEST", f"not an e-mail address: {email}")
        self._claim(email)

    def _claim(self, login: str) -> None:
        if login.lower() in self._by_login:
            raise ApiError("CONFLICT", f"already taken: {login}")


# One salted round of SHA-256, where a real server would spend 100 ms on argon2: the passwords are printed on
# start, and a test that logs in a thousand times should measure its client.
def _hash(password: str, salt: str) -> str:
    return f"{salt}${hashlib.sha256(f'{salt}{password}'.encode()).hexdigest()}"


def _matches(password: str, stored: str) -> bool:
    salt, _, _ = stored.partition("$")
    return hmac.compare_digest(_hash(password, salt), stored)
