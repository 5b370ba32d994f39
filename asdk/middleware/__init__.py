"""The middlewares that a call passes on its way to the transport, and the chain that joins them.

The cache and the traffic policies are imported at their first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asdk.lazy import lazy_exports

if TYPE_CHECKING or not lazy_exports(globals()):
    from asdk.middleware.auth import AuthMiddleware as AuthMiddleware
    from asdk.middleware.auth import token_writer as token_writer
    from asdk.middleware.cache import CacheMiddleware as CacheMiddleware
    from asdk.middleware.chain import AnyMiddleware as AnyMiddleware
    from asdk.middleware.chain import Middleware as Middleware
    from asdk.middleware.chain import SendStep as SendStep
    from asdk.middleware.chain import StackOrder as StackOrder
    from asdk.middleware.chain import build_chain as build_chain
    from asdk.middleware.chain import check_stack as check_stack
    from asdk.middleware.logging import LoggingMiddleware as LoggingMiddleware
    from asdk.middleware.retry import RetryMiddleware as RetryMiddleware
    from asdk.middleware.signing import Signer as Signer
    from asdk.middleware.signing import SigningMiddleware as SigningMiddleware
    from asdk.middleware.signing import signing_step as signing_step
    from asdk.middleware.tenant import TenantMiddleware as TenantMiddleware
    from asdk.middleware.traffic.circuit_breaker import CircuitBreaker as CircuitBreaker
    from asdk.middleware.traffic.concurrency_limit import ConcurrencyLimit as ConcurrencyLimit
    from asdk.middleware.traffic.rate_limit import RateLimit as RateLimit
    from asdk.middleware.traffic.redis_rate_limit import RedisRateLimit as RedisRateLimit
    from asdk.transports.base import Handler as Handler
