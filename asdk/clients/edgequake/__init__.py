"""Client of the EdgeQuake server: ``from asdk.clients.edgequake import EdgeQuake``."""

from asdk.clients.edgequake.client import EdgeQuake
from asdk.clients.edgequake.credentials import EdgeQuakeLogin
from asdk.clients.edgequake.errors import (
    AccountLockedError,
    LoginLockedError,
    ProcessingError,
    ProcessingTimeoutError,
    TenantRequiredError,
    WrongPasswordError,
)

__all__ = [
    "AccountLockedError",
    "EdgeQuake",
    "EdgeQuakeLogin",
    "LoginLockedError",
    "ProcessingError",
    "ProcessingTimeoutError",
    "TenantRequiredError",
    "WrongPasswordError",
]
