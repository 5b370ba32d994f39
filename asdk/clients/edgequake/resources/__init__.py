"""Resources of the EdgeQuake client, one file per family.

Each class is an attribute of the client, named after its file.

``client.documents`` has two files: `processing` contains the operations after the upload.
"""

from asdk.clients.edgequake.resources.admin import Admin
from asdk.clients.edgequake.resources.api_keys import ApiKeys
from asdk.clients.edgequake.resources.auth import Auth
from asdk.clients.edgequake.resources.chat import Chat
from asdk.clients.edgequake.resources.chunks import Chunks
from asdk.clients.edgequake.resources.connections import Connections
from asdk.clients.edgequake.resources.contexts import Contexts
from asdk.clients.edgequake.resources.conversations import Conversations
from asdk.clients.edgequake.resources.costs import Costs
from asdk.clients.edgequake.resources.documents import Documents
from asdk.clients.edgequake.resources.entities import Entities
from asdk.clients.edgequake.resources.folders import Folders
from asdk.clients.edgequake.resources.graph import Graph
from asdk.clients.edgequake.resources.injections import Injections
from asdk.clients.edgequake.resources.jobs import Jobs
from asdk.clients.edgequake.resources.lineage import Lineage
from asdk.clients.edgequake.resources.models import Models
from asdk.clients.edgequake.resources.parse import Parse
from asdk.clients.edgequake.resources.pdf import Pdf
from asdk.clients.edgequake.resources.pipeline import Pipeline
from asdk.clients.edgequake.resources.query import Query
from asdk.clients.edgequake.resources.relationships import Relationships
from asdk.clients.edgequake.resources.settings import Settings
from asdk.clients.edgequake.resources.tasks import Tasks
from asdk.clients.edgequake.resources.tenants import Tenants
from asdk.clients.edgequake.resources.users import Users
from asdk.clients.edgequake.resources.workspaces import Workspaces

__all__ = [
    "Admin",
    "ApiKeys",
    "Auth",
    "Chat",
    "Chunks",
    "Connections",
    "Contexts",
    "Conversations",
    "Costs",
    "Documents",
    "Entities",
    "Folders",
    "Graph",
    "Injections",
    "Jobs",
    "Lineage",
    "Models",
    "Parse",
    "Pdf",
    "Pipeline",
    "Query",
    "Relationships",
    "Settings",
    "Tasks",
    "Tenants",
    "Users",
    "Workspaces",
]
