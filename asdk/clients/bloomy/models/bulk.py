"""Results of bulk operations."""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

from asdk import AsdkError

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class BulkError:
    """An input that failed.

    Attributes:
        index: the position of the input, from 0.
        input_data: the input.
        error: the error that a single call would have raised.
    """

    index: int
    input_data: object
    error: AsdkError

    @property
    def status(self) -> int | None:
        """Return the HTTP status of the failure; None if there was no response."""
        return self.error.status or None


@attrs.frozen(kw_only=True)
class BulkResult(Generic[R]):
    """The successful results, in input order, and the failures."""

    successful: list[R]
    failed: list[BulkError]
