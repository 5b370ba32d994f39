"""MGnify as a local server: studies, samples, runs, assemblies, analyses, genomes, private data and sliding tokens.

`app` puts it together; `store` holds the data, the accounts and their rules without HTTP; `handlers` answer the routes,
a file for each family; the files beside them are what every handler uses.
"""

from asdk.sandbox.mgnify.app import MGnifyServer
from asdk.sandbox.mgnify.settings import MGnifySettings
from asdk.sandbox.mgnify.store.state import MGnifyCredentials, WebinLogin

__all__ = ["MGnifyCredentials", "MGnifyServer", "MGnifySettings", "WebinLogin"]
