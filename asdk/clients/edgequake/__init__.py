"""The client of the EdgeQuake server: ``from asdk.clients.edgequake import EdgeQuake``."""

from asdk.clients.edgequake.client import AccountLockedError, EdgeQuake
from asdk.clients.edgequake.credentials import EdgeQuakeLogin, LoginLockedError, WrongPasswordError

__all__ = ["AccountLockedError", "EdgeQuake", "EdgeQuakeLogin", "LoginLockedError", "WrongPasswordError"]
