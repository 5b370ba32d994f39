"""Apala as a local server: key exchange, message optimiser, feedback and the pre-approval flow, with state in memory.

`app` puts it together; `store` holds the state and its rules without HTTP; `handlers` answer the routes, a file for
each family.
"""

from asdk.sandbox.apala.app import ApalaServer
from asdk.sandbox.apala.settings import ApalaSettings
from asdk.sandbox.apala.store.state import ApalaCredentials

__all__ = ["ApalaCredentials", "ApalaServer", "ApalaSettings"]
