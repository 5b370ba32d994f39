"""Operations of Bloom Growth, one class per attribute of the client."""

from asdk.clients.bloomy.resources.goals import Goals
from asdk.clients.bloomy.resources.headlines import Headlines
from asdk.clients.bloomy.resources.issues import Issues
from asdk.clients.bloomy.resources.meetings import Meetings
from asdk.clients.bloomy.resources.scorecard import ScorecardOperations
from asdk.clients.bloomy.resources.todos import Todos
from asdk.clients.bloomy.resources.users import Users

__all__ = ["Goals", "Headlines", "Issues", "Meetings", "ScorecardOperations", "Todos", "Users"]
