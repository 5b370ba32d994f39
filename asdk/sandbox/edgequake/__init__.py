"""EdgeQuake as a local server: documents, queries, accounts and tenants, with state in memory.

`app` assembles it; `store` holds the state and its rules without HTTP; `handlers` answers the routes, one file
per family; the files next to them are shared by all handlers.
"""

from asdk.sandbox.edgequake.app import EdgeQuakeServer
from asdk.sandbox.edgequake.settings import EdgeQuakeSettings, RateLimit
from asdk.sandbox.edgequake.store.state import Credentials, Login

__all__ = ["Credentials", "EdgeQuakeServer", "EdgeQuakeSettings", "Login", "RateLimit"]
