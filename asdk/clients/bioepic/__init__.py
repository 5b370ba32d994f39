"""The client for BioEPIC: ``from asdk.clients.bioepic import BioEPIC``."""

from asdk.clients.bioepic.auth import Auth
from asdk.clients.bioepic.client import BioEPIC
from asdk.clients.bioepic.collections import Collection
from asdk.clients.bioepic.credentials import BioEPICLogin
from asdk.clients.bioepic.decorators import requires_auth
from asdk.clients.bioepic.errors import (
    LoginRefusedError,
    LoginUnavailableError,
    MissingCredentialsError,
    WrongCredentialsError,
)
from asdk.clients.bioepic.exports import export_records
from asdk.clients.bioepic.filters import build_filter, parse_filter
from asdk.clients.bioepic.guide import BioEPICAuth
from asdk.clients.bioepic.records import extract_field, split_list

__all__ = [
    "Auth",
    "BioEPIC",
    "BioEPICAuth",
    "BioEPICLogin",
    "Collection",
    "LoginRefusedError",
    "LoginUnavailableError",
    "MissingCredentialsError",
    "WrongCredentialsError",
    "build_filter",
    "export_records",
    "extract_field",
    "parse_filter",
    "requires_auth",
    "split_list",
]
