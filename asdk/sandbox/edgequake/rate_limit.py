"""Optional rate limit of the server: a count per tenant in a fixed window. It is off by default."""

import math

from asdk.sandbox.clock import TimeSource
from asdk.sandbox.edgequake.errors import RateLimitedError
from asdk.sandbox.edgequake.settings import EdgeQuakeSettings


class RateLimiter:
    """Request counts of each tenant; callers without a tenant share one."""

    def __init__(self, settings: EdgeQuakeSettings, clock: TimeSource) -> None:
        self._settings = settings
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def admit(self, tenant_header: str | None) -> dict[str, str]:
        """Count a request and return the headers for its reply.

        Raises:
            RateLimitedError: the tenant has used up its window.
        """
        limit = self._settings.rate_limit
        if limit is None:
            return {}
        bucket, now = tenant_header or "anonymous", self._clock()
        opened, used = self._windows.get(bucket, (now, 0))
        if now >= opened + limit.per_seconds:
            opened, used = now, 0
        if used >= limit.requests:
            raise RateLimitedError(max(1, math.ceil(opened + limit.per_seconds - now)))
        self._windows[bucket] = opened, used + 1
        return {"X-RateLimit-Limit": str(limit.requests), "X-RateLimit-Remaining": str(limit.requests - used - 1)}
