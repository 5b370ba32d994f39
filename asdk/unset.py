"""`UNSET`, the sentinel for "not passed", where None means "off" or null."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = ()  # nothing that a query, a form or a path could spell by mistake

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


#: "Nothing was said": inherit. Its type is `Unset`, so checkers tell it from None, which means "off".
UNSET: Final = Unset.UNSET
