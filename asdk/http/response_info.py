"""`ResponseInfo`: the facts of a response that are not in its body, for ``on_response=``."""

from __future__ import annotations

import attrs

from asdk.http.headers import Headers


@attrs.frozen(kw_only=True)
class ResponseInfo:
    """The facts of a response that are not in its body.

    Attributes:
        status: the status code.
        headers: the header fields.
        request_id: the server's id of the request, None if it sent none.
        attempts: how many times the request was sent.
    """

    status: int
    headers: Headers
    request_id: str | None
    attempts: int
