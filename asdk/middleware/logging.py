"""One log record per call, on the logger ``asdk``. It is outermost, so that it logs a call as its caller sees it.

An allow-list says what is logged: the template instead of the URL, a few header fields, never a body. Nothing is built
while the level is off.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from asdk.errors import AsdkError
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.redaction import show
from asdk.transports.base import Handler

_log = logging.getLogger("asdk")

#: The response header fields that are logged; all others are left out.
SHOWN_HEADERS = frozenset(
    {"content-type", "content-length", "content-encoding", "date", "retry-after", "server", "x-request-id"}
)


class LoggingMiddleware:
    """Logs each call at DEBUG.

    ``record.asdk`` has the facts: method, template, status, ms, attempts, history (reason and wait of each earlier
    attempt), bytes, request_id, tenant, headers.

    Args:
        shown_headers: names of response header fields that are logged, in lower case.
    """

    order = StackOrder.LOGGING

    def __init__(self, shown_headers: Iterable[str] = SHOWN_HEADERS) -> None:
        self._shown = frozenset(name.lower() for name in shown_headers)

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Send the request and log its outcome."""
        if not _log.isEnabledFor(logging.DEBUG):
            return await call_next(request)
        began = request.clock.monotonic()
        try:
            response = await call_next(request)
        except AsdkError as error:
            self._record(request, began, None, error)
            raise
        self._record(request, began, response, None)
        return response

    def _record(self, request: Request, began: float, response: Response | None, error: AsdkError | None) -> None:
        facts: dict[str, object] = {
            "id": request.id,
            "method": request.method,
            "template": request.template,
            "status": None if response is None else response.status,
            "ms": round((request.clock.monotonic() - began) * 1000, 1),
            "attempts": request.state.attempts,
            "history": [(failed.reason, failed.wait) for failed in request.state.history],
            "bytes": None if response is None or request.stream else len(response.content),
            "request_id": None if response is None else response.request_id,
            "tenant": None if request.options.tenant is None else str(request.options.tenant),
            "error": None if error is None else type(error).__name__,
        }
        if response is not None:
            sent = response.request
            facts["headers"] = {
                name: show(value, sent, limit=200)
                for name, value in response.headers.items()
                if name.lower() in self._shown
            }
        outcome = facts["status"] if error is None else facts["error"]
        _log.debug("%s %s: %s in %s ms", request.method, request.template, outcome, facts["ms"], extra={"asdk": facts})
