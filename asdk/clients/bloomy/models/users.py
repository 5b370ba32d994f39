"""People: the replies of `Users`."""

from __future__ import annotations

from asdk.models.declaration import field, model


@model(rename="pascal")
class Owner:
    """Who is accountable for something."""

    id: int | None = None
    name: str | None = None
    image_url: str | None = None


@model(rename="pascal")
class DirectReport:
    """Somebody who reports to a user."""

    id: int
    name: str
    image_url: str | None = None


@model(rename="pascal")
class Position:
    """A seat in the organisation."""

    id: int
    name: str | None = None


@model(rename="pascal")
class UserDetails:
    """A user.

    Attributes:
        direct_reports: who reports to the user; None unless it was asked for.
        positions: the user's seats; None unless it was asked for.
    """

    id: int
    name: str
    image_url: str | None = None
    direct_reports: list[DirectReport] | None = None
    positions: list[Position] | None = None


@model(rename="pascal")
class UserSearchResult:
    """A user as searches show one; ``description`` is the position in words."""

    id: int
    name: str
    email: str
    organization_id: int
    description: str | None = None
    image_url: str | None = None


@model(rename="pascal")
class UserListItem:
    """A user of the organisation; a placeholder has no e-mail address."""

    id: int
    name: str
    email: str | None = None
    position: str | None = field(default=None, name="Description")
    image_url: str | None = None
    result_type: str | None = None


@model(rename="pascal")
class OwnId:
    """Who the key belongs to: all that is read of it."""

    id: int


@model(rename="pascal")
class SeatGroup:
    """How the server wraps a position."""

    position: Position


@model(rename="pascal")
class Seat:
    """And how it wraps that."""

    group: SeatGroup
