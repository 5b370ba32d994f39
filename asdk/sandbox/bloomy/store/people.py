"""Users of organizations: their names, passwords and seats, and the lock after too many wrong passwords."""

import attrs

from asdk.sandbox.bloomy.errors import GrantError, not_found
from asdk.sandbox.bloomy.settings import BloomySettings
from asdk.sandbox.clock import TimeSource
from asdk.sandbox.json_io import Json


@attrs.define(eq=False, kw_only=True)
class User:
    id: int
    organization_id: int
    name: str
    email: str = ""
    """Empty for a placeholder, who cannot log in."""
    description: str = ""
    password: str | None = attrs.field(default=None, repr=False)
    manager_id: int | None = None
    seats: dict[int, str] = attrs.field(factory=dict[int, str])
    failures: int = 0
    """Wrong passwords since the last right one or the last lock."""
    locked_until: float = 0.0

    @property
    def image_url(self) -> str:
        return f"https://images.sandbox.test/{self.id}.png"

    def as_json(self) -> Json:
        return {"Id": self.id, "Name": self.name, "ImageUrl": self.image_url}

    def as_owner(self) -> Json:
        return {"Id": self.id, "Name": self.name}

    def as_result(self) -> Json:
        """Return it in the shape of search results."""
        return {
            "Id": self.id,
            "Name": self.name,
            "Description": self.description,
            "Email": self.email,
            "OrganizationId": self.organization_id,
            "ImageUrl": self.image_url,
        }


class People:
    """All users, found by id and by email address."""

    def __init__(self, settings: BloomySettings, clock: TimeSource) -> None:
        self._settings = settings
        self._clock = clock
        self._users: dict[int, User] = {}

    def add(self, user: User) -> User:
        self._users[user.id] = user
        return user

    def get(self, user_id: int, organization_id: int) -> User:
        """Return a user. Raise RefusalError 404 if the user is unknown or belongs to another organization."""
        user = self._users.get(user_id)
        if user is None or user.organization_id != organization_id:
            raise not_found("User", user_id)
        return user

    def of(self, organization_id: int) -> list[User]:
        return [user for user in self._users.values() if user.organization_id == organization_id]

    def log_in(self, email: str, password: str) -> User:
        """Return the account of a correct username and password. Raise GrantError for any other pair."""
        user = next((user for user in self._users.values() if user.email.lower() == email.lower() != ""), None)
        if user is None or user.password is None:
            raise _wrong_pair()
        now = self._clock()
        if now < user.locked_until:
            raise GrantError("invalid_grant", "The account is locked. Try again later.")
        if password != user.password:
            user.failures += 1
            if user.failures >= self._settings.lockout_threshold:
                user.failures, user.locked_until = 0, now + self._settings.lockout_duration
            raise _wrong_pair()
        user.failures = 0
        return user


def _wrong_pair() -> GrantError:
    return GrantError("invalid_grant", "The user name or password is incorrect.")
