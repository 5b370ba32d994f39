"""Apala as a local server: key exchange, message optimizer, feedback and the pre-approval flow, with state in memory.

`app` assembles it; `store` holds the state and its rules without HTTP; `handlers` answers the routes, one file
per family.
"""

from asdk.sandbox.apala.app import ApalaServer
from asdk.sandbox.apala.settings import ApalaSettings
from asdk.sandbox.apala.store.state import ApalaCredentials

__all__ = ["ApalaCredentials", "ApalaServer", "ApalaSettings"]
