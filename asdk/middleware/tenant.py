"""The tenant headers of each request, by the names that the API chose."""

from __future__ import annotations

from asdk.http.headers import Headers
from asdk.http.options import Tenant, TenantHeaders
from asdk.http.request import Request
from asdk.http.response import Response
from asdk.middleware.chain import StackOrder
from asdk.transports.base import Handler


class TenantMiddleware:
    """Sets the tenant headers, on the client's own origin only.

    Args:
        headers: the names of the headers.
    """

    order = StackOrder.TENANT

    def __init__(self, headers: TenantHeaders) -> None:
        self._headers = headers
        self._last: tuple[Tenant | None, Headers] = (None, Headers())

    async def __call__(self, request: Request, call_next: Handler) -> Response:
        """Send the request with the headers of its tenant."""
        tenant = request.options.tenant
        if tenant is not None and request.same_origin:
            known, fields = self._last
            if known is not tenant:  # most clients have one tenant, and most consecutive calls have the same
                fields = self._headers.render(tenant)
                self._last = (tenant, fields)
            request.headers.update(fields)
        return await call_next(request)
