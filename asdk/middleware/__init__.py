"""Middlewares: what a call passes on its way to the transport, a file per concern, and the chain that joins them.

The cache and the traffic policies are looked up when they are first used: who does not ask for them imports none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports
from asdk.middleware.auth import AuthMiddleware, TokenGate, TokenWriter
from asdk.middleware.chain import AnyMiddleware, Middleware, Place, build_chain, check_stack
from asdk.middleware.logging import LoggingMiddleware
from asdk.middleware.retry import RetryMiddleware
from asdk.middleware.tenant import TenantMiddleware

if TYPE_CHECKING:
    from asdk.middleware.cache import CacheMiddleware
    from asdk.middleware.circuit_breaker import CircuitBreaker
    from asdk.middleware.concurrency import ConcurrencyLimit
    from asdk.middleware.rate_limit import RateLimit
    from asdk.middleware.redis_rate_limit import RedisRateLimit

_HOME_OF = {
    "CacheMiddleware": "asdk.middleware.cache",
    "CircuitBreaker": "asdk.middleware.circuit_breaker",
    "ConcurrencyLimit": "asdk.middleware.concurrency",
    "RateLimit": "asdk.middleware.rate_limit",
    "RedisRateLimit": "asdk.middleware.redis_rate_limit",
}

__all__ = [
    "AnyMiddleware",
    "AuthMiddleware",
    "CacheMiddleware",
    "CircuitBreaker",
    "ConcurrencyLimit",
    "LoggingMiddleware",
    "Middleware",
    "Place",
    "RateLimit",
    "RedisRateLimit",
    "RetryMiddleware",
    "TenantMiddleware",
    "TokenGate",
    "TokenWriter",
    "build_chain",
    "check_stack",
]

__getattr__ = lazy_exports(__name__, _HOME_OF)
