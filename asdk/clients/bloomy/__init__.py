"""The client for Bloom Growth: ``from asdk.clients.bloomy import Bloomy``."""

from asdk import ConfigurationError
from asdk.clients.bloomy.client import Bloomy
from asdk.clients.bloomy.configuration import Configuration
from asdk.clients.bloomy.credentials import BloomyLogin
from asdk.clients.bloomy.errors import (
    AccountLockedError,
    APIError,
    IncompleteMeetingError,
    WrongPasswordError,
)

__all__ = [
    "APIError",
    "AccountLockedError",
    "Bloomy",
    "BloomyLogin",
    "Configuration",
    "ConfigurationError",
    "IncompleteMeetingError",
    "WrongPasswordError",
]
