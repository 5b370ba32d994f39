"""Models of goals, which the server calls rocks. Returned by `Goals`."""

from __future__ import annotations

from datetime import datetime

from asdk import OpenEnum, field, model
from asdk.clients.bloomy.models.moments import Moment, moment
from asdk.clients.bloomy.models.users import Owner


class GoalStatus(OpenEnum):
    """The status of a goal."""

    ON_TRACK = "on"
    AT_RISK = "off"
    COMPLETE = "complete"


@model(rename="pascal")
class Origin:
    """A meeting that a goal belongs to."""

    id: int | None = None
    name: str | None = None


@model(rename="pascal")
class Goal:
    """A goal. It may belong to several meetings; ``meeting_id`` is the first."""

    id: int
    title: str = field(name="Name")
    created: Moment = field(default=None, name="CreateTime")
    due: Moment = field(default=None, name="DueDate")
    is_complete: bool | None = field(default=None, name="Complete")
    owner: Owner | None = None
    origins: list[Origin | None] | None = None

    @property
    def created_at(self) -> datetime | None:
        """Return the creation time."""
        return moment(self.created)

    @property
    def due_date(self) -> datetime | None:
        """Return the due date."""
        return moment(self.due)

    @property
    def status(self) -> str:
        """Return ``"Completed"`` or ``"Incomplete"``."""
        return "Completed" if self.is_complete else "Incomplete"

    @property
    def user_id(self) -> int | None:
        """Return the id of the owner."""
        return None if self.owner is None else self.owner.id

    @property
    def user_name(self) -> str | None:
        """Return the name of the owner."""
        return None if self.owner is None else self.owner.name

    @property
    def meeting_id(self) -> int | None:
        """Return the id of the first meeting."""
        return None if self._origin is None else self._origin.id

    @property
    def meeting_title(self) -> str | None:
        """Return the name of the first meeting."""
        return None if self._origin is None else self._origin.name

    @property
    def _origin(self) -> Origin | None:
        return self.origins[0] if self.origins else None


@model(rename="pascal")
class CreatedGoal(Goal):
    """A new goal, with its status."""

    completion: int | None = None

    @property
    def status(self) -> str:
        """Return ``"on"``, ``"off"`` or ``"complete"``, as `Goals.update` accepts it."""
        return {2: GoalStatus.COMPLETE, 1: GoalStatus.ON_TRACK}.get(self.completion or 0, GoalStatus.AT_RISK)


@model
class GoalList:
    """The active and the archived goals of a user."""

    active: list[Goal]
    archived: list[Goal]
