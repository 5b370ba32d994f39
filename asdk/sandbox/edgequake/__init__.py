"""EdgeQuake as a local server: documents, queries, accounts and tenants, with state kept in memory.

`app` puts it together; `store` holds the state and its rules without HTTP; `handlers` answer the routes,
a file for each family; the files beside them are what every handler uses.
"""

from asdk.sandbox.edgequake.app import EdgeQuakeServer
from asdk.sandbox.edgequake.settings import EdgeQuakeSettings, RateLimit
from asdk.sandbox.edgequake.store.state import Credentials, Login

__all__ = ["Credentials", "EdgeQuakeServer", "EdgeQuakeSettings", "Login", "RateLimit"]
