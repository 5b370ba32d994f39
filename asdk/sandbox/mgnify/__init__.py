"""MGnify as a local server: studies, samples, runs, assemblies, analyses, genomes, private data and sliding tokens.

`app` assembles it; `store` holds the data, the accounts and their rules without HTTP; `handlers` answers the routes,
one file per family; the files next to them are shared by all handlers.
"""

from asdk.sandbox.mgnify.app import MGnifyServer
from asdk.sandbox.mgnify.settings import MGnifySettings
from asdk.sandbox.mgnify.store.state import MGnifyCredentials, WebinLogin

__all__ = ["MGnifyCredentials", "MGnifyServer", "MGnifySettings", "WebinLogin"]
