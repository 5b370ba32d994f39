"""The client of BioEPIC: ``from asdk.clients.bioepic import BioEPIC``."""

from asdk.clients.bioepic.client import BioEPIC
from asdk.clients.bioepic.collections import Collection
from asdk.clients.bioepic.decorators import MissingCredentialsError, requires_auth
from asdk.clients.bioepic.exports import export_records
from asdk.clients.bioepic.filters import build_filter

__all__ = [
    "BioEPIC",
    "Collection",
    "MissingCredentialsError",
    "build_filter",
    "export_records",
    "requires_auth",
]
