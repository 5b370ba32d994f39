"""BioEPIC as a local server: tokens for two grants, and collections with MongoDB filters.

`app` assembles it; `tokens`, `collections`, `filters` and `records` hold state and rules without HTTP; `handlers`
answers the routes.
"""

from asdk.sandbox.bioepic.app import BioEPICServer
from asdk.sandbox.bioepic.settings import BioEPICSettings, ListShape, TokenShape
from asdk.sandbox.bioepic.tokens import BioEPICCredentials

__all__ = ["BioEPICCredentials", "BioEPICServer", "BioEPICSettings", "ListShape", "TokenShape"]
