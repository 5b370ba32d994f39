"""The client for the Apala message API: ``from asdk.clients.apala import Apala``."""

from asdk.clients.apala.client import Apala
from asdk.clients.apala.credentials import ApalaKeyExchange
from asdk.clients.apala.errors import (
    ChannelNotAllowedError,
    ComplianceError,
    DuplicateLabelError,
    GroupRetiredError,
    InvalidApiKeyError,
    KeyNotPermittedError,
    NotProvisionedError,
)

__all__ = [
    "Apala",
    "ApalaKeyExchange",
    "ChannelNotAllowedError",
    "ComplianceError",
    "DuplicateLabelError",
    "GroupRetiredError",
    "InvalidApiKeyError",
    "KeyNotPermittedError",
    "NotProvisionedError",
]
