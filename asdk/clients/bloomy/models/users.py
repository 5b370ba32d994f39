"""Models of users, returned by `Users`."""

from __future__ import annotations

from asdk import field, model


@model(rename="pascal")
class Owner:
    """The accountable user."""

    id: int | None = None
    name: str | None = None
    image_url: str | None = None


@model(rename="pascal")
class DirectReport:
    """A user who reports to another user."""

    id: int
    name: str
    image_url: str | None = None


@model(rename="pascal")
class Position:
    """A seat in the organization."""

    id: int
    name: str | None = None


@model(rename="pascal")
class UserDetails:
    """A user.

    Attributes:
        direct_reports: the users who report to this user; None unless requested.
        positions: the user's seats; None unless requested.
    """

    id: int
    name: str
    image_url: str | None = None
    direct_reports: list[DirectReport] | None = None
    positions: list[Position] | None = None


@model(rename="pascal")
class UserSearchResult:
    """A user in search results; ``description`` is the position as text."""

    id: int
    name: str
    email: str
    organization_id: int
    description: str | None = None
    image_url: str | None = None


@model(rename="pascal")
class UserListItem:
    """A user of the organization; a placeholder has no e-mail address."""

    id: int
    name: str
    email: str | None = None
    position: str | None = field(default=None, name="Description")
    image_url: str | None = None
    result_type: str | None = None


@model(rename="pascal")
class OwnId:
    """The id of the API key's owner."""

    id: int


@model(rename="pascal")
class SeatGroup:
    """The envelope of a position."""

    position: Position


@model(rename="pascal")
class Seat:
    """The envelope of a seat group."""

    group: SeatGroup
