"""What became of many inputs."""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

from asdk.errors import AsdkError

R = TypeVar("R")


@attrs.frozen(kw_only=True)
class BulkError:
    """An input that failed.

    Attributes:
        index: its place, counted from 0.
        input_data: the input.
        error: what a single call would have raised.
    """

    index: int
    input_data: object
    error: AsdkError

    @property
    def status(self) -> int | None:
        """The status that the server refused it with; None if it never answered, or was not asked."""
        return self.error.status or None


@attrs.frozen(kw_only=True)
class BulkResult(Generic[R]):
    """What was made, in the order of the inputs, and what failed."""

    successful: list[R]
    failed: list[BulkError]
