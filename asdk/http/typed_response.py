"""`TypedResponse`: a decoded body together with the facts of its response: ``model=TypedResponse[Study]``."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import attrs

from asdk.http.response import Response
from asdk.http.response_info import ResponseInfo

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class TypedResponse(ResponseInfo, Generic[T]):
    """A decoded body with the facts of its response: ``model=TypedResponse[Study]``.

    Attributes:
        value: the decoded body.
    """

    value: T

    @classmethod
    def decode_response(cls, response: Response, model: Any) -> TypedResponse[Any]:
        """Return the body of a response, decoded to a model, with the facts of the response."""
        return TypedResponse(value=response.decode(model), **attrs.asdict(response.info, recurse=False))
