"""What Bloom Growth sends, a file per family: its fields under readable names, and the names of the vendor's package.

Whatever the server may leave out has None.
"""

from asdk.clients.bloomy.models.bulk import BulkError, BulkResult
from asdk.clients.bloomy.models.goals import CreatedGoal, Goal, GoalList, GoalStatus, Origin
from asdk.clients.bloomy.models.headlines import Headline
from asdk.clients.bloomy.models.issues import Issue
from asdk.clients.bloomy.models.meetings import (
    CreatedMeeting,
    Meeting,
    MeetingAttendee,
    MeetingDetails,
    ScorecardMetric,
)
from asdk.clients.bloomy.models.scorecard import ScorecardItem, ScorecardWeek
from asdk.clients.bloomy.models.todos import Todo
from asdk.clients.bloomy.models.users import (
    DirectReport,
    Owner,
    Position,
    UserDetails,
    UserListItem,
    UserSearchResult,
)

__all__ = [
    "BulkError",
    "BulkResult",
    "CreatedGoal",
    "CreatedMeeting",
    "DirectReport",
    "Goal",
    "GoalList",
    "GoalStatus",
    "Headline",
    "Issue",
    "Meeting",
    "MeetingAttendee",
    "MeetingDetails",
    "Origin",
    "Owner",
    "Position",
    "ScorecardItem",
    "ScorecardMetric",
    "ScorecardWeek",
    "Todo",
    "UserDetails",
    "UserListItem",
    "UserSearchResult",
]
