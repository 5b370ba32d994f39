"""`UNSET`, the sentinel for an argument that was not passed, where None means "off" or null."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = ()  # a value that cannot end up in a query, a form or a path by mistake

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


#: The value was not passed: inherit it. The type is `Unset`, so type checkers distinguish it from None.
UNSET: Final = Unset.UNSET
