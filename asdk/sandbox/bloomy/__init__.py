"""Bloom Growth as a local server: people, L10 meetings, to-dos, rocks, scorecards, issues and headlines, in memory.

`app` assembles it; `store` holds the state and its rules without HTTP; `handlers` answers the routes, one file
per family.
"""

from asdk.sandbox.bloomy.app import BloomyServer
from asdk.sandbox.bloomy.settings import BloomySettings
from asdk.sandbox.bloomy.store.state import BloomyCredentials, BloomyLogin

__all__ = ["BloomyCredentials", "BloomyLogin", "BloomyServer", "BloomySettings"]
