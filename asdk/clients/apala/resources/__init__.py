"""The operations of Apala's pre-approval flow."""

from asdk.clients.apala.resources.paf import Paf
from asdk.clients.apala.resources.templates import Templates

__all__ = ["Paf", "Templates"]
