"""Models of Bloom Growth's replies, with the field names of the vendor's package.

Values that the server may omit default to None.
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
