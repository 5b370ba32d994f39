"""The operations of EdgeQuake, a file per family; each class hangs on the client under the name of its file."""

from asdk.clients.edgequake.resources.api_keys import ApiKeys
from asdk.clients.edgequake.resources.auth import Auth
from asdk.clients.edgequake.resources.chat import Chat
from asdk.clients.edgequake.resources.documents import Documents
from asdk.clients.edgequake.resources.query import Query
from asdk.clients.edgequake.resources.tenants import Tenants
from asdk.clients.edgequake.resources.users import Users
from asdk.clients.edgequake.resources.workspaces import Workspaces

__all__ = ["ApiKeys", "Auth", "Chat", "Documents", "Query", "Tenants", "Users", "Workspaces"]
