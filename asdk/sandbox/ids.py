"""Identifiers and secrets drawn from a seed, so that two sandboxes with the same seed contain the same data.

The seed makes runs repeatable; the values are not secret. Every server of the sandbox draws its ids here.
"""

import random
import string
import uuid

_ALPHANUMERIC = string.ascii_letters + string.digits


class Ids:
    """Seeded source of identifiers, independent of all other sources."""

    def __init__(self, *seed: object) -> None:
        # Text, not a tuple: the hash of a tuple of strings differs between processes.
        self._random = random.Random(":".join(str(part) for part in seed))

    def uuid(self) -> str:
        """Return a random UUID, version 4."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def alphanumeric(self, length: int) -> str:
        return "".join(self._random.choices(_ALPHANUMERIC, k=length))
